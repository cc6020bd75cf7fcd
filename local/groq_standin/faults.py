"""Fault injection: which requests fail, how, and how often. Pure: the endpoints carry the faults out."""

from __future__ import annotations

from random import Random
from typing import Annotated, Literal, Self, get_args

from pydantic import BaseModel, ConfigDict, Field, model_validator

Endpoint = Literal["chat", "transcriptions", "speech", "models"]
Purpose = Literal["reply", "summary", "screening"]
Kind = Literal[
    "rate_limited",  # 429 with retry-after, for a limit of a minute
    "daily_limit",  # 429 with retry-after, for a limit of a day
    "no_capacity",  # 498
    "tool_use_failed",  # 400 with failed_generation
    "error_event",  # the stream starts, then sends an SSE error event with `code`
    "cut",  # the connection closes after `after_chunks` chunks
    "stall",  # no bytes for `stall_s` seconds after `after_chunks` chunks, then the response continues
    "ends_early",  # the response ends cleanly but too soon: no finish_reason, no [DONE]; half the audio
    "model_gone",  # 404 model_not_found; for `models`: the list lacks `model`
    "unauthorized",  # 401
    "server_error",  # `status`, 500 to 599
    "empty",  # a complete response without content
    "made_up",  # words that nobody said: `words`, with the figures that Whisper gives them
    "bad_wav",  # 200 and audio/wav, but the body is not a WAV
    "wav_without_sizes",  # a streamed WAV: both sizes are 0xFFFFFFFF
    "wav_48_khz",  # the same speech at 48,000 Hz
]

_ONLY: dict[Kind, tuple[Endpoint, ...]] = {
    "tool_use_failed": ("chat",),
    "error_event": ("chat",),
    "ends_early": ("chat", "speech"),
    "empty": ("chat", "transcriptions", "speech"),
    "made_up": ("transcriptions",),
    "bad_wav": ("speech",),
    "wav_without_sizes": ("speech",),
    "wav_48_khz": ("speech",),
}


class Fault(BaseModel):
    """What goes wrong with the next `count` matching requests, after `skip` of them succeed."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    endpoint: Endpoint
    kind: Kind
    count: Annotated[int, Field(ge=1, le=100_000)] = 1
    skip: Annotated[int, Field(ge=0, le=100_000)] = 0
    share: Annotated[float, Field(gt=0, le=1)] = 1.0  # of the matching requests, at random
    seed: int = 0  # of the random choice: the same sequence of requests fails the same way
    model: str | None = None  # only requests for this model
    purpose: Purpose | None = None  # only chat requests for this purpose: the schema's name, else "reply"
    role: str | None = None  # only chat requests by this role
    after_chunks: Annotated[int, Field(ge=0)] = (
        0  # cut, stall, error_event, ends_early: chunks sent before it
    )
    retry_after_s: Annotated[float, Field(ge=0)] = 2.0
    stall_s: Annotated[float, Field(gt=0, le=600)] = 30.0
    status: Annotated[int, Field(ge=500, le=599)] = 503
    code: str = "internal_server_error"  # error_event: also tool_use_failed, rate_limit_exceeded, …
    failed_generation: str = '{"name": "transfer_call", "arguments": {"target": "bil'
    words: str = "The sea, the sea."  # made_up, with the three figures of Whisper's segment
    avg_logprob: Annotated[float, Field(le=0)] = -0.3
    compression_ratio: Annotated[float, Field(ge=0)] = 0.9
    no_speech_prob: Annotated[float, Field(ge=0, le=1)] = 0.1
    reset: bool = False  # cut: a TCP reset instead of a close

    @model_validator(mode="after")
    def _fits_its_endpoint(self) -> Self:
        fitting = _ONLY.get(self.kind, get_args(Endpoint))
        if self.endpoint not in fitting:
            raise ValueError(f"{self.kind} is a fault of {' and '.join(fitting)}, not of {self.endpoint}")
        if self.endpoint == "models" and self.kind == "model_gone" and self.model is None:
            raise ValueError("model_gone for models needs `model`: the id that is missing from the list")
        return self

    def fits(self, traits: RequestTraits) -> bool:
        if self.endpoint != traits.endpoint:
            return False
        if self.endpoint == "models":
            return True
        wanted = (self.model, self.purpose, self.role)
        return all(
            want in {None, is_}
            for want, is_ in zip(wanted, (traits.model, traits.purpose, traits.role), strict=True)
        )


class RequestTraits(BaseModel):
    """The properties of a request that faults match on."""

    model_config = ConfigDict(frozen=True)

    endpoint: Endpoint
    model: str = ""
    purpose: Purpose | None = None
    role: str | None = None


class Faults:
    """The pending faults. A request takes the first fault that matches it and whose random share hits."""

    def __init__(self) -> None:
        self._open: list[Fault] = []
        self._random: list[Random] = []  # one per fault

    def add(self, fault: Fault) -> None:
        self._open.append(fault)
        self._random.append(Random(fault.seed))

    def clear(self) -> None:
        self._open.clear()
        self._random.clear()

    def open(self) -> tuple[Fault, ...]:
        """The pending faults, with their remaining `count` and `skip`."""
        return tuple(self._open)

    def take(self, traits: RequestTraits) -> Fault | None:
        """Take this request's fault, if any, and count it as used."""
        for place, fault in enumerate(self._open):
            if not fault.fits(traits) or self._random[place].random() >= fault.share:
                continue
            if fault.skip:
                self._open[place] = fault.model_copy(update={"skip": fault.skip - 1})
                continue
            if fault.count == 1:
                del self._open[place], self._random[place]
            else:
                self._open[place] = fault.model_copy(update={"count": fault.count - 1})
            return fault
        return None
