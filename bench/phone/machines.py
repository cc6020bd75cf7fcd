"""The part `machines`: synthetic answers; which are bridged, which count as machines, and how soon."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial

from bench.phone.accept import tone_heard
from bench.phone.answers import MACHINES, SETS, TONE_HZ, Answer, Answers, answers
from bench.phone.lines import Line, Lines, Talk, was_accepted
from bench.support.statistics import percentile
from local.demo.progress import Progress
from local.phone.softphone import Softphone
from persistence.phones import DialState

_ENDS_WITHIN_S = 70.0
_TONE_LIMIT_S = 8.0
_ANSWERS, _ANSWERED_WITHIN_S, _LOOK_S = 4, 4.0, 0.1
_NO_YES = {"", "2", "no", "not now", "I cannot right now", "ja gerne"}
"""The last one is a yes in a language that speech to text is not set to."""
_CALLED_MACHINE = {DialState.MACHINE, DialState.SCREENED}


@dataclass(frozen=True, slots=True)
class Heard:
    """The result of one answer, in ms; None where there is nothing to measure.

    `whisper_ms`: from a person's first word to ours. `verdict_ms`: from the end of a machine's words to the
    end of the call. `accept_ms`: from the end of a person's yes to their voice at the caller's.
    """

    answer: Answer
    bridged: bool
    outcome: DialState
    whisper_ms: int | None
    verdict_ms: int | None
    accept_ms: int | None


async def machines(
    progress: Progress, lines: Lines, *, sets: Sequence[str], kinds: Sequence[str], share: tuple[int, int]
) -> dict[str, object]:
    """Play a share of the answers. `share`: (2, 3) is the second of every three. Raises: NotMeasured."""
    made, (place_of, of) = answers(), share
    wanted = made.chosen(sets, kinds)[place_of - 1 :: of]
    parts = [wanted[place :: len(lines.lines)] for place in range(len(lines.lines))]
    found = await asyncio.gather(
        *(
            _on_one_line(progress, lines, line, made, part)
            for line, part in zip(lines.lines, parts, strict=True)
        )
    )
    all_found = [each for line in found for each in line]
    return {
        "machines_bridged": len(_bridged(all_found)),
        "people_called_machines": len(_called_machines(all_found)),
        **{f"answers, {name}": figures for name, figures in figures_of_sets(all_found).items()},
    }


def figures_of_sets(found: Sequence[Heard]) -> dict[str, dict[str, object]]:
    """Return the figures by the answers' set, without empty sets."""
    of_sets = {name: [each for each in found if each.answer.of == name] for name in SETS}
    return {name: _figures(of_set) for name, of_set in of_sets.items() if of_set}


def _bridged(found: Sequence[Heard]) -> Sequence[str]:
    return [each.answer.name for each in found if each.answer.kind != "person" and each.bridged]


def _called_machines(found: Sequence[Heard]) -> Sequence[str]:
    people = [each for each in found if each.answer.kind == "person"]
    return [each.answer.name for each in people if each.outcome in _CALLED_MACHINE]


def _figures(found: Sequence[Heard]) -> dict[str, object]:
    people = [each for each in found if each.answer.kind == "person"]
    yes = [each for each in people if each.answer.then not in _NO_YES]
    machines = [each for each in found if each.answer.kind in MACHINES]
    told = [each for each in machines if each.outcome in _CALLED_MACHINE]
    return {
        "answers": len(found),
        "machines bridged": _bridged(found),
        "people called machines": _called_machines(found),
        "people": len(people),
        "people bridged who said yes": f"{sum(each.bridged for each in yes)} of {len(yes)}",
        "machines told": f"{len(told)} of {len(machines)}",
        "not told": [each.answer.name for each in machines if each not in told],
        "whisper_p95_ms": _p95([each.whisper_ms for each in people]),
        "verdict_p95_ms": _p95([each.verdict_ms for each in told]),
        "said_yes_p95_ms": _p95([each.accept_ms for each in people]),
    }


def _p95(values: Sequence[int | None]) -> float | None:
    measured = [value for value in values if value is not None]
    return percentile(measured, 95) if measured else None


