"""What must be true of a demo call. Pure: each check is a sentence, and whether it holds."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass

from local.caller.inbox import Received
from local.demo.measures import Heard, Measures, Recorded
from persistence.records import HandoffState
from transfer.states import TERMINAL

SILENCE_LIMIT_MS = 2_000


@dataclass(frozen=True, slots=True)
class Check:
    """`found` is what was found instead, in a few words, where it does not hold."""

    claim: str
    holds: bool
    found: str


def judge(
    heard: Heard,
    recorded: Recorded,
    measures: Measures,
    leaked: Sequence[Received],
    left_behind: Sequence[str],
) -> Sequence[Check]:
    outcome = next((handoff.state for handoff in recorded.handoffs), None)
    terminal = [handoff for handoff in recorded.handoffs if handoff.state in TERMINAL]
    kinds = ", ".join(sorted({item.kind for item in leaked}))
    silence_ms = measures.longest_silence_ms
    return (
        Check("the handoff is completed", outcome is HandoffState.COMPLETED, str(outcome or "no handoff")),
        Check(
            "the caller heard both agents, as two participants",
            len(heard.voices) == 2,
            f"{len(heard.voices)} heard",
        ),
        Check(
            "the second agent's first line says the matter",
            _first_line_says_the_matter(recorded),
            "it does not",
        ),
        Check(
            "one handoff is in the store, and it is terminal",
            len(terminal) == len(recorded.handoffs) == 1,
            f"{len(terminal)} terminal of {len(recorded.handoffs)}",
        ),
        Check("nothing of the brief reached the caller", not leaked, f"{len(leaked)} items: {kinds}"),
        Check(
            f"nobody was silent for more than {SILENCE_LIMIT_MS} ms",
            silence_ms <= SILENCE_LIMIT_MS,
            f"{silence_ms} ms",
        ),
        Check("no process is left behind", not left_behind, ", ".join(left_behind)),
    )


def _first_line_says_the_matter(recorded: Recorded) -> bool:
    handoff = next(iter(recorded.handoffs), None)
    if handoff is None or not handoff.summary:
        return False
    matter = _plain(str(json.loads(handoff.summary).get("matter", "")))
    line = next((turn.text for turn in recorded.turns if turn.speaker == handoff.target), "")
    return bool(matter) and matter in _plain(line)


def _plain(text: str) -> str:
    return " ".join(re.findall(r"[^\W_]+", text.lower()))
