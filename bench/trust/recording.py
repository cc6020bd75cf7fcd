"""A recorded call compared with the caller's own tape, a caller who refuses, and what recording costs."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np

from bench.soak.environment import Environment as KillingEnvironment
from bench.support.environment import Environment, NotMeasured, new_room
from bench.support.sound_match import correlation, envelope
from bench.support.statistics import percentile, ratio
from bench.trust.recording_cost import Cost, cost_of, recording_settings, recording_stack
from local.caller.caller import Caller
from local.caller.tape import RATE_HZ, Samples
from local.demo.progress import Progress
from local.measure.lanes import Span, spans
from local.shorter_roster import SHORTER, make_roster
from local.stack import Stack
from operators.recordings import track_of
from persistence.contract.store import Store
from persistence.records import CALLER, Call
from recordings.folder import files_of
from recordings.track import TONE_HZ
from settings import RecordingSettings

_TALKED = Path(__file__).with_name("recorded.yaml")
_ANSWER_LIMIT_S, _SPEECH_LIMIT_S, _END_LIMIT_S = 25.0, 40.0, 15.0
_PAUSE_S, _LOOK_S = 0.7, 0.1
_TELLS_S = 1.5
_CARD = "take four one one one one one one one one one one one one one one one"
_APART_MS = 400
"""How far apart the same sound may be on the two tapes."""
_MOSTLY, _LOUD = 0.8, 1_000
_SURE = 0.6  # correlation from which a place counts as found
_AS_LOUD, _STRETCHED_MS = 0.8, 60  # correlation of loudness, and how far apart it is searched for
_PIECE_MS = 500
_MISSING_MS = 250
"""Shorter pieces are not searched for."""
_BEGINS_MS = 1_000  # the recorder joins once the caller has agreed
_LOST_MS = 1_500  # around the kill: what the dead agent had sent but nobody had heard
_KILOBYTE = 1_024


@dataclass(frozen=True, slots=True)
class Recorded:
    """`errors_ms`: for each stretch of sound, how much later the recording has it than the caller's tape.

    `missing`: stretches that are not in the recording. `tone_error_ms`: how far the tone for a redacted turn
    is from that turn's sound. `frames_without_consent`: bytes kept of the call whose caller refused,
    including its rows.
    """

    errors_ms: Mapping[str, Sequence[int]]
    missing: int
    tone_error_ms: int
    frames_without_consent: int
    cost: Cost

    def figures(self) -> Mapping[str, object]:
        every = [abs(error) for errors in self.errors_ms.values() for error in errors]
        return {
            "track_error_ms": max(every),
            "track_error_p95_ms": percentile(every, 95),
            "tracks": {speaker: [min(errors), max(errors)] for speaker, errors in self.errors_ms.items()},
            "pieces": len(every),
            "missing": self.missing,
            "tone_error_ms": self.tone_error_ms,
            "frames_without_consent": self.frames_without_consent,
            "core_share": round(self.cost.core_share, 4),
            "turn_ratio": ratio(self.cost.recorded_turn_s, self.cost.plain_turn_s),
        }


async def recorded_calls(folder: Path, *, calls: int, seconds: float, progress: Progress) -> Recorded:
    """Play and compare all calls. Raises: BatonError."""
    asking = folder / "recorded-roster"
    make_roster(asking, SHORTER)
    _begin_with(asking / "house.md", "recording_consent: word")
    _begin_with(asking / "technical.md", "redact: all")
    settings = recording_settings(folder / "asked") | {"BATON_ROSTER_FOLDER": str(asking)}
    async with recording_stack(folder / "asked-stack", _TALKED, settings) as (stack, env):
        errors, missing, tone_ms = await _beside_the_tape(stack, env, folder / "asked")
        progress.step(
            f"a call with two handoffs and a kill: {missing} pieces missing, the tone off by {tone_ms} ms"
        )
        kept = await _refused(env, folder / "asked")
        progress.step(f"a caller who refused: {kept} bytes kept")
    cost = await cost_of(folder, calls=calls, seconds=seconds)
    progress.step(
        f"a turn of {calls} calls: {cost.recorded_turn_s:.2f} s recorded, {cost.plain_turn_s:.2f} s not"
    )
    return Recorded(errors, missing, tone_ms, kept, cost)


def _begin_with(file: Path, field: str) -> None:
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace("---\n", f"---\n{field}\n", 1), encoding="utf-8")


# --- one call compared with the caller's own tape


async def _beside_the_tape(
    stack: Stack, env: Environment, folder: Path
) -> tuple[Mapping[str, Sequence[int]], int, int]:
    """Return the errors by speaker, the missing pieces, and the tone's error. Raises: NotMeasured."""
    room = new_room("recorded")
    killing = KillingEnvironment(stack, env.api, env.store)
    try:
        async with env.call(room, stack.agent_name) as caller:
            talk = _Talk(caller)
            await talk.meets()
            await talk.says("yes please")
            await talk.is_answered()
            await talk.says("please tell me everything about your company", hears_out=False)
            await caller.hears(talk.met[-1], since_ms=caller.now_ms, limit_s=_ANSWER_LIMIT_S)
            await asyncio.sleep(_TELLS_S)
            call = await _call(env.store, room)
            if not await killing.kill(call.holder_job):
                raise NotMeasured("no process was killed")
            killed_ms = caller.now_ms
            await talk.meets()
            await talk.says("I was charged twice for my last invoice")
            await talk.meets()
            await talk.says("my internet connection is very slow since yesterday")
            await talk.meets()
            await talk.says("what are your opening hours")
            await talk.is_answered()
            redacted = await talk.says(_CARD)
            await talk.is_answered()
            zero_at = caller.zero_at
    except (TimeoutError, ConnectionError) as error:
        raise NotMeasured(
            f"the recorded call did not go as planned: {error or type(error).__name__}"
        ) from error
    call = await _written(env.store, room)
    roles = {turn.speaker for turn in await env.store.turns(call.id)} - {CALLER}
    tracks = {who: await _track(env.store, call, folder, who, zero_at) for who in (CALLER, *sorted(roles))}
    agreed = next(event.at for event in await env.store.events(call_id=call.id) if event.kind == "recording")
    lanes = [(caller.said(), caller.said_sounds(), {CALLER})]
    lanes += [(caller.audio(voice), caller.sounds(voice), roles) for voice in caller.speakers()]
    tone_error_ms = _tone_error_ms(tracks[CALLER], redacted)
    errors: dict[str, list[int]] = {}
    missing = 0
    for tape, sounds, speakers in lanes:
        for span in _pieces(sounds):
            is_toned = tape is lanes[0][0] and _near(span, redacted.start_ms, redacted.end_ms)
            if span.start_ms < agreed - zero_at + _BEGINS_MS or is_toned or _near(span, killed_ms, killed_ms):
                continue
            found = _found(tape, {who: tracks[who] for who in speakers}, span)
            if found is None:
                missing += 1
            else:
                errors.setdefault(found[0], []).append(found[1])
    if missing_tracks := set(tracks) - set(errors):
        raise NotMeasured(f"no sound of the tape is in the track of {sorted(missing_tracks)}")
    return errors, missing, tone_error_ms


