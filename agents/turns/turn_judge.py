"""What a caller's sound means while the agent speaks or listens: a nod, an interruption, or a turn. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

from agents.turns.expectation import Expects
from agents.turns.nods import DEFAULT_NODS, LONGEST_NOD_S, Nods
from agents.turns.patience import PATIENCE, Patience
from settings import TurnTaking

HOLD_AFTER_S = 0.38
"""A caller's sound that began this long ago silences the agent until the sound is understood. With 0.2 s of
transport, the caller hears that within 0.6 s. Many nods are over and understood by then, or soon after."""


class Floor(Protocol):
    """The agent's speech, as the caller's turn sees it. Only `give_way` may block or fail."""

    @property
    def agent_speaks(self) -> bool:
        """Whether the agent is heard, or was held in the middle of its speech."""

    @property
    def agent_replies(self) -> bool:
        """Whether a reply or a line is under way, heard or not."""

    @property
    def asked(self) -> Expects | None:
        """What the agent's last words asked for."""

    @property
    def question_is_open(self) -> bool:
        """Whether the agent's last words were a question."""

    def hold(self) -> None:
        """Silence the agent until `go_on`."""

    def go_on(self) -> None:
        """Let a held agent continue at the beginning of the word that was cut off."""

    async def give_way(self) -> None:
        """Stop the agent for good."""


class SilentAgent:
    """A floor without an agent, for a hearing outside of a call."""

    agent_speaks = False
    agent_replies = False
    asked: Expects | None = None
    question_is_open = False

    def hold(self) -> None: ...

    def go_on(self) -> None: ...

    async def give_way(self) -> None: ...


@dataclass(slots=True)
class TurnJudge:
    """Decides by the words, the voice and the agent's own words."""

    patience: Patience
    nods: Nods = field(default_factory=lambda: Nods.of(DEFAULT_NODS))
    floor: Floor = field(default_factory=SilentAgent)

    @classmethod
    def of(cls, turn_taking: TurnTaking) -> TurnJudge:
        return cls(PATIENCE[turn_taking])

    def is_nod(self, words: str, *, speech_s: float) -> bool:
        """Whether words that began while the agent spoke are a nod, not a turn.

        If the agent has meanwhile finished with a question, they are its answer.
        """
        answers = self.floor.question_is_open and not self.floor.agent_speaks
        return not answers and speech_s < LONGEST_NOD_S and self.nods.are_all(words)

    def silence_s(self, words: str | None, finished: float | None) -> float:
        """Return the seconds of silence that end the turn. `words`: None while they are not known.

        `finished`: the end-of-turn model's probability; None: not known.
        """
        if words is None:
            return self.patience.done_s
        return self.patience.silence_s(words, self.floor.asked, finished)
