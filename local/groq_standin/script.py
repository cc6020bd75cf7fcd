"""The script file: what callers say, what each role answers, and the summary of the call."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Literal, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from agents.audio.espeak import SpokenVoice
from errors import BadInput
from local.groq_standin.validation_errors import first_wrong

Words = Annotated[str, Field(min_length=1)]
_WORD = re.compile(r"(?:[^\W_]|')+")


def words_of(text: str) -> list[str]:
    """Return a text's lower-case words, in any language, without punctuation, as the recognizer does."""
    return [word for word in (w.strip("'") for w in _WORD.findall(text.lower().replace("’", "'"))) if word]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Call(_Part):
    """A tool call. Its name and arguments must match a tool of the request, as with a real model."""

    name: Words
    arguments: dict[str, object] = {}


class Reply(_Part):
    """Words, tool calls or both; words come first."""

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
    """A role's answer to words like these."""

    heard: Words | tuple[Words, ...]
    after_tool: Reply | None = None  # the reply to the tool's result

    @property
    def patterns(self) -> tuple[str, ...]:
        return (self.heard,) if isinstance(self.heard, str) else self.heard


class About(_Part):
    """Chosen if the request's text contains the most of its phrases; one without phrases is the default."""

    about: tuple[Words, ...] = ()


class Screening(About):
    """Whether a role accepts an offered call."""

    accept: bool
    reason: str = ""


class Fact(_Part):
    name: Words
    value: Words


class Summary(About):
    """A call's summary in the five fields of the schema `summary`."""

    matter: Words
    done: str
    wanted: str
    mood: str
    facts: tuple[Fact, ...] = ()


class RoleScript(_Part):
    """One role's part. `opening` answers a request without new words from the caller.

    `otherwise` answers if no exchange fits. Without it, the stand-in makes the answer up.
    """

    exchanges: tuple[Exchange, ...] = ()
    otherwise: str = ""
    opening: str = ""
    after_tool: str = "All right."
    screening: tuple[Screening, ...] = (Screening(accept=True),)


class Voice(_Part):
    """A voice of espeak-ng, with the fields of `agents.audio.espeak.SpokenVoice`."""

    name: Words
    words_per_minute: Annotated[int, Field(ge=80, le=450)] = 160
    pitch: Annotated[int, Field(ge=0, le=99)] = 50
    pitch_range: Annotated[int, Field(ge=0, le=99)] = 50

    @property
    def spoken(self) -> SpokenVoice:
        return SpokenVoice(self.name, self.words_per_minute, self.pitch, self.pitch_range)


class CallerLine(_Part):
    """A caller's line to the role `to`, in parts with `pause_s` seconds of silence between them."""

    say: Words | tuple[Words, ...]
    pause_s: Annotated[float, Field(ge=0, le=10)] = 0.4
    to: str | None = None
    voice: str | None = None  # one of the script's voices; without it, the local caller's usual voice

    @property
    def parts(self) -> tuple[str, ...]:
        return (self.say,) if isinstance(self.say, str) else self.say

    @property
    def text(self) -> str:
        return " ".join(self.parts)


class Script(_Part):
    """A whole script file. The stand-in makes up what it leaves out: everything, if it is empty."""

    roles: dict[str, RoleScript] = {}
    caller: tuple[CallerLine, ...] = ()
    callers: dict[str, tuple[CallerLine, ...]] = {}  # further scripted calls, by name
    tones: dict[
        str, Annotated[int, Field(ge=100, le=10_000)]
    ] = {}  # Hz of a tone under a voice, to find it again
    summary: tuple[Summary, ...] = ()
    otherwise: str = ""  # the answer of roles that the script lacks; if empty, their answers are made up
    pronounce: dict[str, str] = {}  # word → ARPAbet sounds, for words missing from the dictionary
    voices: dict[str, Voice] = {}  # callers' voices, by name
    hears: Literal["words", "lines"] = "words"
    """`words`: any words of the script, by pocketsphinx. `lines`: the callers' lines and parts of them, by
    their sound in the callers' voices, which needs little of the processor and recognizes nothing else."""
    pace: Annotated[float, Field(ge=0.5, le=2)] = 1.0
    """Pace of the roles' voices: 1.25 is a quarter faster. Callers may speak at this pace, or as usual."""
    breath_s: Annotated[float, Field(ge=0, le=2)] = 0.0  # of breath noise before speech, as Orpheus has it

    @model_validator(mode="after")
    def _names_known_roles_and_voices(self) -> Self:
        for line in self.caller_lines():
            if line.to is not None and line.to not in self.roles:
                raise ValueError(f"caller line to `{line.to}`, which is no role of this script")
            if line.voice is not None and line.voice not in self.voices:
                raise ValueError(f"caller line by `{line.voice}`, which is no voice of this script")
        return self

    @model_validator(mode="after")
    def _knows_its_lines(self) -> Self:
        digits = (text for text in self.heard_lines() if any(map(str.isdigit, text)))
        if self.hears == "lines" and (text := next(digits, None)):
            raise ValueError(f"“{text}” has digits: with `hears: lines`, write numbers in words")
        return self

    def caller_lines(self) -> list[CallerLine]:
        """Return the lines of all scripted calls."""
        return [*self.caller, *(line for lines in self.callers.values() for line in lines)]

    @property
    def makes_up(self) -> bool:
        """Whether any role's answers are made up: then the recognizer must know more than the script."""
        return not self.roles or not all(role.otherwise for role in self.roles.values())

    def heard_lines(self) -> list[str]:
        """Return every line that a caller may say."""
        called = [line.text for line in self.caller_lines()]
        exchanges = [exchange for role in self.roles.values() for exchange in role.exchanges]
        return [*called, *(pattern for exchange in exchanges for pattern in exchange.patterns)]


def load_script(path: Path) -> Script:
    """Read a script. Raises: BadInput, with the file, the line or field, and what would be right."""
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
    """Validate a parsed script. Raises: BadInput, with the field."""
    try:
        return Script.model_validate(content)
    except ValidationError as error:
        field, wrong = first_wrong(error)
        at = f"{where}: {field}" if field else where
        raise BadInput(at, wrong, "see the fields of local/groq_standin/script.py") from error
