"""Every setting, with its unit, default and bounds. The only module that reads the environment and `.env`.

`python -m settings` writes .env.example.
"""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, TypeVar
from urllib.parse import urlparse

from dotenv import dotenv_values
from dotenv.parser import parse_stream
from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, ValidationError
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, SettingsConfigDict

from errors import BadInput, Mistakes
from origins import foreign_origins, is_loopback, is_network_list, is_origin_list


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


def _is_here(url: str) -> bool:
    """Whether the URL's host is this machine's loopback address."""
    try:
        return is_loopback(urlparse(url).hostname or "")
    except ValueError:  # the name of another machine
        return False


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


def _is_own_address(host: str) -> str:
    try:
        is_loopback(host)
    except ValueError:
        raise ValueError("should be an IP address of this machine, such as 127.0.0.1") from None
    return host


def _stripped(value: object) -> object:
    """Strip blanks: the server would refuse a secret pasted with its newline, for no visible reason."""
    return value.strip() if isinstance(value, str) else value


def _not_blank(secret: SecretStr) -> SecretStr:
    if not secret.get_secret_value():
        raise ValueError("should not be blank")
    return secret


SHORTEST_SECRET = 32
"""Characters. A shorter secret can be guessed from what it has signed."""


def _long_enough(secret: SecretStr) -> SecretStr:
    if len(secret.get_secret_value()) < SHORTEST_SECRET:
        raise ValueError(f"should have at least {SHORTEST_SECRET} characters")
    return secret


Text = Annotated[str, Field(min_length=1)]
Secret = Annotated[SecretStr, BeforeValidator(_stripped), AfterValidator(_not_blank)]
KeySecret = Annotated[Secret, AfterValidator(_long_enough)]
Days = Annotated[float, Field(gt=0, le=36_500, allow_inf_nan=False)]
Seconds = Annotated[float, Field(gt=0, le=86_400, allow_inf_nan=False)]
Count = Annotated[int, Field(ge=1, le=10_000)]
Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
TurnTaking = Literal["hasty", "balanced", "patient"]
G = TypeVar("G", bound="_Group")

ENV_FILE = "BATON_ENV_FILE"
"""Names a file to read instead of `.env`; empty: no file. Tests must not read a developer's `.env`."""


_found_env_file: Path | None = None


def env_file() -> Path | None:
    """Return the file that this process read its settings from; None if it read none. Raises: BadInput."""
    load_env_file()
    return _found_env_file


def load_env_file() -> None:
    """Copy `.env` into the environment, once, for this program, its libraries and its child processes.

    A variable that is already set and not empty keeps its value. After that, neither this process nor its
    children read the file, so that all use the same settings even if the file changes.
    Raises: BadInput.
    """
    named = os.environ.get(ENV_FILE)
    path = ".env" if named is None else named
    if not path:
        return
    found = Path(path) if named or os.path.lexists(path) else None  # a link to nothing is a mistake
    try:
        text = "" if found is None else found.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        if named and isinstance(error, FileNotFoundError):
            right = "name a file, or leave it out for .env"
            raise BadInput(ENV_FILE, f"{named} does not exist", right) from error
        raise BadInput(path, "cannot be read", "make it a readable text file, or remove it") from error
    _refuse_bad_lines(path, text)
    written = dotenv_values(stream=io.StringIO(text))
    global _found_env_file  # once a process, like the environment that it changes
    _found_env_file = found
    given = {name.upper() for name, value in os.environ.items() if value}
    os.environ.update({name: value for name, value in written.items() if value and name.upper() not in given})
    os.environ[ENV_FILE] = ""


