"""Joins a speaker's segments into one track of the call: each at its time, with silence in between. Pure."""

from __future__ import annotations

import io
import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cache

import av
import numpy as np
from av.packet import Packet

from recordings.segment_file import FRAME, RATE_HZ, OpusWriter, packets_of, silent_packet

_ALWAYS_THE_SAME = {"fflags": "+bitexact"}
"""Otherwise OGG's stream number is random, and two parts of a file that a browser requests do not match."""
_PACKET_MS = 1000 * FRAME // RATE_HZ
TONE_HZ = 1_000
"""The tone that replaces a redacted turn."""
_TONE_LOUDNESS = 2_000
_BEGINS = 10
"""Packets that the encoder needs to settle."""
_TICK = Fraction(1, 48_000)
_OPUS_TICKS = 48_000 // 50
"""Ticks of one packet: OGG counts Opus at 48 kHz, whatever the rate of the encoded sound."""


@dataclass(frozen=True, slots=True)
class Sound:
    """A segment: when it started, ms UTC, and its OGG file."""

    started_at: int
    ogg: bytes


def joined(
    sounds: Sequence[Sound],
    *,
    started_at: int,
    ends_at: int,
    toned: Sequence[tuple[int, int]] = (),
    stops: bool = False,
) -> bytes:
    """One OGG/Opus file from `started_at` to `ends_at`, without decoding: packets are placed to within 10 ms.

    Where two segments overlap, the later is heard: a dead agent's track goes on in silence for a moment, and
    its replacement speaks. `toned`: from when to when a tone is heard instead. `stops`: nothing after
    `ends_at` is kept, which may be before all sound. All times are ms UTC.
    """
    places: dict[int, bytes] = {}
    for sound in sorted(sounds, key=lambda sound: sound.started_at):
        first = round((sound.started_at - started_at) / _PACKET_MS)
        places.update(enumerate(packets_of(sound.ogg), first))
    tone = _tone()
    for from_ms, to_ms in toned:
        first = max(0, math.floor((from_ms - started_at) / _PACKET_MS))
        last = math.ceil((to_ms - started_at) / _PACKET_MS)
        places.update((place, tone[place % len(tone)]) for place in range(first, last))
    ends = math.ceil((ends_at - started_at) / _PACKET_MS)
    ends = max(1, ends if stops else max(ends, max(places, default=0) + 1))
    written = io.BytesIO()
    with (
        av.open(written, "w", format="ogg", options=_ALWAYS_THE_SAME) as file,
        av.open(io.BytesIO(_silence()), "r") as quiet,
    ):
        stream = file.add_stream_from_template(quiet.streams.audio[0])
        for place in range(ends):
            packet = Packet(places.get(place, silent_packet()))
            packet.stream, packet.time_base = stream, _TICK
            packet.pts = packet.dts = place * _OPUS_TICKS
            packet.duration = _OPUS_TICKS
            file.mux(packet)
    return written.getvalue()


@cache
def _silence() -> bytes:
    """An OGG file, from which a track has what players need to know of its stream."""
    writer = OpusWriter()
    return writer.write(np.zeros(FRAME, np.int16)) + writer.close()


@cache
def _tone() -> Sequence[bytes]:
    """The packets of a tone that can be repeated: each has whole waves."""
    second = np.sin(2 * np.pi * TONE_HZ * np.arange(RATE_HZ) / RATE_HZ)
    writer = OpusWriter()
    return packets_of(writer.write((_TONE_LOUDNESS * second).astype(np.int16)) + writer.close())[_BEGINS:-1]
