"""The part `outcomes`: what telephones and their network answer, and what the caller hears meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from bench.phone.lines import Line, Lines, Talk
from bench.support.environment import NotMeasured
from local.demo.progress import Progress
from local.fleet.part import Part
from local.measure.lanes import longest_silence
from persistence.phones import REASONS, DialState
from persistence.records import Handoff, HandoffState, RoleName
from transfer.states import TERMINAL

SILENCE_LIMIT_MS = 2_000
_REFUSALS = (
    (486, DialState.BUSY),
    (603, DialState.DECLINED),
    (404, DialState.WRONG_NUMBER),
    (500, DialState.UNREACHABLE),
    (503, DialState.UNREACHABLE),
    (600, DialState.BUSY),
)
_HOLD_S = 2.5
_TALKS_S = 2.0
_LIMIT_S = 40.0


@dataclass(frozen=True, slots=True)
class Outcome:
    """One handoff's outcome. `wrong`: what is not as it should be, "" if nothing.

    `silence_ms`: the caller's longest silence. `silent`: after which sound, and how late in the handoff.
    """

    what: str
    wrong: str
    silence_ms: int
    silent: str = ""


async def outcomes(progress: Progress, lines: Lines, *, rounds: int) -> dict[str, object]:
    """Play all rounds and return the figures. Raises: NotMeasured."""
    found: list[Outcome] = []

    def note(each: Outcome) -> None:
        found.append(each)
        progress.step(
            f"{each.what}: {each.wrong or 'right'}; longest silence {each.silence_ms} ms {each.silent}"
        )

    one, two = lines.lines[:2]
    for number in range(1, rounds + 1):
        refused = _measured("a refusal", one, note, _refused(lines, one, note))
        answered = _measured("an answer", two, note, _answered(lines, two, note))
        await asyncio.gather(refused, answered)
        for line, part in ((one, lines.network.gateway), (two, lines.network.redis)):
            await _measured(f"{part.name} killed", line, note, _part_dies(lines, line, part, note))
        progress.step(f"round {number} of {rounds}")
    return figures(found)


def figures(found: Sequence[Outcome]) -> dict[str, object]:
    return {
        "outcomes_right": sum(not each.wrong for each in found),
        "outcomes": len(found),
        "longest_silence_ms": max(each.silence_ms for each in found),
        "silences_over_2_s": [each.what for each in found if each.silence_ms > SILENCE_LIMIT_MS],
    }


Note = Callable[[Outcome], None]


async def _measured(what: str, line: Line, note: Note, part: Awaitable[None]) -> None:
    """Play a part. If it stops, the rest is not measured, and the cause counts as wrong."""
    try:
        await part
    except (NotMeasured, TimeoutError) as why:
        note(Outcome(what, f"not measured: {why or type(why).__name__}", 0))
        await line.phone.hang_up()


async def _refused(lines: Lines, line: Line, note: Note) -> None:
    async with lines.talk(line) as talk:
        for number, (code, outcome) in enumerate(_REFUSALS, start=1):
            await talk.phone.refuses(code, 0.5)
            note(await _ends(talk, lines, str(code), number, {outcome}))
        number = len(_REFUSALS) + 1
        expected = {DialState.UNREACHABLE, DialState.NO_ANSWER}
        note(await _ends(talk, lines, "nobody there", number, expected, role=lines.nobody))


async def _answered(lines: Lines, line: Line, note: Note) -> None:
    phone = line.phone
    async with lines.talk(line) as talk:
        await phone.rings_on()
        note(await _ends(talk, lines, "no answer", 1, {DialState.NO_ANSWER}))
        await phone.answers(0.5, hangs_up_after_s=0.3)
        note(await _ends(talk, lines, "hung up at once", 2, {DialState.HUNG_UP}))
        await phone.answers(0.5)
        note(await _ends(talk, lines, "silent", 3, {DialState.SILENT}))
    async with lines.talk(line) as talk:
        note(await _held(talk, lines))
    async with lines.talk(line) as talk:
        note(await _caller_leaves(talk, lines))


async def _part_dies(lines: Lines, line: Line, part: Part, note: Note) -> None:
    """Kill a part of the network while the telephone rings, then restart it."""
    phone = line.phone
    ringing = len(phone.all("ringing"))
    async with lines.talk(line) as talk:
        await phone.rings_on()

        async def dies() -> None:
            await phone.until("ringing", times=ringing + 1, limit_s=_LIMIT_S)
            await part.kill()
            await part.start()

        expected = {DialState.UNREACHABLE, DialState.NO_ANSWER}
        note(await _ends(talk, lines, f"{part.name} killed", 1, expected, while_it_rings=dies))
    await phone.hang_up()


async def _ends(
    talk: Talk,
    lines: Lines,
    what: str,
    number: int,
    expected: set[DialState],
    *,
    role: RoleName | None = None,
    while_it_rings: Callable[[], Awaitable[None]] | None = None,
) -> Outcome:
    """Play the call's `number`-th handoff, which nobody takes, until the front desk has told the caller."""
    since_ms = talk.caller.now_ms
    handoff = await talk.hands_over(role)
    if while_it_rings is not None:
        await while_it_rings()
    over = await talk.ends(handoff)
    await talk.is_told()
    silence = _silence(talk, since_ms)
    await talk.is_free()
    return Outcome(what, await _wrong(talk, lines, over, number, expected, HandoffState.DECLINED), *silence)