def _refuse_bad_lines(path: str, text: str) -> None:
    """Refuse lines that python-dotenv only warns about. Raises: BadInput, with all of them.

    If a name has two values, python-dotenv silently takes the last one.
    """
    mistakes = Mistakes()
    first: dict[str, tuple[str, str]] = {}  # where a name has its value, and the value
    for binding in parse_stream(io.StringIO(text)):
        where = f"{path}:{binding.original.line + _blank_lines_before(binding.original.string)}"
        if binding.error or (binding.key and binding.value is None):
            mistakes.add(
                BadInput(where, "is no setting", 'write NAME=VALUE, or NAME="VALUE" with both quotes')
            )
        elif "\0" in (binding.value or ""):
            mistakes.add(BadInput(where, f"{binding.key} has a zero byte in its value", "remove it"))
        elif binding.key and binding.value:
            there, value = first.setdefault(binding.key, (where, binding.value))
            if value != binding.value:
                what = f"{binding.key} has another value than in {there}"
                mistakes.add(BadInput(where, what, "keep one of the two lines"))
    mistakes.tell()


def _blank_lines_before(text: str) -> int:
    return text[: len(text) - len(text.lstrip())].count("\n")


class _Group(BaseSettings):
    model_config = SettingsConfigDict(
        env_prefix="BATON_",
        extra="ignore",
        frozen=True,
        env_ignore_empty=True,
        str_strip_whitespace=True,
    )

    not_over: ClassVar[Sequence[tuple[str, str]]] = ()
    """Pairs of fields: if the first were larger than the second, it would have no effect."""

    def mistakes(self) -> Iterator[BadInput]:
        """Yield what is wrong although each setting by itself is valid."""
        for field, limit in self.not_over:
            value, most = getattr(self, field), getattr(self, limit)
            if value > most:
                name = env_name(type(self), limit)
                wrong = f"{value:g} is more than {name}, which is {most:g}"
                right = f"set it to {most:g} or less, or raise {name}"
                yield BadInput(env_name(type(self), field), wrong, right)


class LiveKitSettings(_Group):
    """The LiveKit server's address, and the key to use it."""

    model_config = SettingsConfigDict(env_prefix="LIVEKIT_")

    url: Annotated[str, AfterValidator(_is_websocket_address)] = Field(
        description="address of livekit-server, such as ws://127.0.0.1:7880"
    )
    api_key: Text = Field(description="API key, from the server's configuration")
    api_secret: Secret = Field(
        description="secret that belongs to the API key, of at least 32 characters unless the server is on "
        "this machine"
    )
    allow_plain: bool = Field(
        False,
        description="true allows ws:// to another machine: in a network where nobody else can listen",
    )

    def mistakes(self) -> Iterator[BadInput]:
        if not self.allow_plain:
            yield from _plain_mistakes(LiveKitSettings, "url", self.url, "wss")
        if len(self.api_secret.get_secret_value()) < SHORTEST_SECRET and not _is_here(self.url):
            right = f"give the server and Baton one of {SHORTEST_SECRET} or more: openssl rand -base64 33"
            wrong = f"has fewer than {SHORTEST_SECRET} characters"
            yield BadInput(env_name(LiveKitSettings, "api_secret"), wrong, right)


