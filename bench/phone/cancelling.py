"""The part `cancel`: how soon a telephone stops ringing, and whether a number ever has two calls at once."""

from __future__ import annotations

import time
from collections.abc import Sequence

from bench.phone.lines import Lines, Talk
from bench.soak.environment import Environment
from bench.support.statistics import percentile
from local.demo.progress import Progress
from local.phone.softphone import Happened, Softphone
from persistence.phones import DialState

_LIMIT_S = 40.0
_CANCELS_A_CALL = 5


async def cancelling(progress: Progress, lines: Lines, *, rounds: int) -> dict[str, object]:
    """Cancel handoffs, each followed by the next one; then kill two proxies. Raises: NotMeasured."""
    line = lines.lines[0]
    phone, took = line.phone, []
    await phone.rings_on()
    left = rounds
    while left > 0:
        async with lines.talk(line) as talk:
            for number in range(1, min(left, _CANCELS_A_CALL) + 1):
                took.append(await _one(talk, number))
                progress.step(f"cancelled: CANCEL after {took[-1]} ms")
        left -= _CANCELS_A_CALL
    for _ in range(2):
        async with lines.talk(line) as talk:
            await _killed(lines, talk)
        progress.step("a proxy was killed while it rang")
    return {
        "cancel_ms": percentile(took, 95),
        "cancels": took,
        "double_invites": sum(double_invites(each.phone) for each in lines.lines),
        "invites": sum(len(each.phone.all("invited")) for each in lines.lines),
    }


async def _one(talk: Talk, number: int) -> int:
    phone = talk.phone
    rang, ended = len(phone.all("ringing")), len(phone.all("ended"))
    handoff = await talk.hands_over()
    await phone.until("ringing", times=rang + 1, limit_s=_LIMIT_S)
    await talk.dial(number, DialState.RINGING)
    asked_at = time.monotonic()
    await talk.cancels(handoff)
    at = (await phone.until("ended", times=ended + 1)).at
    await talk.ends(handoff)
    return round(1000 * (at - asked_at))


async def _killed(lines: Lines, talk: Talk) -> None:
    """Kill the proxy while the telephone rings, and hand the caller over again immediately."""
    phone = talk.phone
    rang, ended = len(phone.all("ringing")), len(phone.all("ended"))
    handoff = await talk.hands_over()
    await phone.until("ringing", times=rang + 1, limit_s=_LIMIT_S)
    await Environment(lines.stack, lines.server, lines.store).kill(await talk.target_job(handoff))
    await talk.ends(handoff)
    again = await talk.hands_over()
    await phone.until("ended", times=ended + 1, limit_s=_LIMIT_S)
    await talk.ends(again)
    await talk.is_free()


def double_invites(phone: Softphone) -> int:
    """Count how often the telephone was called while another call was on it."""
    return sum(bool(open_calls) for open_calls in _open_when_invited(phone.happened))


def _open_when_invited(happened: Sequence[Happened]) -> list[int]:
    here: set[int] = set()
    found = []
    for each in happened:
        if each.what == "invited":
            found.append(len(here))
            here.add(each.more["call"])
        elif each.what == "ended":
            here.discard(each.more["call"])
    return found
