"""WAV headers as they occur: both rates, unknown sizes, extra chunks, channels; and input that is not WAV."""

from __future__ import annotations

import io
import struct
import wave

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.audio.trim_silence import Samples
from agents.groq.errors import BadAnswer, Fault
from agents.groq.tts.wav import WavReader

SOUND = np.arange(-500, 500, dtype=np.int16)


def wav(sound: Samples = SOUND, *, rate: int = 24_000, channels: int = 1, width: int = 2) -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as writer:
        writer.setnchannels(channels)
        writer.setsampwidth(width)
        writer.setframerate(rate)
        writer.writeframes(sound.tobytes())
    return file.getvalue()


def streamed(content: bytes, size: int = 0xFFFFFFFF) -> bytes:
    """Return the WAV with the sizes that a streaming server sends before it knows the length."""
    place = content.index(b"data") + 4
    unknown = struct.pack("<I", size)
    return content[:4] + unknown + content[8:place] + unknown + content[place + 4 :]


def read(content: bytes, step: int = 4_096) -> tuple[list[int], int | None]:
    reader = WavReader()
    bits = [reader.feed(content[at : at + step]) for at in range(0, len(content), step)]
    reader.finish()
    return np.concatenate(bits).tolist(), reader.rate


@pytest.mark.parametrize("rate", [24_000, 48_000])
@given(step=st.integers(1, 300))
def test_chunk_boundaries_do_not_matter(rate: int, step: int) -> None:
    assert read(wav(rate=rate), step) == (SOUND.tolist(), rate)


@pytest.mark.parametrize("size", [0, 0xFFFFFFFF])
def test_a_file_of_unknown_size_is_read_to_its_end(size: int) -> None:
    assert read(streamed(wav(), size)) == (SOUND.tolist(), 24_000)


def test_other_riff_chunks_are_skipped() -> None:
    extra = b"LIST" + struct.pack("<I", 5) + b"INFOx\0"
    content = wav()
    assert read(content[:12] + extra + content[12:] + extra, 7) == (SOUND.tolist(), 24_000)


def test_stereo_is_mixed_down_to_mono() -> None:
    sides = np.column_stack([np.full(50, 100), np.full(50, 300)]).astype(np.int16)
    assert read(wav(sides, channels=2), 3) == ([200] * 50, 24_000)


@pytest.mark.parametrize("missing", [1, 2, 700, 1_990])
def test_a_truncated_file_is_a_failure(missing: int) -> None:
    with pytest.raises(BadAnswer) as failed:
        read(wav()[:-missing])
    assert failed.value.fault is Fault.CUT_SHORT


@pytest.mark.parametrize("content", [b"", b"RIFF", wav()[:30]])
def test_half_a_header_is_a_truncated_file(content: bytes) -> None:
    with pytest.raises(BadAnswer) as failed:
        read(content)
    assert failed.value.fault is Fault.CUT_SHORT


NO_FORMAT = b"RIFF\0\0\0\0WAVEdata" + struct.pack("<I", 4) + b"abcd"
ENDLESS_HEADER = b"RIFF\0\0\0\0WAVE" + b"junk" + struct.pack("<I", 100_000) + bytes(100_008)


@pytest.mark.parametrize(
    "content", [b"<html>this is no audio</html>", wav(width=1), NO_FORMAT, ENDLESS_HEADER], ids=lambda _: ""
)
def test_an_unreadable_wav_is_a_broken_response(content: bytes) -> None:
    with pytest.raises(BadAnswer) as failed:
        read(content)
    assert failed.value.fault is Fault.BROKEN


@given(st.binary(max_size=400))
def test_arbitrary_bytes_raise_nothing_else(rest: bytes) -> None:
    for content in (rest, b"RIFF\0\0\0\0WAVE" + rest, wav()[:36] + rest):
        try:
            read(content, 64)
        except BadAnswer:
            continue