def _pieces(sounds: Sequence[Span]) -> Iterator[Span]:
    """Yield short pieces: a receiver stretches and shortens what it hears by some ms, to keep up."""
    for span in sounds:
        for start_ms in range(span.start_ms, span.end_ms, _PIECE_MS):
            if span.end_ms - start_ms >= _MISSING_MS:
                yield Span(start_ms, min(start_ms + _PIECE_MS, span.end_ms))


def _near(span: Span, from_ms: int, to_ms: int) -> bool:
    return from_ms - _LOST_MS < span.end_ms and span.start_ms < to_ms + _LOST_MS


def _tone_error_ms(track: Samples, said: Span) -> int:
    """Return how far the tone's ends are from those of the words. Raises: NotMeasured."""
    block = RATE_HZ // 50
    blocks = track[: len(track) // block * block].reshape(-1, block).astype(np.float64)
    strength = np.abs(np.fft.rfft(blocks, axis=1)) ** 2
    at = TONE_HZ * block // RATE_HZ
    is_tone = strength[:, at] > _MOSTLY * np.maximum(strength.sum(axis=1), 1.0)
    toned = spans(np.repeat(is_tone * np.int16(_LOUD), block).astype(np.int16), RATE_HZ)
    if len(toned) != 1:
        raise NotMeasured(f"{len(toned)} tones in the caller's track")
    return max(abs(toned[0].start_ms - said.start_ms), abs(toned[0].end_ms - said.end_ms))


class _Talk:
    """The caller's side of a call whose agents change."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller
        self.met: list[str] = []
        self._said = Span(0, 0)

    async def meets(self) -> None:
        self.met.append(await self._caller.hears(other_than=self.met, since_ms=0, limit_s=_ANSWER_LIMIT_S))
        await self._listens()

    async def says(self, line: str, *, hears_out: bool = True) -> Span:
        if hears_out:
            await self._listens()
        self._said = await self._caller.say(line)
        return self._said

    async def is_answered(self) -> None:
        await self._caller.hears(self.met[-1], since_ms=self._said.end_ms, limit_s=_ANSWER_LIMIT_S)
        await self._listens()

    async def _listens(self) -> None:
        await self._caller.hears_out(pause_s=_PAUSE_S, limit_s=_SPEECH_LIMIT_S)


def _found(tape: Samples, tracks: Mapping[str, Samples], span: Span) -> tuple[str, int] | None:
    """Return whose track has the span's sound and how much later, in ms; None if no track has it.

    If a receiver stretched or shortened the sound in the middle, only its loudness over time matches the
    tape.
    """
    for place_of, sure in ((_apart, _SURE), (_as_loud, _AS_LOUD)):
        places = {who: place_of(tape, track, span) for who, track in tracks.items()}
        who, (apart, likeness) = max(places.items(), key=lambda item: item[1][1])
        if likeness >= sure:
            return who, apart
    return None


def _as_loud(tape: Samples, track: Samples, span: Span) -> tuple[int, float]:
    """As `_apart`, by loudness over time."""
    first, last = (at * RATE_HZ // 1000 for at in (span.start_ms, span.end_ms))
    wanted = envelope(tape[first:last])
    reach = _STRETCHED_MS * RATE_HZ // 1000
    given = np.pad(track, reach)[first : last + 2 * reach]
    given = np.pad(given, (0, last - first + 2 * reach - len(given)))
    step = RATE_HZ // 100
    alike = {
        place - reach: correlation(wanted, envelope(given[place:][: last - first]))
        for place in range(0, 2 * reach + 1, step)
    }
    at, likeness = max(alike.items(), key=lambda item: item[1])
    return at * 1000 // RATE_HZ, likeness


def _apart(tape: Samples, track: Samples, span: Span) -> tuple[int, float]:
    """Return how much later `track` has the span's sound, in ms, and the correlation there, 0 to 1."""
    first, last = (at * RATE_HZ // 1000 for at in (span.start_ms, span.end_ms))
    reach = _APART_MS * RATE_HZ // 1000
    wanted = tape[first:last].astype(np.float64)
    given = np.zeros(len(wanted) + 2 * reach)
    start = max(0, first - reach)
    piece = track[start : last + reach].astype(np.float64)
    given[start - (first - reach) :][: len(piece)] = piece
    size = 1 << (len(given) + len(wanted)).bit_length()
    product = np.fft.irfft(np.fft.rfft(given, size) * np.conj(np.fft.rfft(wanted, size)), size)[
        : 2 * reach + 1
    ]
    energy = np.concatenate(([0.0], np.cumsum(given**2)))
    of_window = energy[len(wanted) : len(wanted) + 2 * reach + 1] - energy[: 2 * reach + 1]
    norm = np.sqrt(np.maximum(of_window, 1.0) * max(float(np.sum(wanted**2)), 1.0))
    likeness = product / norm
    at = int(np.argmax(likeness))
    return round((at - reach) * 1000 / RATE_HZ), float(likeness[at])


async def _track(store: Store, call: Call, folder: Path, speaker: str, zero_at: int) -> Samples:
    """Return a speaker's track on the caller's clock."""
    ours = RecordingSettings.model_construct(folder=folder / "sound", key_file=folder / "keys")
    segments, turns = await store.segments(call.id), await store.turns(call.id)
    ogg = await track_of(ours, call, segments, turns, speaker, now=call.ended_at or 0)
    with av.open(io.BytesIO(ogg), "r") as file:
        resampler = av.AudioResampler(format="s16", layout="mono", rate=RATE_HZ)
        frames = [out for frame in file.decode(audio=0) for out in resampler.resample(frame)]
    samples = np.concatenate([frame.to_ndarray()[0] for frame in frames])
    later = (call.started_at - zero_at) * RATE_HZ // 1000
    return np.pad(samples, (later, 0)) if later >= 0 else samples[-later:]


async def _call(store: Store, room: str) -> Call:
    found = [call for call in await store.calls() if call.room == room]
    if len(found) != 1:
        raise NotMeasured(f"{len(found)} calls in the room")
    return found[0]


async def _written(store: Store, room: str) -> Call:
    """Return the call, once its recording has ended too. Raises: NotMeasured."""
    try:
        async with asyncio.timeout(_END_LIMIT_S):
            while True:
                call = await _call(store, room)
                segments = await store.segments(call.id)
                if call.ended_at and segments and all(one.ended_at is not None for one in segments):
                    return call
                await asyncio.sleep(_LOOK_S)
    except TimeoutError:
        raise NotMeasured("the recording never ended") from None


async def _refused(env: Environment, folder: Path) -> int:
    """Return how many bytes are kept of a caller who refuses. Raises: NotMeasured."""
    room = new_room("refused")
    try:
        async with env.call(room, env.agent_name) as caller:
            talk = _Talk(caller)
            await talk.meets()
            await talk.says("no thank you")
            await talk.is_answered()
            await talk.says("what are your opening hours")
            await talk.is_answered()
    except (TimeoutError, ConnectionError) as error:
        raise NotMeasured(
            f"the refused call did not go as planned: {error or type(error).__name__}"
        ) from error
    call = await _call(env.store, room)
    files = files_of(folder / "sound", call.id)
    return sum(path.stat().st_size for path in files) + len(await env.store.segments(call.id)) * _KILOBYTE
