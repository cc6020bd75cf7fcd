"""The parts of a round, by name: the calls that each makes."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from functools import partial

from bench.turns.endings import pauses, sentences
from bench.turns.figures import Measured
from bench.turns.handoffs import handoff
from bench.turns.hearing import noise_costs, slow_answers, talk_costs
from bench.turns.readings import interruptions, nods
from bench.turns.round import Round

Call = Callable[[], Awaitable[Sequence[Measured]]]
PARTS = ("nods", "interruptions", "sentences", "pauses", "handoffs", "hearing", "slow", "noise")
_AT_ONCE = {"nods", "interruptions"}


def at_once(parts: Sequence[str]) -> Iterator[list[str]]:
    """Yield the parts in order, grouping those that are played at the same time."""
    together = [part for part in parts if part in _AT_ONCE]
    yield from filter(None, [together, *([part] for part in parts if part not in _AT_ONCE)])


def calls_of(this: Round, part: str) -> Iterator[tuple[str, Call]]:
    """Yield the calls of one part, in order, each with a description."""
    match part:
        case "handoffs":
            for place, line in enumerate(this.cases.handoffs):
                yield f"handoff {place + 1}", partial(handoff, this, place, line)
        case "hearing":
            for line in this.cases.long_turns:
                yield f"a turn of {len(line.parts)} phrases", partial(talk_costs, this, line)
        case _:
            yield part, partial(_WHOLE[part], this)


_WHOLE: Mapping[str, Callable[[Round], Awaitable[Sequence[Measured]]]] = {
    "nods": nods,
    "interruptions": interruptions,
    "sentences": sentences,
    "pauses": pauses,
    "slow": slow_answers,
    "noise": noise_costs,
}
"""The parts that consist of one call, or one for each side at the same time."""
