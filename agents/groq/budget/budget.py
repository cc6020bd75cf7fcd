"""Decides what may be spent of the account's limits: Groq's headers and a clock in, decisions out. Pure.

The worker's parent keeps a budget that learns from the answers of all its jobs. Each job also keeps one,
which learns from the job's own answers and from what the parent sends.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import IntEnum

from agents.groq.budget.hold import NOT_HELD, Held, Hold
from agents.groq.budget.levels import Levels
from agents.groq.budget.share import OwnShare
from agents.groq.documented_limits import SMALLEST_AUDIO_S
from agents.groq.rate_limits import Left
from persistence.records import Used


class Spend(IntEnum):
    """What a request is for, from what is given up first to what is given up last."""

    GUESS = 0  # an early transcription, or a reply prepared while the caller may go on
    PREPARED = 1  # speech made before it is needed
    LARGER_MODEL = 2
    NEW_CALL = 3
    TURN = 4  # a caller waits for it


_KEPT_BACK = {Spend.GUESS: 0.4, Spend.PREPARED: 0.3, Spend.LARGER_MODEL: 0.2, Spend.NEW_CALL: 0.1}
"""The share of a minute's limit that each kind must leave for the kinds after it."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the budget learns from one of Groq's answers.

    `held_s`: its retry-after, if a limit refused the request; `day`: that limit is a day's.
    `minute`: the requests of a minute are spent.
    `trying`: no answer yet; a held model is being tried. `works`: such a try has worked.
    `key_refused`: Groq does not accept the key, or no longer does.
    """

    model: str
    limits: Mapping[str, Left] = field(default_factory=dict)
    held_s: float | None = None
    day: bool = False
    minute: bool = False
    trying: bool = False
    works: bool = False
    key_refused: bool = False


@dataclass(frozen=True, slots=True)
class Standing:
    """What a parent sends about a model: the first kind that may still be spent, and the model's hold."""

    spend: Spend = Spend.GUESS
    held: Held = NOT_HELD


@dataclass(slots=True)
class _Model:
    levels: Levels
    held: Held = NOT_HELD
    told: Spend = Spend.GUESS


class Budget:
    """One account's budget. `now` returns monotonic seconds; `calls`: how many known calls share it.

    Requests wait for the end of a hold below `patience_s`; only in a longer one may a caller's turn try.
    """

    def __init__(self, now: Callable[[], float] = time.monotonic, *, patience_s: float = 1.5) -> None:
        self.now, self._patience_s = now, patience_s
        self._models: dict[str, _Model] = {}
        self._own = OwnShare()
        self.calls = 1
        self.heard: Callable[[Answer], None] = lambda _: None  # called with each answer of Groq's

    def learn(self, answer: Answer) -> None:
        """Learn from an answer: one of our own, or one that a job has reported."""
        model, now = self._model(answer.model), self.now()
        model.levels.learn(answer.limits, now)
        if answer.minute:
            model.levels.minute_is_spent(now)
        if answer.held_s is not None:
            model.held = model.held.refused(now, answer.held_s, day=answer.day)
        if answer.trying:
            model.held = model.held.trying(now)
        if answer.works:
            model.held = model.held.lifted(now)
        self.heard(answer)

    def hold(self, model: str) -> Hold | None:
        """Return the model's hold, during which only a few callers' turns may ask it; None: not held."""
        state = self._models.get(model)
        return None if state is None else state.held.left(self.now())

    def holds_long(self, model: str) -> bool:
        """Whether the model is held for longer than is worth waiting."""
        hold = self.hold(model)
        return hold is not None and hold.left_s >= self._patience_s

    def may_try(self, model: str) -> bool:
        """Whether a turn that a caller waits for may ask the model: it is not held, or a try is due."""
        state = self._models.get(model)
        if state is None or state.held.left(self.now()) is None:
            return True
        return self.holds_long(model) and state.held.may_try(self.now())

    def try_held(self, model: str) -> bool:
        """Whether to try a held model for a turn that a caller waits for. If so, record the try."""
        if self.hold(model) is None or not self.may_try(model):
            return False
        self.learn(Answer(model, trying=True))
        return True

    def lifted_since(self, model: str, at: float) -> bool:
        """Whether a try has worked since `at`."""
        state = self._models.get(model)
        return state is not None and state.held.lifted_at >= at

    def spend(self, model: str, used: Used) -> None:
        """Count what this process's own call uses."""
        self._own.spend(model, used, self.share(model), self.now())

    def allows(self, spend: Spend, models: Iterable[str], not_answered: int = 0) -> bool:
        """Whether each of these models has enough left for `spend`. Unknown limits do not forbid anything.

        The kinds below NEW_CALL are also forbidden once this process's own call has spent its share.
        `not_answered`: requests to each model that are under way and not yet counted in any answer.
        """
        own = spend < Spend.NEW_CALL
        return all(
            spend >= self._first_allowed(model, not_answered)
            and (not own or self._own.is_left(model, self.now()))
            for model in models
        )

    def yields(self, model: str) -> bool:
        """Whether the own call must use a spare: it has spent its share, and little is left for others."""
        return not (self._own.is_left(model, self.now()) or self.allows(Spend.NEW_CALL, [model]))

    def standings(self) -> dict[str, Standing]:
        """Return what the jobs must know, by model."""
        return {name: Standing(self._first_allowed(name), state.held) for name, state in self._models.items()}

    def held(self) -> dict[str, Held]:
        """Return what is known about each model's hold."""
        return {name: state.held for name, state in self._models.items()}

    def obey(self, standings: Mapping[str, Standing]) -> None:
        """Apply the state that the parent sent."""
        for name, standing in standings.items():
            model = self._model(name)
            model.told = standing.spend
            model.held = model.held.merged(standing.held)

    def limits(self) -> dict[str, dict[str, Left]]:
        """Return the limits from the headers, by model and kind. What is left of each is not filled in."""
        return {name: state.levels.told() for name, state in self._models.items()}

    def share(self, model: str) -> dict[str, float]:
        """Return what one call may use of it in a minute: requests, tokens, audio-seconds, if known."""
        state = self._models.get(model)
        whole = {} if state is None else state.levels.of_minute()
        return {kind: amount / max(1, self.calls) for kind, amount in whole.items()}

    def share_a_minute(self, model: str) -> float | None:
        """Return how many transcriptions a minute one call's share allows; None: the limits are not known."""
        share = self.share(model)
        if "audio-seconds" in share:
            share["audio-seconds"] /= SMALLEST_AUDIO_S
        return min(share.values(), default=None)

    def _first_allowed(self, name: str, not_answered: int = 0) -> Spend:
        """Return the first kind, in Spend's order, that may be spent; all after it may be, too."""
        model, now = self._models.get(name), self.now()
        if model is None:
            return Spend.GUESS
        if model.held.left(now) is not None:
            return Spend.TURN
        for spend, kept_back in _KEPT_BACK.items():
            if spend >= model.told and model.levels.allow(kept_back, now, not_answered):
                return spend
        return Spend.TURN

    def _model(self, name: str) -> _Model:
        return self._models.setdefault(name, _Model(Levels(name)))