class GroqSettings(_Group):
    """Groq's models, voices and limits."""

    # Has its own prefix, because answer_limit_s is also a setting of handoffs.
    model_config = SettingsConfigDict(env_prefix="BATON_GROQ_")
    not_over = (
        ("first_token_limit_s", "words_limit_s"),
        ("words_limit_s", "answer_limit_s"),
        ("rest_s", "longest_rest_s"),
    )

    chat_model: Text = Field("openai/gpt-oss-120b", description="model that answers callers")
    second_chat_model: Text = Field(
        "openai/gpt-oss-20b", description="model that answers if the first one cannot"
    )
    summary_model: Text = Field("openai/gpt-oss-20b", description="model that summarises a call")
    hearing_model: Text = Field("whisper-large-v3-turbo", description="model that turns speech to text")
    second_hearing_model: Text = Field(
        "whisper-large-v3", description="model that turns speech to text if the first one cannot"
    )
    speaking_model: Text = Field(
        "canopylabs/orpheus-v1-english", description="model that turns text to speech"
    )
    voices: Annotated[str, AfterValidator(_names_something)] = Field(
        "autumn diana hannah austin daniel troy",
        description="voices that the speaking model offers, separated by spaces",
    )
    chat_temperature: Annotated[float, Field(ge=0, le=2, allow_inf_nan=False)] = Field(
        0.4, description="temperature of the chat model, from 0 to 2: how freely it words its replies"
    )
    first_token_limit_s: Seconds = Field(
        0.9, description="seconds to wait for a reply's first word before the second model is asked"
    )
    words_limit_s: Seconds = Field(
        1.9, description="seconds to wait for a reply's first word, over all tries"
    )
    chunk_limit_s: Seconds = Field(1.0, description="seconds to wait for the next chunk of a reply")
    answer_limit_s: Seconds = Field(20.0, description="seconds that a whole reply may take")
    hearing_limit_s: Seconds = Field(
        8.0,
        description="seconds that one transcription may take; a second try starts after a fifth",
    )
    speaking_limit_s: Seconds = Field(
        2.5, description="seconds until a piece of speech must begin, over all tries"
    )
    retry_wait_limit_s: Seconds = Field(
        1.5, description="longest retry-after, in seconds, that is worth waiting for"
    )
    failures_until_rest: Count = Field(
        2,
        description="number of failures in a row after which a model is asked last for a while",
    )
    rest_s: Seconds = Field(
        15.0,
        description="seconds for which a model that failed is asked last; doubled if it fails again,"
        " but not for speech: it has a spare",
    )
    longest_rest_s: Seconds = Field(
        120.0, description="longest time, in seconds, for which a model is asked last"
    )
    doubted_limit_s: Seconds = Field(
        1.2, description="seconds to wait for a hearing or speaking model that keeps failing"
    )
    no_speech_limit: Share = Field(
        0.6, description="probability of no speech, from 0 to 1, above which a transcription is dropped"
    )


class GroqAccess(_Group):
    """Access to Groq. The names are Groq's own, so that one .env serves its other tools too."""

    model_config = SettingsConfigDict(env_prefix="GROQ_")

    api_key: Secret | None = Field(None, description="API key for Groq; the local stack needs none")
    base_url: Annotated[str, AfterValidator(_is_web_address)] = Field(
        "https://api.groq.com", description="address of Groq, without /openai/v1"
    )
    allow_plain: bool = Field(
        False, description="true allows http:// to another machine, such as a proxy in your own network"
    )

    def mistakes(self) -> Iterator[BadInput]:
        if not self.allow_plain:
            yield from _plain_mistakes(GroqAccess, "base_url", self.base_url, "https")


class CallSettings(_Group):
    """How a call goes."""

    first_role: Text = Field(
        "front-desk",
        description="role that answers a call; a roster without front-desk: the first by file name",
    )
    caller_wait_s: Seconds = Field(30.0, description="seconds that an agent waits in a room for its caller")
    silence_ask_s: Seconds = Field(
        12.0, description="seconds of silence before the caller is asked: are you still there?"
    )
    silence_end_s: Seconds = Field(
        8.0, description="seconds of silence after that question before the call is ended"
    )
    longest_call_s: Seconds = Field(3600.0, description="seconds that a call may last")
    departure_s: Seconds = Field(
        18.0, description="seconds that a caller may be disconnected and still return to the same call"
    )
    turn_taking: TurnTaking = Field(
        "balanced",
        description="hasty, balanced or patient: how soon a caller who pauses is answered; "
        "unfinished words are waited for up to 1.6, 2.3 or 2.5 seconds",
    )
    patience_s: Seconds = Field(
        1.5, description="seconds that a caller waits for a slow reply before the agent says a filler"
    )
    trouble_hold_s: Seconds = Field(
        180.0, description="seconds that a caller is held while Groq fails, before a call back is promised"
    )
    hold_line_every_s: Seconds = Field(
        30.0,
        description="seconds between two lines to a caller on an operator's hold, in line, or in the queue "
        "for people",
    )
    call_back_within_s: Seconds = Field(
        14_400.0,
        description="seconds for which a promised call back is tried, and for which its link is good",
    )
    transcribe_after_s: Seconds = Field(
        0.1,
        description="seconds of silence before a reply is prepared; it is dropped if the caller goes on",
    )


