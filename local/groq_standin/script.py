"""The script file: what callers say, what each role answers, and what a summary of the call would be."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from errors import BadInput
from local.groq_standin.validation_errors import first_wrong

Words = Annotated[str, Field(min_length=1)]
_WORD = re.compile(r"[a-z']+")


def words_of(text: str) -> list[str]:
    """Lower-case words without punctuation, as the recognizer writes them."""
    return [word for word in (w.strip("'") for w in _WORD.findall(text.lower().replace("’", "'"))) if word]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Call(_Part):
    """A tool call. Its name and arguments must fit a tool of the request, as with a real model."""

    name: Words
    arguments: dict[str, object] = {}


class Reply(_Part):
    """Words, tool calls, or both; the words come first."""

    say: str = ""
    call: Call | tuple[Call, ...] = ()

    @property
    def calls(self) -> tuple[Call, ...]:
        return (self.call,) if isinstance(self.call, Call) else self.call

    @model_validator(mode="after")
    def _is_something(self) -> Self:
        if not self.say and not self.calls:
            raise ValueError("write `say`, `call`, or both")
        return self


class Exchange(Reply):
    """What a role answers to words like these."""

    heard: Words | tuple[Words, ...]
    after_tool: Reply | None = None  # when the tool's result comes back

    @property
    def patterns(self) -> tuple[str, ...]:
        return (self.heard,) if isinstance(self.heard, str) else self.heard


class About(_Part):
    """Chosen when a request's text holds the most of these words; without any it serves for all others."""

    about: tuple[Words, ...] = ()


class Screening(About):
    """Whether a role takes a call that is offered to it."""

    accept: bool
    reason: str = ""


class Fact(_Part):
    name: Words
    value: Words


class Summary(About):
    """A call in five fields, as the schema `summary` asks for them."""

    matter: Words
    done: str
    wanted: str
    mood: str
    facts: tuple[Fact, ...] = ()


class RoleScript(_Part):
    """One role's part. `opening` answers a request in which nobody has said anything new."""

    exchanges: tuple[Exchange, ...]
    otherwise: Words
    opening: str = ""
    after_tool: str = "All right."
    screening: tuple[Screening, ...] = (Screening(accept=True),)


class CallerLine(_Part):
    """A line of the scripted caller to the role `to`, in parts with `pause_s` seconds of silence between."""

    say: Words | tuple[Words, ...]
    pause_s: Annotated[float, Field(ge=0, le=10)] = 0.4
    to: str | None = None

    @property
    def parts(self) -> tuple[str, ...]:
        return (self.say,) if isinstance(self.say, str) else self.say

    @property
    def text(self) -> str:
        return " ".join(self.parts)


class Script(_Part):
    """A whole file."""

    roles: dict[str, RoleScript]
    caller: tuple[CallerLine, ...] = ()
    callers: dict[str, tuple[CallerLine, ...]] = {}  # further scripted calls, by name
    summary: tuple[Summary, ...] = ()
    otherwise: Words = "I am here. How can I help you?"  # where no role of the script is asked
    pronounce: dict[str, str] = {}  # word → ARPAbet sounds, for words that the dictionary lacks

    @model_validator(mode="after")
    def _names_known_roles(self) -> Self:
        for line in (*self.caller, *(line for lines in self.callers.values() for line in lines)):
            if line.to is not None and line.to not in self.roles:
                raise ValueError(f"caller line to `{line.to}`, which is no role of this script")
        return self

    def heard_lines(self) -> dict[str, str]:
        """Every line a caller may say, by the field it stands in."""
        lines = {f"caller[{i}].say": line.text for i, line in enumerate(self.caller)}
        for name, called in self.callers.items():
            lines |= {f"callers.{name}[{i}].say": line.text for i, line in enumerate(called)}
        for name, role in self.roles.items():
            for i, exchange in enumerate(role.exchanges):
                for pattern in exchange.patterns:
                    lines[f"roles.{name}.exchanges[{i}].heard ({pattern})"] = pattern
        return lines


def load_script(path: Path) -> Script:
    """Read a script. Raises: BadInput, naming the file, the line or field, and what would be right."""
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise BadInput(str(path), error.strerror or "cannot be read", "name a readable script") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        mark = getattr(error, "problem_mark", None)
        where = f"{path}:{mark.line + 1}" if mark else str(path)
        raise BadInput(where, getattr(error, "problem", None) or "is no YAML", "write YAML") from error
    if not isinstance(content, dict):
        raise BadInput(str(path), "holds no fields", "write at least `roles:`")
    return parse_script(content, where=str(path))


def parse_script(content: dict[str, object], *, where: str = "script") -> Script:
    """Check a script that is already read. Raises: BadInput, naming the field."""
    try:
        return Script.model_validate(content)
    except ValidationError as error:
        field, wrong = first_wrong(error)
        at = f"{where}: {field}" if field else where
        raise BadInput(at, wrong, "see the fields of local/groq_standin/script.py") from error
