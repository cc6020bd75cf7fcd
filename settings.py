"""Every setting, with its unit, default and bounds. The only file that reads the environment (and `.env`).

Read by pydantic-settings: it is pydantic's own reader of environments, and of `.env`. `python -m settings`
writes .env.example.
"""

from __future__ import annotations

import ipaddress
import os
import sys
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, TypeVar
from urllib.parse import urlparse

from dotenv import dotenv_values
from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, ValidationError
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, SettingsConfigDict

from errors import BadInput


def _names_a_host(url: str, schemes: set[str]) -> bool:
    try:
        parts = urlparse(url)
        return parts.scheme in schemes and bool(parts.hostname) and parts.port != 0
    except ValueError:  # brackets without an address, a port out of range
        return False


def _is_websocket_address(url: str) -> str:
    if not _names_a_host(url, {"ws", "wss", "http", "https"}):
        raise ValueError("should be ws://HOST:PORT or wss://HOST")
    return url


def _is_web_address(url: str) -> str:
    url = url.rstrip("/")
    if not _names_a_host(url, {"http", "https"}):
        raise ValueError("should be https://HOST")
    if url.endswith("/v1"):
        raise ValueError("should not contain /openai/v1: the client adds it")
    return url


def _names_something(words: str) -> str:
    if not words.split():
        raise ValueError("should name at least one")
    return words


def _is_loopback(host: str) -> bool:
    return host == "localhost" or ipaddress.ip_address(host).is_loopback


def _is_own_address(host: str) -> str:
    try:
        _is_loopback(host)
    except ValueError:
        raise ValueError("should be an IP address of this machine, such as 127.0.0.1") from None
    return host


def _stripped(value: object) -> object:
    """A secret pasted with its line's end would otherwise be refused by the server, and nobody sees why."""
    return value.strip() if isinstance(value, str) else value


def _not_blank(secret: SecretStr) -> SecretStr:
    if not secret.get_secret_value():
        raise ValueError("should not be blank")
    return secret


Text = Annotated[str, Field(min_length=1)]
Secret = Annotated[SecretStr, BeforeValidator(_stripped), AfterValidator(_not_blank)]
Seconds = Annotated[float, Field(gt=0, le=86_400, allow_inf_nan=False)]
Count = Annotated[int, Field(ge=1, le=10_000)]
Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
G = TypeVar("G", bound="_Group")

ENV_FILE = "BATON_ENV_FILE"
"""Names another file than `.env`, or none where it is empty: tests must not read a developer's."""


def _env_file() -> str | None:
    return os.environ.get(ENV_FILE, ".env") or None


class _Group(BaseSettings):
    model_config = SettingsConfigDict(
        env_prefix="BATON_",
        extra="ignore",
        frozen=True,
        env_ignore_empty=True,
        str_strip_whitespace=True,
    )


class LiveKitSettings(_Group):
    """Where the LiveKit server is, and what proves that we may use it."""

    model_config = SettingsConfigDict(env_prefix="LIVEKIT_")

    url: Annotated[str, AfterValidator(_is_websocket_address)] = Field(
        description="address of livekit-server, such as ws://127.0.0.1:7880"
    )
    api_key: Text = Field(description="key that the server knows")
    api_secret: Secret = Field(description="secret that belongs to the key")