async def _held(talk: Talk, lines: Lines) -> Outcome:
    """Play a handoff that is accepted by key 1, held, and taken back; then the person hangs up."""
    phone, since_ms = talk.phone, talk.caller.now_ms
    await phone.answers(0.5)
    ended, quiet = len(phone.all("ended")), len(phone.all("quiet"))
    handoff = await talk.hands_over()
    await phone.until("quiet", times=quiet + 1, limit_s=_LIMIT_S)
    silence = _silence(talk, since_ms)
    await phone.press("1")
    over = await talk.ends(handoff)
    await asyncio.sleep(_TALKS_S)
    await phone.hold()
    await asyncio.sleep(_HOLD_S)
    await phone.take_back()
    await asyncio.sleep(_TALKS_S)
    cut_off = len(phone.all("ended")) > ended
    await phone.hang_up()
    await talk.ended()
    await talk.is_free()
    wrong = await _wrong(talk, lines, over, 1, {DialState.TALKED}, HandoffState.COMPLETED)
    return Outcome("hold", "the hold ended the call" if cut_off else wrong, *silence)


async def _caller_leaves(talk: Talk, lines: Lines) -> Outcome:
    phone, since_ms = talk.phone, talk.caller.now_ms
    await phone.rings_on()
    ended = len(phone.all("ended"))
    handoff = await talk.hands_over()
    await talk.dial(1, DialState.RINGING)
    silence = _silence(talk, since_ms)
    await talk.caller.hang_up()
    await phone.until("ended", times=ended + 1, limit_s=_LIMIT_S)
    over = await talk.ends(handoff)
    await talk.ended()
    await talk.is_free()
    wrong = await _wrong(talk, lines, over, 1, {DialState.CANCELLED}, HandoffState.ABANDONED)
    return Outcome("the caller leaves", wrong, *silence)


async def _wrong(
    talk: Talk, lines: Lines, over: Handoff, number: int, expected: set[DialState], state: HandoffState
) -> str:
    """Return what is wrong in the rows: a handoff has one dial, which is over, and its attempt says why."""
    dials = await talk.dials()
    if len(dials) != number or any(dial.state.is_open for dial in dials):
        return f"{len(dials)} dials: {[dial.state.value for dial in dials]}"
    attempts = await lines.store.attempts(over.id)
    events = await lines.store.events(call_id=talk.call)
    ends = [event for event in events if event.subject == over.id and event.moved_to in TERMINAL]
    if over.state is not state or dials[-1].state not in expected or len(attempts) != 1 or len(ends) != 1:
        return (
            f"{over.state.value}, {dials[-1].state.value}, {len(attempts)} attempts, ended {len(ends)} times"
        )
    if state is HandoffState.DECLINED and attempts[0].reason != REASONS[dials[-1].state]:
        return f"the attempt says: {attempts[0].reason}"
    return ""


def _silence(talk: Talk, since_ms: int) -> tuple[int, str]:
    """Return the caller's longest silence up to the last sound, in ms, and where it is."""
    caller = talk.caller
    lanes = {"their own words": caller.said_sounds(), "a voice": caller.sounds()}
    lanes["music"] = caller.sounds(music=True)
    until_ms = max((span.end_ms for span in (*lanes["a voice"], *lanes["music"])), default=since_ms)
    silent = longest_silence(lanes.values(), since_ms=since_ms, until_ms=until_ms)
    ended = {
        name: max((span.end_ms for span in lanes[name] if span.end_ms <= silent.start_ms), default=0)
        for name in lanes
    }
    at_s = (silent.start_ms - since_ms) / 1000
    return silent.end_ms - silent.start_ms, f"after {max(ended, key=ended.__getitem__)}, {at_s:.1f} s in"
