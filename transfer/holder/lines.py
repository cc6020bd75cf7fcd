"""The lines that the holder speaks during a handoff, with the names filled in."""

from __future__ import annotations

from dataclasses import dataclass

from persistence.records import HandoffState


@dataclass(frozen=True, slots=True)
class Lines:
    """For one target."""

    hold: str
    introduction: str  # empty: nothing is said
    declined: str
    unanswered: str
    failed: str
    cancelled: str
    note: str  # for the model, if the holder keeps the call; {why} is filled in

    def noted(self, why: str) -> str:
        """What the model is told if the handoff did not happen."""
        return self.note.replace("{why}", why)

    def back(self, outcome: HandoffState) -> str:
        """What the caller is told if the handoff did not happen."""
        lines = {
            HandoffState.DECLINED: self.declined,
            HandoffState.UNANSWERED: self.unanswered,
            HandoffState.CANCELLED: self.cancelled,
        }
        return lines.get(outcome, self.failed)

    @property
    def all(self) -> tuple[str, ...]:
        """Every spoken line, to be synthesised beforehand."""
        return (self.hold, self.introduction, self.declined, self.unanswered, self.failed, self.cancelled)
