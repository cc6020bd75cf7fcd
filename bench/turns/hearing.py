"""What hearing costs: transcription requests and seconds of sound sent, for long turns and for noise."""

from __future__ import annotations

import httpx

from bench.support.environment import LATENCIES
from bench.turns.cases import NOISE_S, SLOW_MS, Line
from bench.turns.endings import said_and_answered
from bench.turns.figures import BATON, Hearing, Measured, Slow
from bench.turns.round import Round
from bench.turns.scoring import holds
from bench.turns.talk import between, talk_with
from bench.turns.voices import bursts
from persistence.records import CALLER

_AFTER_SLOW_S = 4.0  # of silence, in which a slow answer's words arrive
_AFTER_NOISE_S = 3.0  # of silence, in which the last requests are made


async def talk_costs(this: Round, line: Line) -> list[Measured]:
    """Say one long turn in a call of its own."""
    async with talk_with(this.env, BATON) as talk, httpx.AsyncClient(base_url=this.groq) as stand_in:
        await stand_in.delete("/control/requests")
        said = await said_and_answered(talk, line)
        requests, sent_s = await _transcribed(stand_in)
    talk.record(this.recording(f"long-turn-of-{len(line.parts)}"))
    return [Hearing((said.end_ms - said.start_ms) / 1000, requests, sent_s)]


async def noise_costs(this: Round) -> list[Measured]:
    """Play noise that the VAD takes for a voice."""
    async with talk_with(this.env, BATON) as talk, httpx.AsyncClient(base_url=this.groq) as stand_in:
        await stand_in.delete("/control/requests")
        await talk.caller.play(bursts(NOISE_S))
        await talk.hear_out(_AFTER_NOISE_S)
        requests, sent_s = await _transcribed(stand_in)
    talk.record(this.recording("noise"))
    return [Hearing(NOISE_S, requests, sent_s, words=False)]


async def slow_answers(this: Round) -> list[Measured]:
    """Say sentences while Groq takes seconds for each transcription."""
    async with talk_with(this.env, BATON) as talk, httpx.AsyncClient(base_url=this.groq) as stand_in:
        await stand_in.post("/control/latencies", json={"transcription_ms": SLOW_MS})
        try:
            marks = [(line, await said_and_answered(talk, line, _AFTER_SLOW_S)) for line in this.cases.slow]
        finally:
            await stand_in.post("/control/latencies", json={"preset": LATENCIES})
    talk.record(this.recording("slow"))
    turns = await talk.turns(this.env)
    lost = this.env.roster.role(this.env.first).spoken_lines.trouble
    found: list[Measured] = []
    ends = [*(said.start_ms for _, said in marks[1:]), talk.caller.now_ms]
    for (line, said), end in zip(marks, ends, strict=True):
        here = between(turns, said.start_ms, end)
        heard = any(turn.speaker == CALLER and holds(turn.text, line.text) for turn in here)
        found.append(Slow(line, heard and all(turn.text != lost for turn in here)))
    return found


async def _transcribed(stand_in: httpx.AsyncClient) -> tuple[int, float]:
    """Return the transcription requests since the log was cleared, and their seconds of sound."""
    log = (await stand_in.get("/control/requests")).json()["log"]
    entries = [entry for entry in log if entry["endpoint"] == "transcriptions"]
    return len(entries), sum(entry["details"].get("audio_ms", 0) for entry in entries) / 1000
