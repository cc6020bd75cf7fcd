"""Every setting, with its unit, default and bounds. The only file that reads the environment (and `.env`).

Read by pydantic-settings: it is pydantic's own reader of environments, and reads `.env` through python-dotenv.
"""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import Annotated, Literal, TypeVar
from urllib.parse import urlparse

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from errors import BadInput

Seconds = Annotated[float, Field(gt=0, le=86_400)]
Count = Annotated[int, Field(ge=1, le=10_000)]
Share = Annotated[float, Field(ge=0, le=1)]
G = TypeVar("G", bound="_Group")


class _Group(BaseSettings):
    model_config = SettingsConfigDict(
        env_prefix="BATON_", env_file=".env", extra="ignore", frozen=True, env_ignore_empty=True
    )


class LiveKitSettings(_Group):
    """Where the LiveKit server is, and what proves that we may use it."""

    model_config = SettingsConfigDict(env_prefix="LIVEKIT_")

    url: str = Field(description="address of livekit-server, such as ws://127.0.0.1:7880")
    api_key: str = Field(description="a key from the server's configuration")
    api_secret: SecretStr = Field(description="the secret that belongs to the key")

    @field_validator("url")
    @classmethod
    def _is_websocket_address(cls, url: str) -> str:
        parts = urlparse(url)
        if parts.scheme not in {"ws", "wss", "http", "https"} or not parts.hostname:
            raise ValueError("write ws://HOST:PORT or wss://HOST")
        return url


class GroqSettings(_Group):
    """Groq's models, voices and limits. Defaults: groq-facts (gpt-oss, whisper, orpheus)."""

    chat_model: str = Field("openai/gpt-oss-120b", description="model that answers callers")
    second_chat_model: str = Field(
        "openai/gpt-oss-20b", description="model that answers when the first cannot"
    )
    summary_model: str = Field("openai/gpt-oss-20b", description="model that sums a call up")
    hearing_model: str = Field("whisper-large-v3-turbo", description="model that turns speech to text")
    speaking_model: str = Field(
        "canopylabs/orpheus-v1-english", description="model that turns text to speech"
    )
    voices: str = Field(
        "autumn diana hannah austin daniel troy", description="voices the speaking model offers"
    )
    chat_temperature: Annotated[float, Field(ge=0, le=2)] = Field(
        0.4, description="how freely the chat model words its replies, 0 to 2"
    )
    first_token_limit_s: Seconds = Field(2.0, description="seconds until a reply's first token")
    chunk_limit_s: Seconds = Field(2.0, description="seconds between two chunks of a reply")
    answer_limit_s: Seconds = Field(20.0, description="seconds for a whole reply")
    hearing_limit_s: Seconds = Field(5.0, description="seconds for one transcription")
    speaking_limit_s: Seconds = Field(5.0, description="seconds for one spoken sentence")
    retry_wait_limit_s: Seconds = Field(
        1.5, description="longest retry-after, in seconds, that is waited for"
    )
    no_speech_limit: Share = Field(
        0.6, description="share of no-speech, 0 to 1, above which a transcription is dropped"
    )


class GroqAccess(_Group):
    """Groq's own names, so that one .env serves Groq's tools as well."""

    model_config = SettingsConfigDict(env_prefix="GROQ_")

    api_key: SecretStr | None = Field(None, description="key for Groq; the local stack needs none")
    base_url: str = Field(
        "https://api.groq.com", description="address of Groq, without /openai/v1"
    )


class CallSettings(_Group):
    """A call's ordinary life."""

    first_role: str = Field("front-desk", description="role that answers a call")
    caller_wait_s: Seconds = Field(
        30.0, description="seconds an agent waits in a room for its caller"
    )
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
    end_of_turn_s: Seconds = Field(
        0.5, description="seconds of silence that end a caller's turn"
    )
    transcribe_after_s: Seconds = Field(
        0.1, description="seconds of silence after which a reply is prepared, to be dropped if the caller goes on"
    )


class HandoffSettings(_Group):
    """How long each step of a handoff may take, and how often."""

    ready_limit_s: Seconds = Field(5.0, description="seconds until the target asks for the brief")
    answer_limit_s: Seconds = Field(5.0, description="seconds until the target says yes or no")
    introduction_limit_s: Seconds = Field(10.0, description="seconds for the introduction")
    take_over_limit_s: Seconds = Field(3.0, description="seconds until the target has taken over")
    handoff_limit_s: Seconds = Field(30.0, description="seconds for a whole handoff")
    summary_limit_s: Seconds = Field(
        2.0, description="seconds for the model's summary; then a digest serves"
    )
    handoffs_per_call: Count = Field(5, description="handoffs a call may have")
    attempts_per_handoff: Count = Field(2, description="targets tried before the caller goes back")


class WorkerSettings(_Group):
    """The process that takes calls."""

    agent_name: str = Field("baton", description="name under which calls are dispatched to Baton")
    store_path: Path = Field(Path("baton.db"), description="the SQLite file")
    roster_folder: Path = Field(Path("roster"), description="folder with one Markdown file a role")
    calls_at_once: Count = Field(20, description="jobs one worker takes at the same time")
    idle_processes: Count = Field(2, description="processes kept warm for the next job")
    health_port: int = Field(8081, ge=0, le=65_535, description="port of the worker's health page")
    drain_limit_s: Seconds = Field(
        3600.0, description="seconds running calls may go on after SIGTERM"
    )
    log_format: Literal["json", "readable"] = Field(
        "json", description="json for machines, readable for people"
    )


GROUPS: tuple[type[_Group], ...] = (
    LiveKitSettings,
    GroqAccess,
    GroqSettings,
    CallSettings,
    HandoffSettings,
    WorkerSettings,
)


def env_name(group: type[_Group], field: str) -> str:
    """The environment variable of a field: `env_name(CallSettings, "departure_s") == "BATON_DEPARTURE_S"`."""
    return f"{group.model_config.get('env_prefix', '')}{field}".upper()


def read(group: type[G]) -> G:
    """Read one group. Raises: BadInput, naming the setting and what would be right."""
    try:
        return group()
    except ValidationError as error:
        first = error.errors()[0]
        field = str(first["loc"][0])
        name = env_name(group, field)
        meaning = group.model_fields[field].description or field
        if first["type"] == "missing":
            raise BadInput(name, "is not set", f"set it to the {meaning}") from error
        raise BadInput(name, f"{first['msg']}", f"set it to the {meaning}") from error


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
    def worker(self) -> WorkerSettings:
        return read(WorkerSettings)
