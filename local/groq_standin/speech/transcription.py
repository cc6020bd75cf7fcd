"""POST audio/transcriptions: multipart audio in, Whisper's JSON out."""

from __future__ import annotations

import asyncio
import io
import re
from collections.abc import Mapping

import av  # decodes what FFmpeg decodes, as Groq does; a dependency of livekit-agents
import numpy as np
from aiohttp import web

from local.groq_standin.error_responses import INVALID, ErrorResponse, bad_request
from local.groq_standin.faults import Fault, RequestTraits
from local.groq_standin.models import TRANSCRIPTION, check_model
from local.groq_standin.request_run import RequestRun
from local.groq_standin.speech.recognition import SAMPLE_RATE, Recognition
from local.speech import Samples

_FIELDS = {
    "model",
    "file",
    "language",
    "prompt",
    "response_format",
    "temperature",
    "timestamp_granularities[]",
}
_FORMATS = {"json", "text", "verbose_json"}
_SHORTEST_S = 0.01
_LONGEST_PROMPT = 896
_EMPTY = Recognition()
_OWN = Recognition("its own words", covered=1.0)
_FIGURES = ("avg_logprob", "compression_ratio", "no_speech_prob")


async def transcribe(run: RequestRun) -> web.StreamResponse:
    """Answer with the transcription. Raises: ErrorResponse."""
    form: dict[str, object] = dict(await run.request.post())
    content = _content(form.get("file"))
    form_text = {name: value for name, value in form.items() if isinstance(value, str)}
    model = form_text.get("model", "")
    run.entry.model = model
    check_model(model, TRANSCRIPTION, "transcription")
    response_format = _check(form, form_text)
    samples = await asyncio.to_thread(_decode, content)
    duration_s = len(samples) / SAMPLE_RATE
    run.entry.details = {
        "audio_ms": round(duration_s * 1000),
        "response_format": response_format,
        "language": form_text.get("language", ""),
        "prompt_characters": len(form_text.get("prompt", "")),
    }
    fault = run.take_fault(RequestTraits(endpoint="transcriptions", model=model))
    run.admit(audio_s=duration_s)
    text, figures = await _heard(run, fault, content, samples)
    await run.pacer.until(run.latencies.transcription(duration_s))
    if response_format == "text":
        return await run.deliver("text/plain", [text.encode()])
    short: dict[str, object] = {"text": text, "x_groq": {"id": run.id}}
    return await run.deliver_json(
        short if response_format == "json" else _verbose(short, text, figures, duration_s)
    )


def _check(form: dict[str, object], text: dict[str, str]) -> str:
    """Return the requested response format. Raises: ErrorResponse."""
    for name in form.keys() - _FIELDS:
        raise bad_request(f"unknown param `{name}`")
    wanted = text.get("response_format", "json")
    if wanted not in _FORMATS:
        raise bad_request("`response_format` must be one of [json, text, verbose_json]")
    if "timestamp_granularities[]" in form and wanted != "verbose_json":
        raise bad_request("`timestamp_granularities` needs `response_format` verbose_json")
    if not re.fullmatch(r"[a-z]{2,3}", text.get("language", "en")):
        raise bad_request("`language` must be an ISO-639-1 code")
    if (length := len(text.get("prompt", ""))) > _LONGEST_PROMPT:
        raise bad_request(
            f"prompt length must be {_LONGEST_PROMPT} characters or fewer, "
            f"but provided prompt contains {length} characters"
        )
    if not _is_share(text.get("temperature", "0")):
        raise bad_request("`temperature` must be between 0 and 1")
    return wanted


def _is_share(text: str) -> bool:
    try:
        return 0 <= float(text) <= 1
    except ValueError:
        return False


def _content(file: object) -> bytes | None:
    """Return the uploaded bytes and close the file: aiohttp leaves it open if the request is aborted."""
    if not isinstance(file, web.FileField):
        return None
    with file.file:
        return file.file.read()


def _decode(content: bytes | None) -> Samples:
    """Decode to 16-bit mono at SAMPLE_RATE. Raises: ErrorResponse."""
    if content is None:
        raise bad_request("one of `file` or `url` must be provided")
    try:
        samples = _read(content)
    except (av.FFmpegError, IndexError, ValueError) as error:
        raise bad_request("could not process file - is it a valid media file?") from error
    if len(samples) < _SHORTEST_S * SAMPLE_RATE:
        raise ErrorResponse(
            400,
            f"Audio file is too short. Minimum audio length is {_SHORTEST_S} seconds.",
            "audio_too_short",
            INVALID,
            extra={"param": "file"},
        )
    return samples


def _read(content: bytes) -> Samples:
    pieces: list[Samples] = []
    resampler = av.AudioResampler(format="s16", layout="mono", rate=SAMPLE_RATE)
    with av.open(io.BytesIO(content), "r") as container:
        for frame in container.decode(container.streams.audio[0]):
            pieces += [piece.to_ndarray()[0] for piece in resampler.resample(frame)]
        pieces += [piece.to_ndarray()[0] for piece in resampler.resample(None)]
    return np.concatenate(pieces) if pieces else np.zeros(0, np.int16)


async def _heard(
    run: RequestRun, fault: Fault | None, content: bytes | None, samples: Samples
) -> tuple[str, dict[str, float]]:
    """Return the text, and the figures of its only segment."""
    if fault and fault.kind == "made_up":
        return f" {fault.words}", fault.model_dump(include=set(_FIGURES))
    if fault and fault.kind == "empty":
        return "", _figures(_EMPTY)
    if (own := run.state.own_voice.words(content or b"")) is not None:
        return f" {own}", _figures(_OWN)
    heard = await run.state.recognizer.recognize(samples)
    return heard.text, _figures(heard)


def _figures(heard: Recognition) -> dict[str, float]:
    return dict(zip(_FIGURES, (heard.avg_logprob, 0.9, heard.no_speech_prob), strict=True))


def _verbose(
    short: dict[str, object], text: str, figures: Mapping[str, float], duration_s: float
) -> dict[str, object]:
    segment = {
        "id": 0,
        "seek": 0,
        "start": 0,
        "end": round(duration_s, 2),
        "text": text,
        "tokens": [50_365],
        "temperature": 0,
        **figures,
    }
    return {
        "task": "transcribe",
        "language": "English",
        "duration": round(duration_s, 2),
        **short,
        "segments": [segment] if text else [],
    }
