"""What is known about a request before it is sent: its model, characters, audio. Pure."""

from __future__ import annotations

import json
import re
import struct

from agents.groq.documented_limits import SMALLEST_AUDIO_S
from persistence.records import Used

CHAT, SPEECH, HEARING = "/chat/completions", "/audio/speech", "/audio/transcriptions"
_PARTS = (CHAT, SPEECH, HEARING)
_MODEL = re.compile(rb'name="model"\r\n\r\n([^\r]*)\r\n')
_FORMAT, _DATA = re.compile(rb"RIFF.{4}WAVEfmt .{4}(.{16})", re.DOTALL), re.compile(rb"data(.{4})", re.DOTALL)
_SMALLEST_MS = round(SMALLEST_AUDIO_S * 1000)


def part_of(path: str) -> str | None:
    """Return which of the API's billed parts a request's path belongs to; None: none of them."""
    return next((part for part in _PARTS if path.endswith(part)), None)


def asked_of(part: str, body: bytes) -> tuple[str, Used]:
    """Return the model, and what the request uses if accepted. A chat's tokens come with its answer."""
    if part == HEARING:
        found = _MODEL.search(body)
        audio_ms = _wav_ms(body)
        used = Used(requests=1, audio_ms=audio_ms, billed_audio_ms=max(_SMALLEST_MS, audio_ms))
        return found.group(1).decode() if found else "", used
    content = json.loads(body)
    if part == SPEECH:
        return content["model"], Used(requests=1, characters=len(content["input"]))
    return content["model"], Used(requests=1, untold=1)


def _wav_ms(body: bytes) -> int:
    """Return the length of the WAV in an upload, in milliseconds, from its header; 0 without a WAV."""
    found = _FORMAT.search(body)
    data = _DATA.search(body, found.end()) if found else None
    if found is None or data is None:
        return 0
    _, channels, rate, _, _, bits = struct.unpack("<HHIIHH", found.group(1))
    (size,) = struct.unpack("<I", data.group(1))
    seconds: float = size / (channels * bits // 8) / rate
    return round(seconds * 1000)