async def _on_one_line(
    progress: Progress, lines: Lines, line: Line, made: Answers, wanted: Sequence[Answer]
) -> Sequence[Heard]:
    found = []
    for answer in wanted:
        each = await lines.tried(
            line, progress, answer.name, partial(_one, lines=lines, made=made, answer=answer)
        )
        if each is None:
            continue
        found.append(each)
        progress.step(
            f"{answer.name}: {each.outcome.value}; whisper {each.whisper_ms}, verdict {each.verdict_ms}, "
            f"accept {each.accept_ms} ms"
        )
    return found


async def _one(talk: Talk, lines: Lines, made: Answers, answer: Answer) -> Heard:
    phone = talk.phone
    sound = await asyncio.to_thread(made.sound, answer, lines.folder)
    sounds, hears, ends = len(phone.all("sound")), len(phone.all("hears")), len(phone.all("ended"))
    await phone.play(sound.path)
    await phone.answers(0.5)
    handoff = await talk.hands_over()
    began = (await phone.until("sound", times=sounds + 1, limit_s=_ENDS_WITHIN_S)).at
    acting = asyncio.create_task(_acts(talk, lines, made, answer, began + sound.ends_s), name="what they do")
    try:
        over = await talk.ends(handoff)
        accept_ms = await _accepted(talk, acting) if was_accepted(over) else None
    finally:
        acting.cancel()
        await asyncio.gather(acting, return_exceptions=True)
    (dial,) = await talk.dials()
    await phone.hang_up()
    ended = (await phone.until("ended", times=ends + 1)).at
    await talk.is_free()
    whispered = phone.all("hears")[hears:]
    return Heard(
        answer,
        was_accepted(over),
        dial.state,
        _ms(whispered[0].at - began - sound.begins_s) if answer.kind == "person" and whispered else None,
        max(0, _ms(ended - began - sound.ends_s)) if answer.kind in MACHINES else None,
        accept_ms,
    )


async def _acts(talk: Talk, lines: Lines, made: Answers, answer: Answer, ends_at: float) -> int | None:
    """Answer: a person once we are quiet, a machine's key immediately. Returns when they said yes.

    A busy worker may also be quiet between two sentences before the question.
    """
    phone, loop = talk.phone, asyncio.get_running_loop()
    if answer.key:
        await asyncio.sleep(max(0.0, ends_at - loop.time()))
        await phone.press(answer.key)
    if answer.kind != "person" or not answer.then:
        return None
    reply = await asyncio.to_thread(made.reply, answer, lines.folder)
    room = await asyncio.to_thread(made.room, answer, lines.folder)
    said_ms, since = None, ends_at
    for _ in range(_ANSWERS):
        since = await _asked(phone, since)
        said_ms = talk.caller.now_ms + _ms(reply.ends_s)
        if answer.then in {"1", "2"}:
            await phone.press(answer.then)
        await phone.play(reply.path)
        if await _is_over(talk):
            break
        await phone.play(room)  # the tone shows the bridge, so it only comes after a yes
    return said_ms


async def _asked(phone: Softphone, since: float) -> float:
    """Wait until it is quiet after the question, and return when."""
    while True:
        if found := [each.at for each in phone.all("quiet") if each.at > since]:
            return found[0]
        with suppress(TimeoutError):
            await phone.until("quiet", times=len(phone.all("quiet")) + 1, limit_s=1.0)


async def _is_over(talk: Talk) -> bool:
    """Whether their answer ended the asking within some seconds."""
    with suppress(TimeoutError):
        async with asyncio.timeout(_ANSWERED_WITHIN_S):
            while (await talk.dials())[-1].state is DialState.ANSWERED:  # noqa: ASYNC110 - as `until`
                await asyncio.sleep(_LOOK_S)
            return True
    return False


async def _accepted(talk: Talk, acting: asyncio.Task[int | None]) -> int | None:
    """Wait until the caller hears the person. Returns the ms since the person's yes."""
    said_ms = await acting
    if said_ms is None:
        return None
    return await tone_heard(talk.caller, TONE_HZ, since_ms=said_ms, limit_s=_TONE_LIMIT_S) - said_ms


def _ms(seconds: float) -> int:
    return round(1000 * seconds)