class GroqSettings(_Group):
    """Groq's models, voices and limits."""

    # A prefix of its own: answer_limit_s is a handoff's setting, too.
    model_config = SettingsConfigDict(env_prefix="BATON_GROQ_")

    chat_model: Text = Field("openai/gpt-oss-120b", description="model that answers callers")
    second_chat_model: Text = Field(
        "openai/gpt-oss-20b", description="model that answers when the first cannot"
    )
    summary_model: Text = Field("openai/gpt-oss-20b", description="model that sums a call up")
    hearing_model: Text = Field("whisper-large-v3-turbo", description="model that turns speech to text")
    speaking_model: Text = Field(
        "canopylabs/orpheus-v1-english", description="model that turns text to speech"
    )
    voices: Annotated[str, AfterValidator(_names_something)] = Field(
        "autumn diana hannah austin daniel troy",
        description="voices the speaking model offers, with a space between",
    )
    chat_temperature: Annotated[float, Field(ge=0, le=2, allow_inf_nan=False)] = Field(
        0.4, description="temperature of the chat model, 0 to 2: how freely it words its replies"
    )
    first_token_limit_s: Seconds = Field(
        0.9, description="seconds until a reply's first word; then the second model is asked"
    )
    words_limit_s: Seconds = Field(
        1.9, description="seconds until a reply's first word, all its tries together"
    )
    chunk_limit_s: Seconds = Field(1.0, description="seconds between two chunks of a reply")
    answer_limit_s: Seconds = Field(20.0, description="seconds for a whole reply")
    hearing_limit_s: Seconds = Field(2.5, description="seconds for one transcription")
    speaking_limit_s: Seconds = Field(2.5, description="seconds for one spoken sentence")
    retry_wait_limit_s: Seconds = Field(
        1.5, description="longest retry-after, in seconds, that is waited for"
    )
    failures_until_rest: Count = Field(
        2, description="number of failures in a row after which a model is asked last for a while"
    )
    rest_s: Seconds = Field(
        15.0, description="seconds for which a model that failed is asked last; doubled if it fails again"
    )
    longest_rest_s: Seconds = Field(120.0, description="seconds for which a model is asked last, at most")
    doubted_limit_s: Seconds = Field(
        1.2, description="seconds that a hearing or speaking model which keeps failing is waited for"
    )
    no_speech_limit: Share = Field(
        0.6, description="share of no-speech, 0 to 1, above which a transcription is dropped"
    )


class GroqAccess(_Group):
    """Groq's own names, so that one .env serves Groq's tools as well."""

    model_config = SettingsConfigDict(env_prefix="GROQ_")

    api_key: Secret | None = Field(None, description="key for Groq; the local stack needs none")
    base_url: Annotated[str, AfterValidator(_is_web_address)] = Field(
        "https://api.groq.com", description="address of Groq, without /openai/v1"
    )


class CallSettings(_Group):
    """A call's ordinary life."""

    first_role: Text = Field("front-desk", description="role that answers a call")
    caller_wait_s: Seconds = Field(30.0, description="seconds an agent waits in a room for its caller")
    silence_ask_s: Seconds = Field(
        12.0, description="seconds of silence after which the caller is asked whether they are there"
    )
    silence_end_s: Seconds = Field(
        8.0, description="further seconds of silence after which the call is ended"
    )
    longest_call_s: Seconds = Field(3600.0, description="seconds a call may last")
    departure_s: Seconds = Field(
        18.0, description="seconds a caller may be away and still come back to the same call"
    )
    end_of_turn_s: Seconds = Field(0.6, description="seconds of silence that end a caller's turn")
    patience_s: Seconds = Field(
        1.5, description="seconds that a caller waits for a late reply until something is said to them"
    )
    trouble_hold_s: Seconds = Field(
        180.0, description="seconds a caller is held while Groq fails; then a call back is promised"
    )
    transcribe_after_s: Seconds = Field(
        0.1,
        description="seconds of silence after which a reply is prepared, to be dropped if the caller goes on",
    )


class HandoffSettings(_Group):
    """How long each step of a handoff may take, and how often."""

    ready_limit_s: Seconds = Field(5.0, description="seconds until the target asks for the brief")
    answer_limit_s: Seconds = Field(5.0, description="seconds until the target says yes or no")
    introduction_limit_s: Seconds = Field(10.0, description="seconds for the introduction")
    take_over_limit_s: Seconds = Field(3.0, description="seconds until the target has taken over")
    handoff_limit_s: Seconds = Field(30.0, description="seconds for a whole handoff")
    approval_limit_s: Seconds = Field(
        120.0, description="seconds an operator has to approve a handoff; they do not count in the whole"
    )
    summary_limit_s: Seconds = Field(2.0, description="seconds for the model's summary; then a digest serves")
    handoffs_per_call: Count = Field(5, description="number of handoffs a call may have")
    attempts_per_handoff: Count = Field(2, description="number of targets tried before the caller goes back")