class HandoffSettings(_Group):
    """How long each step of a handoff may take, and how many there may be."""

    ready_limit_s: Seconds = Field(5.0, description="seconds for the target to ask for the brief")
    answer_limit_s: Seconds = Field(5.0, description="seconds for the target to accept or decline")
    introduction_limit_s: Seconds = Field(10.0, description="seconds for the introduction")
    take_over_limit_s: Seconds = Field(3.0, description="seconds for the target to take over")
    handoff_limit_s: Seconds = Field(30.0, description="seconds for a whole handoff")
    approval_limit_s: Seconds = Field(
        120.0,
        description="seconds for an operator to approve a handoff; not counted in BATON_HANDOFF_LIMIT_S",
    )
    summary_limit_s: Seconds = Field(
        2.0, description="seconds for the model's summary before a digest is used instead"
    )
    person_brief_limit_s: Seconds = Field(
        45.0,
        description="seconds for a person who has accepted a call to have the caller put through",
    )
    handoffs_per_call: Count = Field(5, description="number of handoffs that a call may have")
    attempts_per_handoff: Count = Field(
        2, description="number of targets tried before the caller returns to the holder"
    )

    def with_person(self, waits_s: float) -> HandoffSettings:
        """Return the limits for a person's role: longer by `waits_s` and the time to read the brief."""
        more_s = waits_s + self.person_brief_limit_s
        longer = {
            "answer_limit_s": self.answer_limit_s + more_s,
            "handoff_limit_s": self.handoff_limit_s + more_s,
        }
        return self.model_copy(update=longer)


class RecoverySettings(_Group):
    """What happens when a process dies during a call."""

    not_over = (("recover_limit_s", "recovery_limit_s"),)

    hung_after_s: Annotated[float, Field(ge=1, le=60)] = Field(
        2.0, description="seconds, from 1 to 60, without a heartbeat before a process is killed"
    )
    lease_s: Annotated[float, Field(ge=2, le=60)] = Field(
        2.5,
        description="seconds, from 2 to 60, that a worker's lease lasts; then the worker is presumed dead",
    )
    recover_limit_s: Seconds = Field(
        1.5, description="seconds for an agent to continue a lost call before the role is dispatched again"
    )
    recovery_limit_s: Seconds = Field(
        30.0, description="seconds for an agent to continue a lost call before the call is ended"
    )
    recoveries_per_minute: Count = Field(
        3, description="number of recoveries of one call within a minute before the call is ended"
    )
    fallback_role: Text | None = Field(
        None, description="role that continues a call that keeps being lost, instead of ending the call"
    )


class WorkerSettings(_Group):
    """The process that accepts calls."""

    agent_name: Text = Field("baton", description="agent name under which calls are dispatched to Baton")
    store: Text = Field(
        "sqlite:///baton.db",
        description="address of the store: sqlite:////var/lib/baton.db for an absolute path, or "
        "postgresql://USER:PASSWORD@HOST:5432/DATABASE",
    )
    roster_folder: Path = Field(Path("roster"), description="folder with one Markdown file for each role")
    reload_roster: bool = Field(
        False, description="true: a changed role or tool is taken by the next call, as in make dev"
    )
    calls_at_once: Count = Field(20, description="number of calls that one worker takes at the same time")
    processor_limit: Annotated[float, Field(gt=0, le=1, allow_inf_nan=False)] = Field(
        0.65,
        description="share of the processors in use, up to 1, above which new callers wait in line; "
        "1: no limit",
    )
    idle_processes: Count = Field(2, description="number of processes kept warm for the next calls")
    health_port: int = Field(8081, ge=0, le=65_535, description="port of the worker's health page")
    drain_limit_s: Seconds = Field(3600.0, description="seconds that running calls may go on after SIGTERM")
    store_patience_s: Seconds = Field(
        120.0, description="seconds that the process of an ended call waits for a store that fails"
    )
    hand_over_after_s: Seconds = Field(
        60.0,
        description="seconds after SIGTERM before running calls are moved to another worker, if one runs",
    )
    lines_folder: Path = Field(
        Path("lines"),
        description="folder for the spoken lines that are prepared as audio, and for the index of the roles' "
        "documents",
    )
    prices: Path | None = Field(
        None, description="file with Groq's prices; by default prices.md, which says how it is written"
    )


