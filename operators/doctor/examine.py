"""Runs the checks in order, each with a time limit. Skips a check if something it needs is wrong."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass

from errors import BadInput, OutOfReach
from operators.doctor import checks as looks
from operators.doctor.account import AccountCheck
from operators.doctor.files import check_files
from operators.doctor.finding import Finding, Verdict
from operators.doctor.grants import check_grants
from operators.doctor.keeping import check_purge
from operators.doctor.phone import check_phone
from operators.doctor.tools import check_tools
from settings import Settings

CHECK_LIMIT_S = 5.0
SPEECH_LIMIT_S = 45.0
"""Every voice in turn, and one wait for a minute's limit."""
TOOLS_LIMIT_S = 20.0
"""A program that serves tools may have to be fetched first."""
GROUPS = ("livekit", "groq_access", "groq", "call", "handoff", "recovery", "worker", "keeping", "console")


@dataclass(frozen=True, slots=True)
class Check:
    """`needs`: what must be well first: `settings.GROUP`, or the name of an earlier check.

    `limit_s`: for a check that needs longer than the others.
    """

    name: str
    needs: frozenset[str]
    look: Callable[[Settings], Awaitable[str]]
    limit_s: float | None = None


FREE_OF_CHARGE = (
    Check("roster", frozenset({"settings.worker", "settings.groq", "settings.call"}), looks.check_roster),
    Check("tools", frozenset({"roster"}), check_tools, limit_s=TOOLS_LIMIT_S),
    Check("store", frozenset({"settings.worker"}), looks.check_store),
    Check("files", frozenset({"settings.worker", "settings.console"}), check_files),
    Check("purge", frozenset({"store", "settings.keeping", "settings.call"}), check_purge),
    Check("livekit", frozenset({"settings.livekit"}), looks.check_livekit_answers),
    Check("grants", frozenset({"livekit", "settings.worker"}), check_grants),
    Check("phone", frozenset({"livekit", "roster"}), check_phone),
    Check("groq", frozenset({"settings.groq", "settings.groq_access"}), looks.check_groq_answers),
    Check("models", frozenset({"groq"}), looks.check_models_offered),
    Check("worker", frozenset({"settings.worker"}), looks.check_worker),
)
"""They spend nothing of a key's limits."""


def every_check() -> Sequence[Check]:
    """With those that spend a little of the key: they speak, listen and ask."""
    account = AccountCheck()
    speech = Check("speech", frozenset({"models", "roster"}), account.check_speech, limit_s=SPEECH_LIMIT_S)
    limits = Check("limits", frozenset({"models"}), account.check_limits, limit_s=SPEECH_LIMIT_S)
    lines = Check("lines", frozenset({"roster"}), account.check_lines)
    *others, worker = FREE_OF_CHARGE
    return (*others, speech, limits, lines, worker)


async def examine(
    settings: Settings, *, checks: Sequence[Check] | None = None, limit_s: float = CHECK_LIMIT_S
) -> AsyncIterator[Finding]:
    """Yield each finding as soon as it is known. `checks`: all, if None. `limit_s`: of each check."""
    wrong: set[str] = set()
    for group, finding in _look_at_settings(settings):
        wrong.add(f"settings.{group}")
        yield finding
    if not wrong:
        yield Finding.well("settings", looks.settings_detail())
    for check in every_check() if checks is None else checks:
        missing = check.needs & wrong
        if missing:
            needed = " and ".join(sorted({name.split(".")[0] for name in missing}))
            findings = [Finding.skipped(check.name, needed)]
        else:
            findings = await _look(check, settings, check.limit_s or limit_s)
        for finding in findings:
            if finding.verdict is not Verdict.WELL:
                wrong.add(check.name)
            yield finding


def _look_at_settings(settings: Settings) -> Iterator[tuple[str, Finding]]:
    """One finding for each wrong setting, with the group it belongs to."""
    for group in GROUPS:
        try:
            getattr(settings, group)
        except BadInput as bad:
            for mistake in bad.each:
                yield group, Finding.wrong("settings", mistake)


async def _look(check: Check, settings: Settings, limit_s: float) -> list[Finding]:
    """One finding, or one for each mistake."""
    try:
        async with asyncio.timeout(limit_s):
            return [Finding.well(check.name, await check.look(settings))]
    except BadInput as bad:
        return [Finding.wrong(check.name, mistake) for mistake in bad.each]
    except TimeoutError:
        late = OutOfReach(
            check.name, f"no answer within {limit_s:g} s", "check whether it is busy, and try again"
        )
        return [Finding.wrong(check.name, late)]
