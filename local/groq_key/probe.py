"""Requests each thing that a call needs once, from Groq or the stand-in, and notes the answers' shapes.

Shapes can be compared: names of fields and headers, statuses, a WAV's rate.
"""

from __future__ import annotations

import struct
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from groq import APIStatusError, AsyncGroq

from agents.groq.errors import error_label
from agents.groq.livekit_errors import as_livekit_error
from agents.groq.rate_limits import Left, limits_in
from agents.groq.summary import GroqSummarizer
from agents.groq.trial import Trial
from errors import BatonError
from persistence.records import CALLER, CallId, Turn
from settings import GroqSettings

_ASKED = "I was charged twice. Please put me through to the billing desk."
_INSTRUCTIONS = (
    "You answer callers for a company.\n\nYour role: front-desk\nYour name: the front desk\n\n"
    "Call transfer_call when the caller asks for another desk, and say nothing else."
)
_TRANSFER: Any = {
    "type": "function",
    "function": {
        "name": "transfer_call",
        "description": "Put the caller through to another desk.",
        "parameters": {
            "type": "object",
            "properties": {
                "target": {"type": "string", "enum": ["billing"], "description": "billing: the billing desk"},
                "reason": {"type": "string"},
            },
            "required": ["target", "reason"],
            "additionalProperties": False,
        },
    },
}
_SUM_UP = "Sum up the call for the next agent. Matter is a clause that can follow 'I understand that'."
_TURNS = (
    Turn(CallId("groq"), 1, CALLER, "I was charged twice for my last invoice, number 4711.", 0, 1),
    Turn(CallId("groq"), 2, "front-desk", "I am sorry about that. Let me put you through.", 1, 2),
)


@dataclass(frozen=True, slots=True)
class Step:
    """One line of the report. `shape`: what to compare, by name."""

    name: str
    worked: bool
    told: str
    shape: Mapping[str, str] = field(default_factory=dict)


@dataclass
class Probe:
    """The steps of one try. Its trial keeps `limits` and the spending."""

    client: AsyncGroq
    settings: GroqSettings
    voice: str

    def __post_init__(self) -> None:
        self.trial = Trial(self.client, self.settings)

    @property
    def limits(self) -> Mapping[str, Mapping[str, Left]]:
        return self.trial.limits

    async def steps(self) -> AsyncIterator[Step]:
        """Yield each step as soon as it is over. A step that fails does not stop the others."""
        for name, take in (
            ("models", self._models),
            ("speech", self._speech),
            ("voices", self._voices),
            ("tool call", self._tool_call),
            ("summary", self._summary),
        ):
            yield await _taken(name, take)

    async def _models(self) -> Step:
        offered = sorted(model.id for model in (await self.client.models.list()).data)
        ours = {
            self.settings.chat_model,
            self.settings.second_chat_model,
            self.settings.summary_model,
            self.settings.hearing_model,
            self.settings.speaking_model,
        }
        missing = sorted(ours - set(offered))
        told = f"{len(offered)}: {', '.join(offered)}"
        return Step("models", not missing, f"not offered: {', '.join(missing)}; {told}" if missing else told)

    async def _speech(self) -> Step:
        wav = await self.trial.speak(self.voice)
        heard = await self.trial.hear(self.voice, wav)
        shape = {
            "WAV": _wav_shape(wav),
            **self._headers_of("speaking_model"),
            **self._headers_of("hearing_model"),
        }
        return Step("speech", True, f"{self.voice} spoke, and {heard!r} was heard", shape)

    async def _voices(self) -> Step:
        """Request a voice that does not exist: the refusal names the voices. Groq has no list of them."""
        try:
            await self.client.audio.speech.create(
                model=self.settings.speaking_model, voice="nobody", input="Yes.", response_format="wav"
            )
        except APIStatusError as error:
            body: Any = error.body
            told = body.get("error", {}) if isinstance(body, dict) else {}
            shape = {
                "status": str(error.status_code),
                "type": str(told.get("type")),
                "code": str(told.get("code")),
            }
            return Step("voices", True, str(told.get("message", error_label(error))), shape)
        return Step("voices", False, "a voice that does not exist was accepted")

    async def _tool_call(self) -> Step:
        """Request a tool call, streamed as in a call."""
        self.trial.chat_requests += 1
        answer = await self.client.chat.completions.with_raw_response.create(
            model=self.settings.chat_model,
            messages=[{"role": "system", "content": _INSTRUCTIONS}, {"role": "user", "content": _ASKED}],
            tools=[_TRANSFER],
            reasoning_effort="low",
            include_reasoning=False,
            max_completion_tokens=256,
            stream=True,
        )
        self.trial.limits[self.settings.chat_model] = limits_in(answer.headers)
        chunks = [chunk async for chunk in await answer.parse()]
        choices = [choice for chunk in chunks for choice in chunk.choices]
        parts = [call for choice in choices for call in choice.delta.tool_calls or []]
        name = "".join(part.function.name or "" for part in parts if part.function)
        arguments = "".join(part.function.arguments or "" for part in parts if part.function)
        last = chunks[-1].x_groq
        shape = {
            "chunks that carry the call": "one" if len(parts) == 1 else "several",
            "finish_reason": str(choices[-1].finish_reason),
            "usage in the last chunk": _names(last.usage.model_dump()) if last and last.usage else "none",
            **self._headers_of("chat_model"),
        }
        return Step(
            "tool call", bool(parts), f"{name}({arguments})" if parts else "no tool was called", shape
        )

    async def _summary(self) -> Step:
        self.trial.chat_requests += 1
        summary = await GroqSummarizer(self.client, self.settings, _SUM_UP).summarize(_TURNS, reason="")
        facts = ", ".join(f"{name}: {value}" for name, value in summary.facts.items())
        return Step("summary", True, f"I understand that {summary.matter}" + (f" ({facts})" if facts else ""))

    def _headers_of(self, setting: str) -> Mapping[str, str]:
        model = str(getattr(self.settings, setting))
        return {f"limits in the headers of {model}": ", ".join(sorted(self.limits.get(model, {}))) or "none"}


async def _taken(name: str, take: Callable[[], Awaitable[Step]]) -> Step:
    try:
        return await take()
    except BatonError as error:
        return Step(name, False, str(error))
    except Exception as error:  # noqa: BLE001 - whatever a new key meets is told, without Groq's words
        return Step(name, False, f"failed ({error_label(as_livekit_error(error))})")


def _wav_shape(wav: bytes) -> str:
    """Describe a RIFF header: rate, channels and bits, and whether its size is set."""
    if len(wav) < 44 or wav[:4] != b"RIFF":
        return "no RIFF header"
    size, channels, rate, bits = (
        *struct.unpack_from("<I", wav, 4),
        *struct.unpack_from("<H", wav, 22),
        *struct.unpack_from("<I", wav, 24),
        *struct.unpack_from("<H", wav, 34),
    )
    sized = "its size known" if size + 8 == len(wav) else "its size not known"
    return f"{rate} Hz, {channels} channel, {bits} bits, {sized}"


def _names(value: Mapping[str, Any]) -> str:
    return ", ".join(sorted(value))