class RecoverySettings(_Group):
    """What is done when a process dies in the middle of a call."""

    hung_after_s: Annotated[float, Field(ge=1, le=60)] = Field(
        2.0, description="seconds, from 1 to 60, after which a process that does not stir is ended"
    )
    lease_s: Annotated[float, Field(ge=2, le=60)] = Field(
        2.5, description="seconds, from 2 to 60, after which a worker that gives no sign is taken for dead"
    )
    recover_limit_s: Seconds = Field(
        1.5, description="seconds until somebody goes on with a lost call; then the role is called again"
    )
    recovery_limit_s: Seconds = Field(
        30.0, description="seconds after which a lost call that nobody goes on with is ended"
    )
    recoveries_per_minute: Count = Field(
        3, description="number of times within a minute that a call is gone on with; then it is ended"
    )
    fallback_role: Text | None = Field(
        None, description="role that goes on with a call that is lost again and again, instead of its end"
    )


class WorkerSettings(_Group):
    """The process that takes calls."""

    agent_name: Text = Field("baton", description="name under which calls are dispatched to Baton")
    store: Text = Field(
        "sqlite:///baton.db",
        description="address of the store, such as sqlite:////var/lib/baton.db for an absolute path",
    )
    roster_folder: Path = Field(Path("roster"), description="folder with one Markdown file a role")
    calls_at_once: Count = Field(20, description="number of calls one worker takes at the same time")
    idle_processes: Count = Field(2, description="number of processes kept warm for the next call")
    health_port: int = Field(8081, ge=0, le=65_535, description="port of the worker's health page")
    drain_limit_s: Seconds = Field(3600.0, description="seconds running calls may go on after SIGTERM")
    store_patience_s: Seconds = Field(
        120.0, description="seconds for which the process of a call that is over waits for a store in trouble"
    )
    hand_over_after_s: Seconds = Field(
        60.0, description="seconds after SIGTERM after which calls are handed to another worker, if one runs"
    )
    lines_folder: Path = Field(Path("lines"), description="folder for lines made ready as audio")


class ConsoleSettings(_Group):
    """The operators' service: where it listens, and under which names it is reached."""

    model_config = SettingsConfigDict(env_prefix="BATON_CONSOLE_")

    host: Annotated[str, AfterValidator(_is_own_address)] = Field(
        "127.0.0.1", description="IP address to listen on"
    )
    port: int = Field(8090, ge=0, le=65_535, description="port to listen on")
    names: str = Field(
        "", description="names under which browsers reach it besides the address, with a space between"
    )
    certificate: Path | None = Field(None, description="path of a TLS certificate in PEM, with its chain")
    certificate_key: Path | None = Field(None, description="path of the certificate's key in PEM")
    allow_plain: bool = Field(
        False, description="true lets it listen on other than loopback addresses without TLS"
    )
    livekit_url: Annotated[str, AfterValidator(_is_websocket_address)] | None = Field(
        None, description="address of livekit-server as browsers reach it, where LIVEKIT_URL is another"
    )

    @property
    def on_loopback(self) -> bool:
        return _is_loopback(self.host)


GROUPS: tuple[type[_Group], ...] = (
    LiveKitSettings,
    GroqAccess,
    GroqSettings,
    CallSettings,
    HandoffSettings,
    RecoverySettings,
    WorkerSettings,
    ConsoleSettings,
)


def env_name(group: type[_Group], field: str) -> str:
    """The environment variable of a field: `env_name(CallSettings, "departure_s") == "BATON_DEPARTURE_S"`."""
    return f"{group.model_config.get('env_prefix', '')}{field}".upper()


RENAMED: dict[str, tuple[str, str]] = {"BATON_STORE_PATH": ("BATON_STORE", "sqlite:///{}")}
"""Settings of earlier versions: the new name, and the new value made of the old one."""