class KeepingSettings(_Group):
    """How long what people said, and who they are, is kept after a call (docs/privacy.md)."""

    keep_days: Days = Field(
        30.0,
        description="days after a call until what was said in it is removed, longer than a call may last",
    )
    keep_numbers_days: Days = Field(
        30.0,
        description="days after a call until its caller's number, name and identity are removed, "
        "longer than a call may last",
    )
    keep_recordings_days: Days | None = Field(
        None,
        description="days after a call until its recording is removed, longer than a call may last, and no "
        "longer than BATON_KEEP_DAYS, which is the default",
    )
    number_key: KeySecret | None = Field(
        None,
        description="secret of at least 32 characters: callers' numbers are stored as a hash with this key, "
        "and their last three digits",
    )

    @property
    def recordings_days(self) -> float:
        return self.keep_days if self.keep_recordings_days is None else self.keep_recordings_days


class RecordingSettings(_Group):
    """Recording calls, which is off unless both are set (docs/privacy.md)."""

    model_config = SettingsConfigDict(env_prefix="BATON_RECORDING_")

    folder: Path | None = Field(
        None,
        description="folder for recordings, the same for all workers and the operators' service; "
        "without it, nothing is recorded",
    )
    key_file: Path | None = Field(
        None,
        description="file with the keys that encrypt recordings, for this user alone: one a line, the first "
        "encrypts, all decrypt",
    )

    @property
    def is_on(self) -> bool:
        return self.folder is not None

    def mistakes(self) -> Iterator[BadInput]:
        if (self.folder is None) != (self.key_file is None):
            missing, given = ("key_file", "folder") if self.folder else ("folder", "key_file")
            right = f"set both, or leave {env_name(RecordingSettings, given)} out as well"
            yield BadInput(env_name(RecordingSettings, missing), "is not set", right)


class ConsoleSettings(_Group):
    """The operators' service: where it listens, and the names it is reached by."""

    model_config = SettingsConfigDict(env_prefix="BATON_CONSOLE_")

    host: Annotated[str, AfterValidator(_is_own_address)] = Field(
        "127.0.0.1", description="IP address to listen on"
    )
    port: int = Field(8090, ge=0, le=65_535, description="port to listen on")
    names: str = Field(
        "", description="host names that browsers reach it by, besides the address, separated by spaces"
    )
    certificate: Path | None = Field(None, description="path of a TLS certificate with its chain, in PEM")
    certificate_key: Path | None = Field(None, description="path of the certificate's key, in PEM")
    allow_plain: bool = Field(
        False, description="true allows it to listen without TLS on addresses other than loopback"
    )
    livekit_url: Annotated[str, AfterValidator(_is_websocket_address)] | None = Field(
        None, description="address of livekit-server for browsers, if it differs from LIVEKIT_URL"
    )
    proxies: Annotated[str, AfterValidator(is_network_list)] = Field(
        "",
        description="IP addresses or networks of proxies whose X-Forwarded-For is believed, "
        "separated by spaces",
    )

    @property
    def on_loopback(self) -> bool:
        return is_loopback(self.host)

    def mistakes(self) -> Iterator[BadInput]:
        if self.livekit_url is not None and not self.allow_plain:
            yield from _plain_mistakes(ConsoleSettings, "livekit_url", self.livekit_url, "wss")


LONGEST_SESSION_S = 2_592_000
"""No setting lets an operator's session last longer: 30 days."""


