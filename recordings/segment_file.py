"""One segment's file: OGG/Opus in Fernet tokens, one per line. What was written before a kill can be read.

A token lost, doubled or moved shows in OGG's own page numbers, so the file needs no format of ours.
"""

from __future__ import annotations

import io
import os
from collections.abc import Iterator, Sequence
from fractions import Fraction
from functools import cache
from itertools import groupby
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.packet import Packet
from av.stream import Stream
from cryptography.fernet import InvalidToken, MultiFernet

Samples = npt.NDArray[np.int16]

RATE_HZ = 48_000
"""Mono samples a second, as LiveKit's decoder gives them. A lower rate would need resampling, and costs Opus
more."""
FRAME = RATE_HZ // 50
"""Samples of one Opus packet, 20 ms."""
_OPUS = {"application": "audio", "compression_level": "3", "cutoff": "12000"}
"""At this bit rate, "voip" needs more than twice the processor time, and its sound is less true to what was
said (docs/measurements.md). `cutoff`: speech has next to nothing above 12 kHz.
"""
_PAGES = {"page_duration": "500000"}  # µs: what a killed process loses
_BITS_PER_S = 24_000
_TICK = Fraction(1, RATE_HZ)
_INAUDIBLE = 3
"""Loudest sample of silence, of 32,767: silence that came through a codec is not all zeros."""
_REMEMBERED = 25
"""Packets that the encoder remembers: half a second."""


class _Pages:
    """What the OGG muxer has written, until it is taken."""

    def __init__(self) -> None:
        self._written = bytearray()

    def write(self, data: bytes) -> int:
        self._written += data
        return len(data)

    def take(self) -> bytes:
        taken, self._written = bytes(self._written), bytearray()
        return taken


class OpusWriter:
    """Encodes mono samples at `RATE_HZ` into OGG pages.

    A speaker is silent most of the time, and silence costs as much to encode as speech. So what is inaudible
    for longer than the encoder remembers is written as one and the same packet, encoded once.
    """

    def __init__(self) -> None:
        self._pages = _Pages()
        self._file = av.open(self._pages, "w", format="ogg", options=_PAGES)
        self._stream: AudioStream = self._file.add_stream("libopus", rate=RATE_HZ, options=_OPUS)
        self._stream.layout = "mono"
        self._stream.bit_rate = _BITS_PER_S
        self._left = np.zeros(0, np.int16)
        self._written = 0
        self._next_tick: int | None = None
        self._quiet = 0  # packets in a row

    def write(self, samples: Samples) -> bytes:
        """The pages that are complete. What makes no whole packet is kept for the next time."""
        samples = np.concatenate((self._left, samples))
        whole = len(samples) - len(samples) % FRAME
        packets, self._left = samples[:whole].reshape(-1, FRAME), samples[whole:]
        audible = (packets.max(axis=1) > _INAUDIBLE) | (packets.min(axis=1) < -_INAUDIBLE)
        silent = [self._is_silent(sounds) for sounds in audible.tolist()]
        for is_silent, run in groupby(range(len(packets)), silent.__getitem__):
            places = list(run)
            if is_silent:
                self._write_silence(len(places))
            else:
                self._encode(packets[places[0] : places[-1] + 1])
        return self._pages.take()

    def _is_silent(self, audible: bool) -> bool:
        """Whether this packet, like those before it, has been for longer than the encoder remembers."""
        self._quiet = 0 if audible else self._quiet + 1
        return self._quiet > _REMEMBERED

    def _encode(self, packets: Samples) -> None:
        frame = AudioFrame.from_ndarray(packets.reshape(1, -1), format="s16", layout="mono")
        frame.rate, frame.pts, frame.time_base = RATE_HZ, self._written, _TICK
        for packet in self._stream.encode(frame):
            self._mux(packet)
        self._written += packets.size

    def _write_silence(self, packets: int) -> None:
        for _ in range(packets):
            packet = Packet(silent_packet())
            packet.stream, packet.time_base, packet.duration = self._stream, _TICK, FRAME
            self._mux(packet)
        self._written += packets * FRAME

    def _mux(self, packet: Packet[Stream]) -> None:
        if self._next_tick is None:
            self._next_tick = packet.pts or 0  # before zero, by the encoder's delay
        packet.pts = packet.dts = self._next_tick  # the encoder knows nothing of what it was not given
        self._next_tick += FRAME
        self._file.mux(packet)

    def close(self) -> bytes:
        """The last pages."""
        if self._quiet <= _REMEMBERED:
            for packet in self._stream.encode(None):
                self._mux(packet)
        self._file.close()
        return self._pages.take()


@cache
def silent_packet() -> bytes:
    """20 ms of silence, as the encoder writes it once it has heard nothing for half a second."""
    written = OpusWriter()
    pages = written.write(np.zeros(_REMEMBERED * FRAME, np.int16)) + written.close()
    return packets_of(pages)[-1]


def packets_of(ogg: bytes) -> Sequence[bytes]:
    """A file's packets; of one that broke off, those before."""
    return list(_demuxed(ogg)) if ogg else []


def _demuxed(ogg: bytes) -> Iterator[bytes]:
    try:
        with av.open(io.BytesIO(ogg), "r") as file:
            for packet in file.demux(audio=0):
                if packet.size:
                    yield bytes(packet)
    except av.error.FFmpegError:  # not even its head is whole
        return


class SegmentWriter:
    """Writes one segment. It blocks: use it in a thread. Raises: OSError, also for a full disk."""

    def __init__(self, path: Path, keys: MultiFernet) -> None:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND, 0o600)
        self._keys, self._opus = keys, OpusWriter()

    def write(self, samples: Samples) -> None:
        self._append(self._opus.write(samples))

    def close(self) -> None:
        try:
            self._append(self._opus.close())
        finally:
            os.close(self._file)

    def _append(self, pages: bytes) -> None:
        token = self._keys.encrypt(pages) + b"\n" if pages else b""
        while token:  # a full disk takes a part, and refuses the rest
            token = token[os.write(self._file, token) :]


def read_segment(path: Path, keys: MultiFernet) -> bytes:
    """The OGG file, up to its last whole token. Empty if there is none. Blocks.

    Raises: OSError, InvalidToken (no key of the file fits, or somebody changed it).
    """
    try:
        lines = path.read_bytes().split(b"\n")
    except FileNotFoundError:
        return b""
    *whole, _ = lines  # the last line is empty, or a kill or a full disk broke it off
    return b"".join(keys.decrypt(line) for line in whole)


__all__ = [
    "FRAME",
    "RATE_HZ",
    "InvalidToken",
    "OpusWriter",
    "Samples",
    "SegmentWriter",
    "packets_of",
    "read_segment",
    "silent_packet",
]
