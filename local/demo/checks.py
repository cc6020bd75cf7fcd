"""The checks of a demo call: each is a claim, and whether it holds. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass

from local.caller.inbox import Received
from local.demo.measures import Heard, Measures, Recorded
from persistence.records import HandoffState, Lookup
from transfer.states import TERMINAL

SILENCE_LIMIT_MS = 2_000
CLOSE_MS = 500
"""Largest difference between the store's figure and the recording's. A sound reaches the caller up to 370 ms
late on two busy cores (transfer/target/target.py), and a line may begin and end with up to 100 ms of
silence."""


@dataclass(frozen=True, slots=True)
class Check:
    """`found` says in a few words what was found, whether the claim holds or not."""

    claim: str
    holds: bool
    found: str


def talked_to_the_end(trouble: Exception | None) -> Check:
    """Check that nothing broke the conversation off. `trouble`: what did, or None."""
    return Check("the conversation went to its end", trouble is None, str(trouble or "it did"))


def judge(
    heard: Heard,
    recorded: Recorded,
    measures: Measures,
    leaked: Sequence[Received],
    left_behind: Sequence[int],
    *,
    hands_over: bool = True,
    looks_up: bool = False,
) -> Sequence[Check]:
    """Return all other checks. `left_behind`: the ids of processes that still run."""
    silence_ms = measures.longest_silence_ms
    return (
        *(_of_handoff(heard, recorded, measures) if hands_over else _of_one_agent(heard, recorded)),
        *([_looked_up(recorded)] if looks_up else []),
        Check("nothing of the brief reached the caller", not leaked, _kinds(leaked)),
        Check(
            f"nobody was silent for more than {SILENCE_LIMIT_MS} ms",
            silence_ms <= SILENCE_LIMIT_MS,
            f"the longest silence is {silence_ms} ms",
        ),
        Check("no process is left behind", not left_behind, _listed(left_behind)),
    )


def _of_handoff(heard: Heard, recorded: Recorded, measures: Measures) -> Sequence[Check]:
    outcome = next((handoff.state for handoff in recorded.handoffs), None)
    terminal = [handoff for handoff in recorded.handoffs if handoff.state in TERMINAL]
    return (
        Check("the handoff is completed", outcome is HandoffState.COMPLETED, str(outcome or "no handoff")),
        Check(
            "the caller heard both agents, as two participants",
            len(heard.voices) == 2,
            f"{len(heard.voices)} heard",
        ),
        _first_line(recorded),
        Check(
            "one handoff is in the store, and it is terminal",
            len(terminal) == len(recorded.handoffs) == 1,
            f"{len(terminal)} terminal of {len(recorded.handoffs)}",
        ),
        _same_figures(heard, recorded, measures),
    )


def _of_one_agent(heard: Heard, recorded: Recorded) -> Sequence[Check]:
    """Return the checks for a roster whose first role hands over to nobody."""
    handoffs = len(recorded.handoffs)
    return (
        Check("the caller heard the agent", len(heard.voices) == 1, f"{len(heard.voices)} heard"),
        Check("nothing was handed over", not handoffs, f"{handoffs} handoffs"),
    )


def _looked_up(recorded: Recorded) -> Check:
    lookups = [event for event in recorded.events if event.kind == "knowledge"]
    holds = any(event.moved_to == Lookup.FOUND for event in lookups)
    told = lookups[0].subject.partition("; ")[0] if lookups else "nothing was looked up"
    return Check("a question was looked up in a role's documents", holds, told)


def _same_figures(heard: Heard, recorded: Recorded, measures: Measures) -> Check:
    """Check that the stored seam and hold music match what the caller heard."""
    handoff = next(iter(recorded.handoffs), None)
    music_ms = sum(span.end_ms - span.start_ms for span in heard.music)
    told = {
        "seam": (handoff.seam_ms if handoff else None, measures.seam_ms),
        "music": (handoff.music_ms if handoff else None, music_ms),
    }
    pairs = [pair for pair in told.values() if None not in pair]
    agree = len(pairs) == len(told) and all(abs((one or 0) - (two or 0)) <= CLOSE_MS for one, two in pairs)
    found = "; ".join(
        f"{name}: {_ms(stored)} stored, {_ms(own)} heard" for name, (stored, own) in told.items()
    )
    return Check(f"the store's seam and music are the recording's, to {CLOSE_MS} ms", agree, found)


def _ms(length_ms: int | None) -> str:
    return "nothing" if length_ms is None else f"{length_ms} ms"


def _kinds(leaked: Sequence[Received]) -> str:
    kinds = ", ".join(sorted({item.kind for item in leaked}))
    return f"{len(leaked)} items: {kinds}" if leaked else "0 items"


def _listed(processes: Sequence[int]) -> str:
    return ", ".join(map(str, processes)) or "none"


def _first_line(recorded: Recorded) -> Check:
    """Check that the target's first words contain the summary's matter. `found` quotes nobody."""
    handoff = next(iter(recorded.handoffs), None)
    matter = _plain(str(json.loads(handoff.summary or "{}").get("matter", ""))) if handoff else ""
    lines = [turn.text for turn in recorded.turns if handoff and turn.speaker == handoff.target]
    says_it = bool(matter and lines) and matter in _plain(lines[0])
    if says_it:
        found = "it says the matter"
    elif not lines:
        found = "the second agent said nothing"
    else:
        found = "it does not say the matter" if matter else "the summary has no matter"
    return Check("the second agent's first line says the matter", says_it, found)


def _plain(text: str) -> str:
    return " ".join(re.findall(r"[^\W_]+", text.lower()))
