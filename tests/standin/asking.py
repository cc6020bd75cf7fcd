"""Requests as production sends them, for the stand-in's tests."""

from __future__ import annotations

import io
import wave
from typing import Any

from groq import AsyncGroq

from local.speech import Samples

CHAT = "openai/gpt-oss-120b"
SMALL = "openai/gpt-oss-20b"
WHISPER = "whisper-large-v3-turbo"
ORPHEUS = "canopylabs/orpheus-v1-english"


def thing(properties: dict[str, Any]) -> dict[str, Any]:
    """Return a schema for an object that has exactly these properties."""
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


TEXT = {"type": "string"}
TARGETS = {"type": "string", "enum": ["billing", "technical", "front-desk"]}
FACTS = {"type": "array", "items": thing({"name": TEXT, "value": TEXT})}
SUMMARY = thing({"matter": TEXT, "done": TEXT, "wanted": TEXT, "mood": TEXT, "facts": FACTS})
SCREENING = thing({"accept": {"type": "boolean"}, "reason": TEXT})


def tool(name: str, parameters: dict[str, Any]) -> dict[str, Any]:
    return {"type": "function", "function": {"name": name, "parameters": parameters}}


TRANSFER = tool("transfer_call", thing({"target": TARGETS, "reason": TEXT}))
END = tool("end_call", thing({}))


def schema(name: str, content: dict[str, Any]) -> dict[str, Any]:
    return {"type": "json_schema", "json_schema": {"name": name, "strict": True, "schema": content}}


def said(role: str, *lines: str) -> list[dict[str, Any]]:
    return [
        {"role": "system", "content": f"House rules.\n\nYour role: {role}\n\nMore."},
        *({"role": "user", "content": line} for line in lines),
    ]


async def ask(groq: AsyncGroq, **fields: Any) -> Any:
    """Request a chat completion, or a stream of one. Any, as half of the fields are wrong on purpose."""
    return await groq.chat.completions.create(
        **{"model": CHAT, "messages": said("billing", "goodbye"), **fields}
    )


async def message(groq: AsyncGroq, **fields: Any) -> Any:
    """Return the message of a whole completion."""
    return (await ask(groq, **fields)).choices[0].message


async def hear(groq: AsyncGroq, samples: Samples, rate: int = 24_000, **fields: Any) -> Any:
    given: dict[str, Any] = {"model": WHISPER, "response_format": "verbose_json", **fields}
    return await groq.audio.transcriptions.create(file=("a.wav", wav(samples, rate)), **given)


async def speak(groq: AsyncGroq, **fields: Any) -> bytes:
    given: dict[str, Any] = {"model": ORPHEUS, "voice": "troy", "input": "Hello.", "response_format": "wav"}
    answer = await groq.audio.speech.create(**{**given, **fields})
    return await answer.read()


def wav(samples: Samples, rate: int = 24_000) -> bytes:
    written = io.BytesIO()
    with wave.open(written, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(samples.tobytes())
    return written.getvalue()
