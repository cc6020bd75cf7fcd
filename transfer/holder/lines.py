"""The lines that the holder speaks during a handoff, with the names filled in."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass

from persistence.records import Handoff, HandoffState, RoleName, Turn

WAITED_MS = 3_000
"""Time on hold from which a caller is thanked for waiting. Anything shorter is just a person's pause to turn
round: without a wait for the target, the introduction follows the hold line within 0.1 s (measured)."""

Introductions = Callable[[RoleName], Coroutine[object, object, str]]
"""Return the words that name who takes the call for this target, once that is known. Empty: no name."""


@dataclass(frozen=True, slots=True)
class Lines:
    """The holder's lines about one target."""

    hold: tuple[str, ...]  # in sentences: the rest is left out once the target has said yes
    hold_instead: tuple[str, ...]  # to a caller already on hold, for another target
    introduction: str  # empty: nothing is said, the target introduces itself
    introduction_after_wait: str
    declined: str
    unanswered: str
    failed: str
    cancelled: str
    because: Mapping[str, str]  # instead of `declined`, by the reason that the target gave
    note: str  # for the model, if the holder keeps the call; {why} is filled in
    note_of_offer: str = ""  # replaces `note` if `declined` and `unanswered` offer the caller something

    def noted(self, outcome: HandoffState, why: str) -> str:
        """Return the note for the model if the handoff did not happen."""
        offered = outcome in {HandoffState.DECLINED, HandoffState.UNANSWERED}
        return ((offered and self.note_of_offer) or self.note).replace("{why}", why)

    def introducing(self, on_hold_ms: int) -> str:
        """Return the introduction, which depends on how long the caller was on hold."""
        return self.introduction_after_wait if on_hold_ms >= WAITED_MS else self.introduction

    def back(self, outcome: HandoffState, why: str = "") -> str:
        """Return what the caller hears if the handoff did not happen. `why`: the last target's reason."""
        lines = {
            HandoffState.DECLINED: self.because.get(why, self.declined),
            HandoffState.UNANSWERED: self.unanswered,
            HandoffState.CANCELLED: self.cancelled,
        }
        return lines.get(outcome, self.failed)

    @property
    def all(self) -> tuple[str, ...]:
        """Every spoken line, to be synthesised beforehand."""
        return (
            *self.hold,
            *self.hold_instead,
            self.introduction,
            self.introduction_after_wait,
            self.declined,
            self.unanswered,
            self.failed,
            self.cancelled,
            *self.because.values(),
        )


def asked_to_hold_at(handoff: Handoff, turns: Sequence[Turn]) -> int | None:
    """Return when a lost holder asked the caller to hold, ms UTC; None if it had not, or none was lost.

    This is the end of the holder's first turn after the request.
    """
    if handoff.state is HandoffState.REQUESTED:
        return None
    said = (turn.ended_at for turn in turns if turn.speaker == handoff.from_role)
    return next((ended_at for ended_at in said if ended_at > handoff.requested_at), None)
