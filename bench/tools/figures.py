"""What was measured, and the figures of the last line. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bench.support.statistics import median, ratio
from bench.tools.cases import EQUIPPED, PLAIN

MOMENTS = ("before", "during", "after", "handoff")
TARGETS = {
    "worst_silence_ms": "≤ 2000",
    "twice": "0",
    "lost": "0",
    "knowledge_right": "≥ 0.9",
    "knowledge_p99_ms": "≤ 20",
    "turn_ratio": "≤ 1.05",
    "escapes": "0",
}


@dataclass(frozen=True, slots=True)
class Slow:
    """`told`: the caller heard of it, and the call continued. `moved`: handoffs, new holders, ends."""

    way: str
    tool: str
    state: str
    silence_ms: int
    told: bool
    moved: int

    def __str__(self) -> str:
        return (
            f"{self.way}, {self.tool}: {self.state}, longest silence {self.silence_ms} ms"
            f"{'' if self.told else ', LOST'}{f', {self.moved} MOVED' if self.moved else ''}"
        )


@dataclass(frozen=True, slots=True)
class Once:
    """One round. `times`: how often the tool began. `wrong`: what is wrong, "" if nothing."""

    number: int
    way: str
    moment: str
    times: int
    states: Sequence[str]
    wrong: str

    def __str__(self) -> str:
        told = ", ".join(self.states)
        return (
            f"round {self.number}, {self.way}, {self.moment}: begun {self.times} times: {told} {self.wrong}"
        )


@dataclass(frozen=True, slots=True)
class Turns:
    """One call's turns. `uses`: uses of tools, which should be none."""

    role: str
    latencies_ms: Sequence[int]
    uses: int

    def __str__(self) -> str:
        return f"{self.role}: {len(self.latencies_ms)} turns, median {median(self.latencies_ms):.0f} ms"


Measured = Slow | Once | Turns


def figures(
    measured: Sequence[Measured], knowledge: dict[str, float], escaped: Sequence[str] | None
) -> dict[str, float | None]:
    """Return the figures. `escaped`: what arrived where nothing may; None if nothing was tried.

    A figure that was not measured is None.
    """
    slow = [one for one in measured if isinstance(one, Slow)]
    rounds = [one for one in measured if isinstance(one, Once)]
    lost = sum(not one.told for one in slow) + sum(bool(one.wrong) for one in rounds)
    return {
        "worst_silence_ms": max((one.silence_ms for one in slow), default=None),
        "twice": sum(one.times > 1 for one in rounds) if rounds else None,
        "lost": lost if slow or rounds else None,
        "knowledge_right": knowledge.get("knowledge_right"),
        "knowledge_p99_ms": knowledge.get("knowledge_p99_ms"),
        "turn_ratio": ratio(_turn_ms(measured, EQUIPPED), _turn_ms(measured, PLAIN)),
        "escapes": None if escaped is None else len(escaped) + sum(one.moved for one in slow),
    }


def _turn_ms(measured: Sequence[Measured], role: str) -> float | None:
    found = [ms for one in measured if isinstance(one, Turns) and one.role == role for ms in one.latencies_ms]
    return median(found) if found else None
