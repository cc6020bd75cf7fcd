"""A role, as its file defines it. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

from pydantic import AfterValidator, BeforeValidator, Field, SkipValidation, StringConstraints

from agents.redaction.kinds import KINDS, Kind
from agents.roster.checked import Checked, Line, fill, placeholders, spoken
from agents.roster.desk import Desk, Hours, QueueRules, ShortWord
from agents.roster.keys import KeysEntry
from agents.roster.languages import ENGLISH, Language
from agents.roster.phone import CallPlan, PhoneRules
from agents.roster.shared_prompts import House, HouseLines, Introducing, RoleLines, with_notice
from agents.tools.own_agent import OwnAgent
from agents.tools.own_tool import OwnTool
from agents.tools.tool_server import ToolServer
from agents.turns.expectation import Expects
from persistence.records import RoleName
from settings import Seconds

Tool = Literal["transfer_call", "end_call"]
ALL = "all"
ROLE_ID = r"[a-z][a-z0-9-]{0,63}"


def _as_role_id(text: str) -> str:
    """Raises: ValueError, which says how the text could be written."""
    if re.fullmatch(ROLE_ID, text):
        return text
    letters = unicodedata.normalize("NFKD", text.casefold())
    near = re.sub(r"[^a-z0-9]+", "-", letters.encode("ascii", "ignore").decode()).strip("-0123456789")[:64]
    raise ValueError(f"{text[:80]!r} should be {f'written {near}' if near else 'written with a to z'}")


def _has_words(text: str) -> str:
    text = spoken(text)
    if not any(letter.isalnum() for letter in text):
        raise ValueError("has no words")
    return text


def _is_tool(entry: object) -> object:
    if entry not in get_args(Tool) and not isinstance(entry, dict):
        raise ValueError("should be 'transfer_call' or 'end_call', or a tool of its own")
    return entry


ToolEntry = Annotated[Tool | dict[str, Any], BeforeValidator(_is_tool)]
"""A tool of Baton's, or the fields of one of the role's own (`agents.tools.fields`)."""
RoleId = Annotated[str, AfterValidator(_as_role_id)]
ShortText = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
SpokenName = Annotated[ShortText, AfterValidator(_has_words)]


class MaxCalls(Checked):
    """Accept a handoff while the role has fewer calls than this."""

    max_calls: int = Field(ge=1, le=10_000)


class LastTurns(Checked):
    """Get the summary, and the last turns of the call word for word; `last_turns` is their number."""

    last_turns: int = Field(ge=1, le=1_000)


def _every_kind(value: object) -> object:
    return KINDS if value == ALL else value


Redacted = Annotated[tuple[Kind, ...], BeforeValidator(_every_kind)]


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
    redact: Redacted = Field(
        (),
        description="all, or some of [card, account, telephone, email, identity]: each is replaced by its "
        "kind in everything that is stored or shown of the role's calls",
    )
    model: ShortText | None = Field(None, description="a chat model's id; without it, BATON_GROQ_CHAT_MODEL")
    temperature: float | None = Field(
        None,
        ge=0,
        le=2,
        allow_inf_nan=False,
        description="a number from 0 to 2, for the model; without it, the model's own",
    )
    tools: tuple[ToolEntry, ...] | None = Field(
        None,
        description="[transfer_call, end_call], or one of them; if neither is named, all that fit; "
        "and the role's own tools, one an entry, such as python: tools/invoices.py:look_up",
    )
    keys: tuple[dict[str, Any], ...] = Field(
        (),
        description="the numbers that the caller may be asked to type on a telephone, one an entry, such as "
        "{name: customer_number, digits: 6..12, says: Please type your customer number.}",
    )
    language: Language = Field(
        ENGLISH,
        description="the language in which people speak to it, such as de: their words are recognised in it; "
        "the role's own lines stay as its file and house.md have them",
    )
    presses_keys: bool = Field(
        False,
        description="true: for a role that talks to somebody you called by telephone: it presses keys when a "
        "menu asks for them",
    )
    knowledge: ShortText | None = Field(
        None,
        description="a folder beside this file, with Markdown or text that it may look up, such as answers/",
    )
    agent: ShortText | None = Field(
        None,
        description="a subclass of LiveKit's Agent in a file beside this one, as MODULE:CLASS, such as "
        "desks.booking:BookingDesk for a class in desks/booking.py",
    )
    lines: RoleLines = Field(
        RoleLines.model_validate({}),
        description="lines of house.md that the role says in its own words, one a line, as NAME: WORDS; "
        "NAME is any of the lines below, such as silence_question",
    )
    recorded: bool = Field(
        True,
        description="false: the recording of a call stops while this role has it, as where card numbers are "
        "asked for",
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
    kind: Literal["model", "person"] = Field(
        "model",
        description="model or person: who takes its calls; the fields below are for people "
        "(docs/people.md), who need neither greeting nor opening nor instructions",
    )
    people: tuple[ShortWord, ...] = Field(
        (), description="who may take its calls: people or groups of people.md, such as [Anna, service]"
    )
    skills: tuple[ShortWord, ...] = Field(
        (), description="what they need for it, of the skills in people.md, such as [german]"
    )
    rings_s: Annotated[float, Field(ge=5, le=300, allow_inf_nan=False)] = Field(
        25, description="how long it rings at a person's desk, 5 to 300 seconds"
    )
    hours: Hours | None = Field(
        None,
        description='its hours, such as {zone: Europe/Berlin, open: ["mon-fri 08:00-18:00"]}; without them, '
        "it is always open",
    )
    otherwise: ShortWord | None = Field(
        None,
        description="what happens when no person takes a call while it rings: queue, call back, message, or "
        "another role that the caller is handed over to; without it, the desk that handed over has them back",
    )
    queue: QueueRules | None = Field(
        None,
        description="how long callers wait for a person, such as "
        "{longest_wait_s: 600, longest: 20, then: front-desk}",
    )
    wrap_up: Literal["required", "optional"] = Field(
        "optional", description="required or optional: whether a person writes a code after each talk"
    )
    codes: tuple[ShortWord, ...] = Field(
        (), description="the codes of a wrap-up, such as [solved, to be continued]"
    )
    phone: PhoneRules | None = Field(
        None,
        description="its people are called by telephone, at their numbers in people.md, and not at desks "
        "(docs/phone.md), such as {trunk: main, order: at_once}",
    )


class Role(RoleFields):
    """A complete persona. `instructions` begin with the house's rules, which are the same for all roles.

    `tools` are Baton's; `own_tools` are those that its file adds, and `tool_servers` and `own_agent` have
    more. `targets`: the spoken names of the roles it may hand over to, by role, in order.
    """

    introduction: Introducing
    tools: tuple[Tool, ...]
    keys: tuple[KeysEntry, ...]  # type: ignore[assignment]  # as its file has them, checked
    own_tools: tuple[SkipValidation[OwnTool], ...] = Field(exclude=True)
    tool_servers: tuple[SkipValidation[ToolServer], ...] = Field(exclude=True)
    own_agent: SkipValidation[OwnAgent] | None = Field(exclude=True)
    targets: Mapping[str, str]
    documents: Path | None  # the folder that `knowledge` names
    desk: SkipValidation[Desk] | None = Field(exclude=True)  # where people take its calls; None: a model does
    phones: SkipValidation[CallPlan] | None = Field(exclude=True)  # whom it calls; None: it rings at desks
    instructions: str
    spoken_lines: HouseLines  # the house's, some replaced by the role's own

    @property
    def own_names(self) -> frozenset[str]:
        """The names of all of its own tools."""
        allowed = (name for server in self.tool_servers for name in server.allow)
        return frozenset((*(tool.name for tool in self.known_tools), *allowed))

    @property
    def known_tools(self) -> tuple[OwnTool, ...]:
        """Its own tools that are known without asking a server."""
        return (*self.own_tools, *(self.own_agent.tools if self.own_agent else ()))

    @property
    def id(self) -> RoleName:
        return RoleName(self.role)

    def opening_line(self, matter: str, *, again: bool = False) -> str:
        """Return the first words after a handoff; `matter` completes "I understand that …".

        `again`: the caller has spoken with this role before.
        """
        matter = " ".join(matter.split()).rstrip(".!;, ")
        if not matter:
            return fill(self.spoken_lines.opening_without_matter, name=self.name)
        return fill((again and self.opening_again) or self.opening, matter=matter)


def whole(
    fields: RoleFields,
    house: House,
    body: str,
    names: Mapping[str, str],
    documents: Path | None = None,
    *,
    keys: tuple[KeysEntry, ...] = (),
    own_tools: tuple[OwnTool, ...] = (),
    tool_servers: tuple[ToolServer, ...] = (),
    own_agent: OwnAgent | None = None,
    desk: Desk | None = None,
    phones: CallPlan | None = None,
) -> Role:
    """Join a role's fields and body with the house's rules. Without named tools it gets all that fit.

    `names`: the spoken names of all roles. `documents`: the folder that it may look things up in. The
    instructions of an agent class come last: it may change them while it has the call.
    """
    told = (body, house.notes.knowledge if documents else "", own_agent.instructions if own_agent else "")
    body = "\n\n".join(filter(None, told))
    fitting: tuple[Tool, ...] = ("transfer_call", "end_call") if fields.transfers_to else ("end_call",)
    named = [entry for entry in fields.tools or () if not isinstance(entry, dict)]
    all_fit = fields.tools is None or ((own_tools or tool_servers or own_agent) and not named)
    return Role.model_validate(
        {
            **vars(fields),
            "greeting": with_notice(fields.greeting, house.notice),
            "introduction": fields.introduction or house.introduction,
            "documents": documents,
            "desk": desk,
            "phones": phones,
            "tools": fitting if all_fit else named,
            "keys": keys,
            "own_tools": own_tools,
            "tool_servers": tool_servers,
            "own_agent": own_agent,
            "targets": {target: names[target] for target in fields.transfers_to},
            "instructions": f"{house.rules}\n\nYour role: {fields.role}\nYour name: {fields.name}\n\n{body}",
            "spoken_lines": house.lines.with_own(fields.lines),
        }
    )
