"""Runs the checks in order, each with a time limit. Skips a check if something it needs is wrong."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from errors import BadInput, OutOfReach
from operators.doctor import checks as looks
from operators.doctor.finding import Finding, Verdict
from settings import Settings

CHECK_LIMIT_S = 5.0
GROUPS = tuple(name for name, group in vars(Settings).items() if isinstance(group, cached_property))


@dataclass(frozen=True, slots=True)
class Check:
    """`needs`: the groups of settings (`settings.GROUP`) and earlier checks that must be well first.

    `limit_s`: for a check that needs longer than the others.
    """

    name: str
    needs: frozenset[str]
    look: Callable[[Settings], Awaitable[str]]
    limit_s: float | None = None


async def examine(
    settings: Settings, *, checks: Sequence[Check], limit_s: float = CHECK_LIMIT_S
) -> AsyncIterator[Finding]:
    """Yield each finding as soon as it is known. `limit_s`: each check's default time limit."""
    wrong: set[str] = set()
    for group, finding in _look_at_settings(settings):
        wrong.add(f"settings.{group}")
        yield finding
    if not wrong:
        yield Finding.well("settings", looks.settings_detail())
    for check in checks:
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
    """Yield one finding for each wrong setting, with the setting's group."""
    for group in GROUPS:
        try:
            getattr(settings, group)
        except BadInput as bad:
            for mistake in bad.each:
                yield group, Finding.wrong("settings", mistake)


async def _look(check: Check, settings: Settings, limit_s: float) -> list[Finding]:
    """Run a check. Return one finding, or one for each mistake."""
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
