"""What hearing costs: requests for transcription and seconds of sound sent, for long turns and for noise."""

from __future__ import annotations

import httpx

from bench.turns.cases import NOISE_S, Line
from bench.turns.endings import said_and_answered
from bench.turns.figures import BATON, Hearing, Measured
from bench.turns.round import Round
from bench.turns.talk import talk_with
from bench.turns.voices import bursts

_AFTER_NOISE_S = 3.0  # of silence, in which the last requests are made


async def talk_costs(this: Round, line: Line) -> list[Measured]:
    """One long turn in a call of its own."""
    async with talk_with(this.env, BATON) as talk, httpx.AsyncClient(base_url=this.groq) as stand_in:
        await stand_in.delete("/control/requests")
        said = await said_and_answered(talk, line)
        requests, sent_s = await _transcribed(stand_in)
    talk.record(this.recording(f"long-turn-of-{len(line.parts)}"))
    return [Hearing((said.end_ms - said.start_ms) / 1000, requests, sent_s)]


async def noise_costs(this: Round) -> list[Measured]:
    """Noise that the VAD takes for a voice."""
    async with talk_with(this.env, BATON) as talk, httpx.AsyncClient(base_url=this.groq) as stand_in:
        await stand_in.delete("/control/requests")
        await talk.caller.play(bursts(NOISE_S))
        await talk.hear_out(_AFTER_NOISE_S)
        requests, sent_s = await _transcribed(stand_in)
    talk.record(this.recording("noise"))
    return [Hearing(NOISE_S, requests, sent_s, words=False)]


async def _transcribed(stand_in: httpx.AsyncClient) -> tuple[int, float]:
    """The requests for transcription since they were forgotten, and their seconds of sound."""
    log = (await stand_in.get("/control/requests")).json()["log"]
    entries = [entry for entry in log if entry["endpoint"] == "transcriptions"]
    return len(entries), sum(entry["details"].get("audio_ms", 0) for entry in entries) / 1000
