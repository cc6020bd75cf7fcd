"""The lines the holder speaks on the way of a handoff, with the names already in them."""

from __future__ import annotations

from dataclasses import dataclass

from persistence.records import HandoffState


@dataclass(frozen=True, slots=True)
class Lines:
    """For one target. The coordinator is given a callable that makes them for any role."""

    hold: str
    introduction: str  # may be empty: then nothing is said
    declined: str
    unanswered: str
    failed: str
    cancelled: str
    note: str  # for the model that goes on with the caller; {why} is filled in

    def noted(self, why: str) -> str:
        """What the model is told when a handoff did not happen."""
        return self.note.replace("{why}", why)

    def back(self, outcome: HandoffState) -> str:
        """What the caller is told when a handoff did not happen."""
        lines = {
            HandoffState.DECLINED: self.declined,
            HandoffState.UNANSWERED: self.unanswered,
            HandoffState.CANCELLED: self.cancelled,
        }
        return lines.get(outcome, self.failed)

    @property
    def all(self) -> tuple[str, ...]:
        """Every line, to be made ready beforehand."""
        return (self.hold, self.introduction, self.declined, self.unanswered, self.failed, self.cancelled)
