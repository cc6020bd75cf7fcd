"""A role, as its file defines it. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, StringConstraints

from agents.roster.shared_prompts import (
    Checked,
    House,
    HouseLines,
    Introducing,
    Line,
    RoleLines,
    fill,
    placeholders,
)
from agents.turns.expectation import Expects
from persistence.records import RoleName
from settings import Seconds

Tool = Literal["transfer_call", "end_call"]
ROLE_ID = r"[a-z][a-z0-9-]{0,63}"


def _as_role_id(text: str) -> str:
    """Raises: ValueError, which says how the text could be written."""
    if re.fullmatch(ROLE_ID, text):
        return text
    letters = unicodedata.normalize("NFKD", text.casefold())
    near = re.sub(r"[^a-z0-9]+", "-", letters.encode("ascii", "ignore").decode()).strip("-0123456789")[:64]
    raise ValueError(f"{text[:80]!r} should be {f'written {near}' if near else 'written with a to z'}")


def _has_words(text: str) -> str:
    if not any(letter.isalnum() for letter in text):
        raise ValueError("has no words")
    return " ".join(text.split())


RoleId = Annotated[str, AfterValidator(_as_role_id)]
ShortText = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
SpokenName = Annotated[ShortText, AfterValidator(_has_words)]


class MaxCalls(Checked):
    """Accept a handoff while the role has fewer calls than this."""

    max_calls: int = Field(ge=1, le=10_000)


class LastTurns(Checked):
    """Be told the summary, and the last turns of the call word for word; `last_turns` is their number."""

    last_turns: int = Field(ge=1, le=1_000)


class RoleFields(Checked):
    """The front matter of a role's file."""

    role: RoleId = Field(
        description="the role's id, in small letters a to z, digits and hyphens, such as billing"
    )
    name: SpokenName = Field(description="the role's spoken name, in any language, such as the billing desk")
    voice: ShortText = Field(description="one of the speaking model's voices, such as hannah")
    greeting: Line = Field(description="the first words when answering a call, without placeholders")
    opening: Annotated[str, placeholders("matter", needed="matter")] = Field(
        description='the first words after a handoff, such as "This is billing. I understand that {matter}."'
    )
    opening_again: Annotated[str, placeholders("matter", needed="matter")] | None = Field(
        None,
        description="the same, to a caller who has spoken with the role before in this call; "
        "without it, opening is said",
    )
    expects: Expects | None = Field(
        None,
        description="number, spelling, address or yes_or_no: what its greeting and its opening ask for, "
        "so that the answer is waited for; its other questions are understood by their words",
    )
    transfers_to: tuple[RoleId, ...] = Field(
        (), description="the roles it may hand over to, in order, such as [billing, technical]"
    )
    introduction: Introducing | None = Field(
        None,
        description="short or full: how it introduces those it hands over to; without it, house.md's",
    )
    accepts: Literal["always", "screen"] | MaxCalls = Field(
        "always",
        description="always, screen or {max_calls: 3}: which handoffs it accepts; screen asks the model",
    )
    told: Literal["summary", "everything"] | LastTurns = Field(
        "summary",
        description="summary, everything or {last_turns: 6}: what it is told of the call before a handoff",
    )
    facts: tuple[ShortText, ...] = Field(
        (), description="attributes of the caller that it may know, such as [sip.phoneNumber]"
    )
    model: ShortText | None = Field(None, description="a chat model's id; without it, BATON_GROQ_CHAT_MODEL")
    temperature: float | None = Field(
        None,
        ge=0,
        le=2,
        allow_inf_nan=False,
        description="a number from 0 to 2, for the model; without it, the model's own",
    )
    tools: tuple[Tool, ...] | None = Field(
        None, description="[transfer_call, end_call], or fewer of them; without it, all that fit"
    )
    lines: RoleLines = Field(
        RoleLines.model_validate({}),
        description="lines of house.md that the role says in its own words, one a line, as NAME: WORDS; "
        "NAME is any of the lines below, such as silence_question",
    )
    silence_ask_s: Seconds | None = Field(
        None,
        description="seconds of silence before it asks the caller whether they are still there; "
        "without it, BATON_SILENCE_ASK_S",
    )
    silence_end_s: Seconds | None = Field(
        None,
        description="seconds of silence after that question before it ends the call; "
        "without it, BATON_SILENCE_END_S",
    )


class Role(RoleFields):
    """A complete persona. `instructions` begin with the house's rules, which are the same for all roles.

    `targets`: the spoken names of the roles it may hand over to, by role, in order.
    """

    introduction: Introducing
    tools: tuple[Tool, ...]
    targets: Mapping[str, str]
    instructions: str
    spoken_lines: HouseLines  # the house's, with its own ones in their place

    @property
    def id(self) -> RoleName:
        return RoleName(self.role)

    def opening_line(self, matter: str, *, again: bool = False) -> str:
        """The first words after a handoff; `matter` completes "I understand that …".

        `again`: the caller has spoken with this role before.
        """
        matter = " ".join(matter.split()).rstrip(".!;, ")
        if not matter:
            return fill(self.spoken_lines.opening_without_matter, name=self.name)
        return fill((again and self.opening_again) or self.opening, matter=matter)


def whole(fields: RoleFields, house: House, body: str, names: Mapping[str, str]) -> Role:
    """Join a role's fields and body with the house's rules. Without named tools it gets all that fit.

    `names`: the spoken names of all roles.
    """
    tools: tuple[Tool, ...] = ("transfer_call", "end_call") if fields.transfers_to else ("end_call",)
    return Role.model_validate(
        {
            **dict(fields),
            "introduction": fields.introduction or house.introduction,
            "tools": tools if fields.tools is None else fields.tools,
            "targets": {target: names[target] for target in fields.transfers_to},
            "instructions": f"{house.rules}\n\nYour role: {fields.role}\nYour name: {fields.name}\n\n{body}",
            "spoken_lines": house.lines.with_own(fields.lines),
        }
    )
