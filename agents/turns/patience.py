"""How long a silence must be to end a caller's turn. Pure.

`BATON_TURN_TAKING` is its only setting.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import assert_never

from agents.turns.ending import Ending, ending
from agents.turns.expectation import Expects
from settings import TurnTaking

_FINISHED = 0.36
"""Probability above which the end-of-turn model calls a turn over: LiveKit's threshold for English."""
_GOES_ON = 0.12
"""Below it, the voice shows that more comes. Synthetic voices that have finished stay above it, and below
_FINISHED (four espeak voices, v1-mini, 2026-11-27), so between the two the words alone decide."""
_SURELY_FINISHED = 0.6


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds of silence that end a turn, by how its words end."""

    done_s: float
    plain_s: float
    doubt_s: float
    unfinished_s: float

    def silence_s(self, words: str, asked: Expects | None, finished: float | None) -> float:
        """Return the seconds of silence that end a turn with these words.

        `finished`: the end-of-turn model's probability, 0 to 1; None: it has not answered.
        """
        match ending(words, asked):
            case Ending.DONE:
                return self.done_s
            case Ending.UNFINISHED:
                return self.unfinished_s
            case Ending.DOUBT:
                return self.plain_s if finished is not None and finished > _SURELY_FINISHED else self.doubt_s
            case Ending.PLAIN:
                return self._plain_s(finished)
            case unknown:
                assert_never(unknown)

    def _plain_s(self, finished: float | None) -> float:
        if finished is None:
            return self.plain_s
        if finished >= _FINISHED:
            return self.done_s
        return self.doubt_s if finished < _GOES_ON else self.plain_s


PATIENCE: dict[TurnTaking, Patience] = {
    "hasty": Patience(done_s=0.3, plain_s=0.4, doubt_s=0.7, unfinished_s=1.6),
    "balanced": Patience(done_s=0.4, plain_s=0.5, doubt_s=1.0, unfinished_s=2.3),
    "patient": Patience(done_s=0.6, plain_s=0.8, doubt_s=1.5, unfinished_s=2.5),
}
"""Most pauses inside a number are shorter than 2 s."""
NOT_ANSWERED = Patience(done_s=0.6, plain_s=0.6, doubt_s=0.6, unfinished_s=0.6)
"""For a person whom no agent answers, and whose words others read meanwhile. With a caller's patience,
sentences a second apart were one turn of 41 s (2026-12-01)."""