class AccessSettings(_Group):
    """Who uses the operators' service: sessions, how much each operator may ask for, the security log."""

    model_config = SettingsConfigDict(env_prefix="BATON_ACCESS_")
    not_over = (("session_idle_s", "session_longest_s"),)

    session_idle_s: Annotated[float, Field(ge=60, le=86_400, allow_inf_nan=False)] = Field(
        1800.0, description="seconds, from 60, after which a session that nobody uses is over"
    )
    session_longest_s: Annotated[float, Field(ge=60, le=LONGEST_SESSION_S, allow_inf_nan=False)] = Field(
        43_200.0, description="seconds, from 60, after which every session is over"
    )
    requests_per_minute: Annotated[int, Field(ge=60, le=1_000_000)] = Field(
        12_000, description="number of requests a minute of one operator, from 60"
    )
    acts_per_minute: Annotated[int, Field(ge=1, le=1_000_000)] = Field(
        600, description="number of acts and tokens for rooms a minute of one operator"
    )
    streams_at_once: Count = Field(
        200, description="number of event streams of one operator at the same time"
    )
    exports_at_once: Count = Field(4, description="number of exports of one operator at the same time")
    log: Path | None = Field(
        None, description="file of the security log, made for this user alone; without it: stderr"
    )


def _is_issuer(url: str) -> str:
    # As the provider writes it: with its last slash, if it has one.
    if not _names_a_host(url, {"http", "https"}) or "?" in url or "#" in url:
        raise ValueError("should be https://HOST, as the provider writes it")
    return url


class OpenIdSettings(_Group):
    """Signing in to the console with the company's own identity: OpenID Connect (docs/operators.md)."""

    model_config = SettingsConfigDict(env_prefix="BATON_OPENID_")

    issuer: Annotated[str, AfterValidator(_is_issuer)] | None = Field(
        None, description="issuer of the company's OpenID Connect provider, such as https://login.example.com"
    )
    client_id: Text | None = Field(None, description="client id under which the provider knows this console")
    client_secret: Secret | None = Field(
        None, description="client secret that the provider gave out; without it, PKCE alone protects the code"
    )
    console: Annotated[str, AfterValidator(_is_web_address)] | None = Field(
        None,
        description="address by which browsers reach the console, such as https://baton.example.com; the "
        "provider must allow it with /sign-in/openid/answer as redirect URI",
    )
    scopes: Text = Field("openid email profile", description="scopes to ask for, separated by spaces")
    name_claim: Text = Field("email", description="claim of the ID token that becomes the operator's name")
    rights_claim: Text = Field("groups", description="claim of the ID token whose values give rights")
    rights: Text | None = Field(
        None,
        description="rights of each value of that claim, such as "
        "support=read,listen; supervisors=read,listen,act",
    )

    @property
    def on(self) -> bool:
        return self.issuer is not None

    def mistakes(self) -> Iterator[BadInput]:
        needed = ("issuer", "client_id", "console", "rights")
        given = [field for field in needed if getattr(self, field) is not None]
        if not given and self.client_secret is None:
            return
        for field in needed:
            if field not in given:
                right = f"set it to the {OpenIdSettings.model_fields[field].description}"
                yield BadInput(env_name(OpenIdSettings, field), "is not set, and sign-in needs it", right)
        if "openid" not in self.scopes.split():
            name = env_name(OpenIdSettings, "scopes")
            yield BadInput(name, f"{self.scopes!r} lacks openid", f"write {name}=openid {self.scopes}")
        for field in ("issuer", "console"):
            url = getattr(self, field) or ""
            if urlparse(url).scheme == "http" and not _is_here(url):
                wrong = f"{url[:80]!r} is another machine, reached without TLS"
                yield BadInput(env_name(OpenIdSettings, field), wrong, "write https://")


class CallPageSettings(_Group):
    """The page /call of the operators' service, where anybody may call without signing in."""

    model_config = SettingsConfigDict(env_prefix="BATON_CALL_PAGE_")

    origins: Annotated[str, AfterValidator(is_origin_list)] = Field(
        "",
        description="origins that may show the call page or its button, separated by spaces, such as "
        "https://www.example.com; self for the page alone; empty: there is no call page",
    )
    calls_per_minute: Count = Field(4, description="number of calls a minute from one address")
    calls_per_hour: Count = Field(30, description="number of calls an hour from one address")
    calls_at_once: Count = Field(10, description="number of calls from the page at the same time, in all")
    longest_call_s: Annotated[float, Field(ge=10, le=600, allow_inf_nan=False)] = Field(
        600.0, description="seconds, from 10 to 600, that a call from the page may last"
    )

    hints: str = Field(
        "", description="sentences that this page and the test page suggest to callers, separated by |"
    )

    @property
    def on(self) -> bool:
        return bool(self.origins.split())

    @property
    def suggested(self) -> list[str]:
        return [hint.strip() for hint in self.hints.split("|") if hint.strip()]

    @property
    def foreign_origins(self) -> tuple[str, ...]:
        """Return the web pages' origins, in the form in which browsers send them."""
        return foreign_origins(self.origins)


