"""A role and the house it works for, as their files say it: frozen, checked, and without I/O."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from persistence.records import HandoffState, RoleName

PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
Tool = Literal["transfer_call", "end_call"]
RoleId = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{0,63}$")]
ShortText = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]


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


class _Checked(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class HouseLines(_Checked):
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
    trouble: Line = Field(description="the words for when no reply could be made: an apology, and a request")
    trouble_again: Line = Field(description="the words for when that happens again at once")
    welcome_back: Line = Field(description="the words for a caller who was cut off and is back")
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


class HouseFields(_Checked):
    """The front matter of house.md."""

    lines: HouseLines = Field(description="the lines that roles speak, one a line, as NAME: WORDS")


@dataclass(frozen=True, slots=True)
class House:
    """What all roles have in common: their lines, and the rules that come before every role's own."""

    lines: HouseLines
    rules: str


class MaxCalls(_Checked):
    """Accept while it has fewer than this many calls."""

    max_calls: int = Field(ge=1, le=10_000)


class LastTurns(_Checked):
    """Be told the summary, and this many turns as they were said."""

    last_turns: int = Field(ge=1, le=1_000)


class RoleFields(_Checked):
    """The front matter of a role's file."""

    role: RoleId = Field(description="the role's name in small letters, digits and hyphens, such as billing")
    name: ShortText = Field(description="how the role is called aloud, such as the billing desk")
    voice: ShortText = Field(description="one of the speaking model's voices, such as hannah")
    greeting: Line = Field(description="the first words when answering a call, without placeholders")
    opening: Annotated[str, placeholders("matter", needed="matter")] = Field(
        description='the first words after a handoff, such as "This is billing. I understand that {matter}."'
    )
    transfers_to: tuple[RoleId, ...] = Field(
        (), description="the roles it may hand over to, in order, such as [billing, technical]"
    )
    accepts: Literal["always", "screen"] | MaxCalls = Field(
        "always", description="always, screen or {max_calls: 3}"
    )
    told: Literal["summary", "everything"] | LastTurns = Field(
        "summary", description="summary, everything or {last_turns: 6}"
    )
    facts: tuple[ShortText, ...] = Field(
        (), description="attributes of the caller that it may know, such as [sip.phoneNumber]"
    )
    model: ShortText | None = Field(None, description="a chat model's id, in place of BATON_CHAT_MODEL")
    temperature: float | None = Field(
        None, ge=0, le=2, allow_inf_nan=False, description="a number from 0 to 2"
    )
    tools: tuple[Tool, ...] | None = Field(None, description="[transfer_call, end_call], or fewer of them")


class Role(RoleFields):
    """A persona, whole. `instructions` begin with the house's rules, for all the same, for the prompt cache."""

    tools: tuple[Tool, ...]
    instructions: str
    opening_without_matter: str

    @property
    def id(self) -> RoleName:
        return RoleName(self.role)

    def opening_line(self, matter: str) -> str:
        """The first words after a handoff; `matter` completes "I understand that …"."""
        matter = " ".join(matter.split()).rstrip(".!;, ")
        if not matter:
            return fill(self.opening_without_matter, name=self.name)
        return fill(self.opening, matter=matter)


def whole(fields: RoleFields, house: House, body: str) -> Role:
    """Join them. A role's own part begins with `Your role: NAME`; without named tools it has all that fit."""
    tools: tuple[Tool, ...] = ("transfer_call", "end_call") if fields.transfers_to else ("end_call",)
    return Role.model_validate(
        {
            **dict(fields),
            "tools": tools if fields.tools is None else fields.tools,
            "instructions": f"{house.rules}\n\nYour role: {fields.role}\n\n{body}",
            "opening_without_matter": house.lines.opening_without_matter,
        }
    )