def _refuse_renamed(group: type[_Group]) -> None:
    """Raises: BadInput, where a setting of this group has been given its earlier name."""
    ours = {env_name(group, field) for field in group.model_fields}
    given = _given()
    for old, (new, value) in RENAMED.items():
        if new in ours and given.get(old):
            raise BadInput(old, f"is called {new} now", f"write {new}={value.format(given[old])}")


def _given() -> dict[str, str | None]:
    """What the environment and .env hold; the environment comes first."""
    file = _env_file()
    both = {**(dotenv_values(file) if file else {}), **os.environ}
    return {name.upper(): value for name, value in both.items()}


def read(group: type[G]) -> G:
    """Read one group. Raises: BadInput, naming the setting and what would be right."""
    try:
        _refuse_renamed(group)
        return group(_env_file=_env_file())
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False)[0]
        field = str(first["loc"][0])
        raise _bad(group, field, first["type"], first["msg"], first["input"]) from error
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(".env", "cannot be read", "make it a readable text file, or remove it") from error


def _bad(group: type[_Group], field: str, kind: str, message: str, value: Any) -> BadInput:
    """The value is told, unless it is, or may hold, a secret."""
    info = group.model_fields[field]
    right = f"set it to the {info.description}"
    if kind == "missing":
        return BadInput(env_name(group, field), "is not set", right)
    wrong = message.removeprefix("Value error, ").partition(", unable")[0]
    wrong = wrong.removeprefix("Input ").removeprefix("String ")
    if not _is_secret(info) and "@" not in str(value):  # an address may hold a password
        wrong = f"{str(value)[:80]!r} {wrong}"
    if not info.is_required() and info.default is not None:
        right = f"{right}, or leave it out for {info.default}"
    return BadInput(env_name(group, field), wrong, right)


def _is_secret(info: FieldInfo) -> bool:
    return "SecretStr" in str(info.annotation)


def unknown_names() -> list[str]:
    """Names in the environment or .env that look like ours and are none: most likely misspelt."""
    ours = {env_name(group, field) for group in GROUPS for field in group.model_fields}
    return sorted(name for name in set(_given()) - ours - {ENV_FILE} if name.startswith("BATON_"))


def describe() -> str:
    """Every setting with its unit and default, in groups: the text of .env.example."""
    parts = [
        "# Every setting of Baton. Copy this file to .env; the environment comes before it.\n"
        "# A setting that is commented out shows its default. Written by `python -m settings`.\n"
        "# BATON_ENV_FILE, in the environment, names another file than .env.\n"
    ]
    for group in GROUPS:
        lines = [f"# ---- {(group.__doc__ or '').strip()}"]
        for field, info in group.model_fields.items():
            comment = "" if info.is_required() or _is_secret(info) else "# "
            lines += [f"# {info.description}", f"{comment}{env_name(group, field)}={_shown_default(info)}"]
        parts.append("\n".join(lines) + "\n")
    return "\n".join(parts)


def _shown_default(info: FieldInfo) -> str:
    return "" if info.is_required() or info.default is None else str(info.default)


class Settings:
    """All groups, each read once at its first use, so that a command needs only what it uses."""

    @cached_property
    def livekit(self) -> LiveKitSettings:
        return read(LiveKitSettings)

    @cached_property
    def groq_access(self) -> GroqAccess:
        return read(GroqAccess)

    @cached_property
    def groq(self) -> GroqSettings:
        return read(GroqSettings)

    @cached_property
    def call(self) -> CallSettings:
        return read(CallSettings)

    @cached_property
    def handoff(self) -> HandoffSettings:
        return read(HandoffSettings)

    @cached_property
    def recovery(self) -> RecoverySettings:
        return read(RecoverySettings)

    @cached_property
    def worker(self) -> WorkerSettings:
        return read(WorkerSettings)

    @cached_property
    def console(self) -> ConsoleSettings:
        return read(ConsoleSettings)


if __name__ == "__main__":
    sys.stdout.write(describe())