GROUPS: tuple[type[_Group], ...] = (
    LiveKitSettings,
    GroqAccess,
    GroqSettings,
    CallSettings,
    HandoffSettings,
    RecoverySettings,
    WorkerSettings,
    KeepingSettings,
    RecordingSettings,
    ConsoleSettings,
    AccessSettings,
    OpenIdSettings,
    CallPageSettings,
)


WORKER_GROUPS = tuple(
    group
    for group in GROUPS
    if group not in {ConsoleSettings, AccessSettings, OpenIdSettings, CallPageSettings}
)
"""The settings that the worker needs."""

SERVICE_GROUPS = tuple(group for group in GROUPS if group is not RecoverySettings)
"""The settings that the operators' service needs."""


def env_name(group: type[_Group], field: str) -> str:
    """The environment variable of a field: `env_name(CallSettings, "departure_s") == "BATON_DEPARTURE_S"`."""
    return f"{group.model_config.get('env_prefix', '')}{field}".upper()


def _plain_mistakes(group: type[_Group], field: str, url: str, safe: str) -> Iterator[BadInput]:
    """Yield an error if the URL lacks TLS: any machine on the way can read and change what is sent."""
    if urlparse(url).scheme in {"ws", "http"} and not _is_here(url):
        right = f"write {safe}://, or {env_name(group, 'allow_plain')}=true where nobody else can listen"
        shown = repr(url[:80]) if "@" not in url else "it"  # an address may contain a password
        yield BadInput(env_name(group, field), f"{shown} is another machine, reached without TLS", right)


RENAMED: dict[str, tuple[str, str]] = {
    "BATON_STORE_PATH": ("BATON_STORE", "sqlite:///{}"),
    "BATON_END_OF_TURN_S": ("BATON_TURN_TAKING", "balanced"),
}
"""Setting names of earlier versions: each with its new name, and a format from the old value to the new."""


def _renamed(group: type[_Group]) -> Iterator[BadInput]:
    """Yield an error for each setting of this group that is set by an earlier name."""
    ours = {env_name(group, field) for field in group.model_fields}
    given = _given()
    for old, (new, value) in RENAMED.items():
        if new in ours and given.get(old):
            yield BadInput(old, f"is called {new} now", f"write {new}={value.format(given[old])}")


def _given() -> dict[str, str]:
    """Return the environment's variables, including those of .env."""
    load_env_file()
    return {name.upper(): value for name, value in os.environ.items()}


def is_given(name: str) -> bool:
    """Whether the environment or .env sets this variable. Raises: BadInput."""
    return bool(_given().get(name))


def given(name: str) -> str:
    """Return the value of a variable that a file names; empty if neither the environment nor .env sets it."""
    return _given().get(name.upper(), "")


def adopt(values: Mapping[str, str]) -> None:
    """Set these variables for this process, as if they were in its environment. Empty ones set nothing."""
    os.environ.update({name: value for name, value in values.items() if value})


def read(group: type[G]) -> G:
    """Read one group. Raises: BadInput, with every wrong setting of the group and a correction for each."""
    mistakes = Mistakes()
    try:
        for renamed in _renamed(group):
            mistakes.add(renamed)
        settings = group()
        for mistake in settings.mistakes():
            mistakes.add(mistake)
    except ValidationError as error:
        for one in error.errors(include_url=False, include_context=False):
            mistakes.add(_bad(group, str(one["loc"][0]), one["type"], one["msg"], one["input"]))
    mistakes.tell()
    return settings


