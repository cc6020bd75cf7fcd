"""What all roles have in common: the lines they speak that no model made, and the rules of the house."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from persistence.records import HandoffState

PLACEHOLDER = re.compile(r"\{([^{}]*)\}")


def fill(line: str, **values: str) -> str:
    """Put the values in, all at once: braces in a value stay what they are."""
    return PLACEHOLDER.sub(lambda found: values[found[1]], line)


def placeholders(*known: str, needed: str = "") -> AfterValidator:
    """Check a line that is spoken: its placeholders, and that it has words; join it to one line."""

    def check(line: str) -> str:
        line = " ".join(line.split())
        if not any(letter.isalnum() for letter in PLACEHOLDER.sub("", line)):
            raise ValueError("has no words")
        unknown = [name for name in PLACEHOLDER.findall(line) if name not in known]
        if unknown:
            raise ValueError(f"has the unknown placeholder {{{unknown[0]}}}")
        if set("{}") & set(PLACEHOLDER.sub("", line)):
            raise ValueError("has a single brace")
        if needed and f"{{{needed}}}" not in line:
            raise ValueError(f"does not contain {{{needed}}}")
        return line

    return AfterValidator(check)


Line = Annotated[str, placeholders()]
TargetLine = Annotated[str, placeholders("target")]


class Checked(BaseModel):
    """Frozen, and strict about unknown fields: a typing error is told, not swallowed."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class HouseLines(Checked):
    """Every line a role speaks that no model made. {target} and {holder} are roles' spoken names."""

    hold: TargetLine = Field(description="the words that ask the caller to hold; may contain {target}")
    introduction: Annotated[str, placeholders("target", "holder")] = Field(
        description="the sentence that introduces the target; may contain {target} and {holder}"
    )
    declined: TargetLine = Field(description="the words for when the target said no; may contain {target}")
    unanswered: TargetLine = Field(description="the words for when nobody came; may contain {target}")
    failed: TargetLine = Field(description="the words for when a handoff broke; may contain {target}")
    cancelled: TargetLine = Field(
        description="the words for when a handoff was taken back; may contain {target}"
    )
    opening_without_matter: Annotated[str, placeholders("name")] = Field(
        description="a target's first words when the matter is not known; may contain {name}"
    )
    silence_question: Line = Field(description="the question for a caller who fell silent")
    silence_goodbye: Line = Field(description="the last words to a caller who stayed silent")
    too_long_goodbye: Line = Field(description="the last words of a call that lasted too long")
    one_moment: Line = Field(
        description="the words for a caller who waits: for a late reply, or to be moved elsewhere"
    )
    still_at_it: Line = Field(description="the words for a caller who goes on waiting")
    not_understood: Line = Field(
        description="the words for a caller of whose speech no word was made out: a request to repeat it"
    )
    still_not_understood: Line = Field(description="the same for the next time in a row, in other words")
    trouble: Line = Field(description="the words for when no reply could be made: an apology, and a request")
    trouble_offer: Line = Field(
        description="the words for the second time in a row: stay and hold, or hang up and be called back"
    )
    trouble_held: Line = Field(description="the words for a caller who holds: it does not work yet")
    trouble_still_held: Line = Field(description="the same in other words")
    trouble_over: Line = Field(description="the words for a caller who held: it works again")
    trouble_goodbye: Line = Field(
        description="the last words to a caller who held for long: that they will be called back"
    )
    promise_taken_back: Line = Field(
        description="the words for when the model promised another desk that it cannot hand over to"
    )
    welcome_back: Line = Field(description="the words for a caller who was cut off and is back")
    recovered: Line = Field(description="the words of an agent that goes on in place of one that was lost")
    recovered_listening: Line = Field(
        description="the same, where the caller may have said something that was not heard"
    )
    thanks: Line = Field(description="the words after a move elsewhere, or when it did not come to it")
    goodbye: Line = Field(description="the last words of a call where the model said none")
    failed_goodbye: Line = Field(description="the last words of a call that cannot go on")

    def holding(self, *, target: str) -> str:
        return fill(self.hold, target=target)

    def introducing(self, *, target: str, holder: str) -> str:
        return fill(self.introduction, target=target, holder=holder)

    def returning(self, outcome: HandoffState, *, target: str) -> str:
        """Back to the caller after a handoff that did not complete."""
        line = {
            HandoffState.DECLINED: self.declined,
            HandoffState.UNANSWERED: self.unanswered,
            HandoffState.CANCELLED: self.cancelled,
        }.get(outcome, self.failed)
        return fill(line, target=target)


class ToolWords(Checked):
    """How the model is told what it may do besides talking."""

    transfer_call: Line = Field(description="what handing the call over does")
    reason: Line = Field(description="what the reason of a transfer says, and how it is worded")
    end_call: Line = Field(description="when the call may be ended")


class NoteWords(Checked):
    """The headings of what a model is told besides its role: all of it data, never instruction."""

    colleague: Annotated[str, placeholders("role")] = Field(
        description="the words before a colleague's notes; may contain {role}"
    )
    matter: Line = Field(description="the heading of the caller's matter")
    summary: Line = Field(description="the heading of the summary")
    facts: Line = Field(description="the heading of what is known of the caller")
    said: Line = Field(description="the heading of the last turns")
    cut_off: Line = Field(description="the note to an agent that goes on in place of one that was lost")
    operator: Line = Field(description="the heading of what operators have written for the agent alone")
    stayed: Line = Field(description="the note that the same role was to go on elsewhere, and did not")
    not_transferred: Annotated[str, placeholders("why", needed="why")] = Field(
        description="the note that a handoff did not happen, and what to do then; contains {why}"
    )


class HouseFields(Checked):
    """The front matter of house.md."""

    lines: HouseLines = Field(description="the lines that roles speak, one a line, as NAME: WORDS")
    tools: ToolWords = Field(description="the words that describe the tools, one a line, as NAME: WORDS")
    notes: NoteWords = Field(description="the words before what a model is told, as NAME: WORDS")


@dataclass(frozen=True, slots=True)
class House:
    """What all roles have in common: their lines, and the rules that come before every role's own."""

    lines: HouseLines
    tools: ToolWords
    notes: NoteWords
    rules: str