def check_groups(groups: Sequence[type[_Group]]) -> None:
    """Check these groups. Raises: BadInput, with every wrong setting of all of them."""
    mistakes = Mistakes()
    for group in groups:
        with mistakes.collecting():
            read(group)
    mistakes.tell()
    if KeepingSettings in groups and CallSettings in groups:
        check_kept_for_a_call(read(KeepingSettings), read(CallSettings))


def check_kept_for_a_call(keeping: KeepingSettings, call: CallSettings) -> None:
    """Check that nothing is removed while its call may last: a caller may return. Raises: BadInput."""
    mistakes = Mistakes()
    least = round(call.longest_call_s / 86_400 + 0.0005, 3)
    for field in ("keep_days", "keep_numbers_days", "keep_recordings_days"):
        days = getattr(keeping, field)
        if days is not None and days * 86_400 < call.longest_call_s:
            name = env_name(KeepingSettings, field)
            wrong = f"{days:g} days is shorter than a call, which may last {call.longest_call_s:g} s"
            mistakes.add(BadInput(name, wrong, f"set it to {least:g} or more, or lower BATON_LONGEST_CALL_S"))
    words, sound = keeping.keep_days, keeping.recordings_days
    if sound > words:
        name, its_words = (
            env_name(KeepingSettings, "keep_recordings_days"),
            env_name(KeepingSettings, "keep_days"),
        )
        wrong = f"{sound:g} days is longer than {its_words} ({words:g}): a recording has the words, too"
        mistakes.add(BadInput(name, wrong, f"set it to {words:g} or less, or raise {its_words}"))
    mistakes.tell()


def _bad(group: type[_Group], field: str, kind: str, message: str, value: Any) -> BadInput:
    """Return the error for one setting. It quotes the value, unless that is a secret or may contain one."""
    info = group.model_fields[field]
    right = f"set it to the {info.description}"
    if kind == "missing":
        return BadInput(env_name(group, field), "is not set", right)
    wrong = message.removeprefix("Value error, ").partition(", unable")[0]
    wrong = wrong.removeprefix("Input ").removeprefix("String ")
    if not _is_secret(info) and "@" not in str(value):  # an address may contain a password
        wrong = f"{str(value)[:80]!r} {wrong}"
    if not info.is_required() and info.default is not None:
        right = f"{right}, or leave it out" + (f" for {info.default}" if info.default != "" else "")
    return BadInput(env_name(group, field), wrong, right)


def _is_secret(info: FieldInfo) -> bool:
    return "SecretStr" in str(info.annotation)


def unknown_names() -> list[str]:
    """Return the names that begin with BATON_ but are no setting: probably misspelt.

    Each is followed by the setting that was probably meant, in brackets.
    """
    ours = {env_name(group, field) for group in GROUPS for field in group.model_fields}
    unknown = sorted(name for name in set(_given()) - ours - {ENV_FILE} if name.startswith("BATON_"))
    meant = {name: get_close_matches(name, sorted(ours), n=1, cutoff=0.85) for name in unknown}
    return [f"{name} ({meant[name][0]}?)" if meant[name] else name for name in unknown]


def describe() -> str:
    """Return the text of .env.example: every setting with its unit and default, in groups."""
    parts = [
        "# Every setting of Baton. Copy this file to .env, for you alone: install -m 600 .env.example .env\n"
        "# Environment variables override it.\n"
        "# A setting that is commented out shows its default. Written by `python -m settings`.\n"
        "# To read another file instead of .env, set BATON_ENV_FILE in the environment.\n"
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
    """All groups. Each is read once, at its first use, so that a command needs only the settings it uses."""

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
    def keeping(self) -> KeepingSettings:
        return read(KeepingSettings)

    @cached_property
    def recording(self) -> RecordingSettings:
        return read(RecordingSettings)

    @cached_property
    def console(self) -> ConsoleSettings:
        return read(ConsoleSettings)

    @cached_property
    def access(self) -> AccessSettings:
        return read(AccessSettings)

    @cached_property
    def openid(self) -> OpenIdSettings:
        return read(OpenIdSettings)

    @cached_property
    def call_page(self) -> CallPageSettings:
        return read(CallPageSettings)


if __name__ == "__main__":
    sys.stdout.write(describe())
