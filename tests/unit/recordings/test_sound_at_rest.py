"""Segments are encrypted as they are written, survive a kill, and become one track per speaker."""

from __future__ import annotations

import errno
import io
import os
from pathlib import Path

import av
import numpy as np
import pytest
from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from errors import BadInput
from recordings.folder import check_room, files_of, remove_call, segment_path
from recordings.keys import read_keys
from recordings.segment_file import RATE_HZ, Samples, SegmentWriter, read_segment
from recordings.track import TONE_HZ, Sound, joined

KEYS = MultiFernet([Fernet(Fernet.generate_key())])
TONE = (8000 * np.sin(np.arange(2 * RATE_HZ) * 2 * np.pi * 440 / RATE_HZ)).astype(np.int16)
"""Two seconds."""


def written(path: Path, *, keys: MultiFernet = KEYS, killed: bool = False, sound: Samples = TONE) -> bytes:
    writer = SegmentWriter(path, keys)
    for second in (sound[:RATE_HZ], sound[RATE_HZ:]):
        writer.write(second)
    if not killed:
        writer.close()
    return read_segment(path, keys)


def decoded(ogg: bytes) -> Samples:
    with av.open(io.BytesIO(ogg), "r") as file:
        resampler = av.AudioResampler(format="s16", layout="mono", rate=RATE_HZ)
        frames = [out for frame in file.decode(audio=0) for out in resampler.resample(frame)]
    return np.concatenate([frame.to_ndarray()[0] for frame in frames])


def sounding_ms(samples: Samples) -> list[int]:
    """Return where loud spans begin and end, in ms."""
    loud = np.convolve(np.abs(samples) > 500, np.ones(RATE_HZ // 50), "same") > 0
    return [round(1000 * at / RATE_HZ) for at in np.flatnonzero(np.diff(loud))]


def test_a_file_is_for_us_alone_and_shows_no_sound_without_the_key(tmp_path: Path) -> None:
    path = segment_path(tmp_path / "recordings", "call-1", "s1")
    assert written(path).startswith(b"OggS")
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert b"OggS" not in path.read_bytes()
    with pytest.raises(InvalidToken):
        read_segment(path, MultiFernet([Fernet(Fernet.generate_key())]))


def test_a_killed_process_leaves_all_but_its_last_second(tmp_path: Path) -> None:
    path = segment_path(tmp_path, "call-1", "s1")
    written(path, killed=True)
    with path.open("ab") as file:
        file.write(b"gAAAAAB half a token")
    ogg = read_segment(path, KEYS)
    assert len(decoded(joined([Sound(0, ogg)], started_at=0, ends_at=1))) > RATE_HZ


def test_a_new_first_key_encrypts_and_the_one_before_still_decrypts(tmp_path: Path) -> None:
    file = tmp_path / "keys"
    file.touch(0o600)
    file.write_bytes(Fernet.generate_key() + b"\n")
    before = written(segment_path(tmp_path, "call-1", "s1"), keys=read_keys(file))
    old = file.read_bytes()
    file.write_bytes(Fernet.generate_key() + b"\n" + old)
    assert read_segment(segment_path(tmp_path, "call-1", "s1"), read_keys(file)) == before
    written(segment_path(tmp_path, "call-1", "s2"), keys=read_keys(file))
    with pytest.raises(InvalidToken):
        read_segment(segment_path(tmp_path, "call-1", "s2"), MultiFernet([Fernet(old.strip())]))


def test_segments_are_joined_at_their_times_with_silence_between(tmp_path: Path) -> None:
    ogg = written(segment_path(tmp_path, "call-1", "s1"))
    track = decoded(joined([Sound(13_000, ogg), Sound(17_500, ogg)], started_at=10_000, ends_at=22_000))
    for found, wanted in zip(sounding_ms(track), (3_000, 5_000, 7_500, 9_500), strict=True):
        assert abs(found - wanted) <= 25
    assert abs(len(track) - 12 * RATE_HZ) <= RATE_HZ // 25


def test_sound_after_a_long_silence_stays_at_its_time(tmp_path: Path) -> None:
    still = np.full(10 * RATE_HZ, 2, np.int16)  # what a codec leaves of silence
    sound = np.concatenate((TONE, still, TONE, still))
    ogg = written(segment_path(tmp_path, "call-1", "s1"), sound=sound)
    track = decoded(joined([Sound(10_000, ogg)], started_at=9_000, ends_at=33_000))
    for found, wanted in zip(sounding_ms(track), (1_000, 3_000, 13_000, 15_000), strict=True):
        assert abs(found - wanted) <= 25
    assert np.abs(track[4 * RATE_HZ : 12 * RATE_HZ]).max() <= 3


def test_where_two_segments_overlap_the_later_is_heard(tmp_path: Path) -> None:
    ogg = written(segment_path(tmp_path, "call-1", "s1"))
    dead = written(segment_path(tmp_path, "call-1", "s2"), sound=np.zeros_like(TONE))
    track = decoded(joined([Sound(10_500, dead), Sound(11_000, ogg)], started_at=10_000, ends_at=15_000))
    begins, ends = sounding_ms(track)
    assert abs(begins - 1_000) <= 25
    assert abs(ends - 3_000) <= 25


def test_a_tone_is_heard_in_place_of_what_nobody_may_hear(tmp_path: Path) -> None:
    ogg = written(segment_path(tmp_path, "call-1", "s1"), sound=np.tile(TONE, 3))
    toned = [(10_500, 11_500), (13_000, 13_600)]
    track = decoded(joined([Sound(10_000, ogg)], started_at=10_000, ends_at=16_000, toned=toned))
    for at_ms, pitch in (
        (200, 440),
        (700, TONE_HZ),
        (1_300, TONE_HZ),
        (1_800, 440),
        (3_300, TONE_HZ),
        (3_900, 440),
    ):
        assert pitch_of(track, at_ms) == pytest.approx(pitch, abs=20), at_ms


def test_of_a_call_that_goes_on_nothing_is_kept_after_its_end(tmp_path: Path) -> None:
    ogg = written(segment_path(tmp_path, "call-1", "s1"))
    track = decoded(joined([Sound(10_000, ogg)], started_at=10_000, ends_at=11_000, stops=True))
    assert abs(len(track) - RATE_HZ) <= RATE_HZ // 25
    assert (
        len(decoded(joined([Sound(10_000, ogg)], started_at=10_000, ends_at=9_000, stops=True)))
        <= RATE_HZ // 25
    )


def pitch_of(samples: Samples, at_ms: int) -> float:
    """Return the loudest frequency in 100 ms of sound, in Hz."""
    heard = samples[at_ms * RATE_HZ // 1000 :][: RATE_HZ // 10].astype(np.float64)
    return float(np.argmax(np.abs(np.fft.rfft(heard)))) * 10


def test_a_full_disk_is_told_and_what_was_written_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = segment_path(tmp_path, "call-1", "s1")
    writer = SegmentWriter(path, KEYS)
    writer.write(TONE)

    def full(*_: object) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "write", full)
    with pytest.raises(OSError, match="No space left"):
        writer.write(TONE)
    with pytest.raises(OSError, match="No space left"):
        writer.close()
    assert read_segment(path, KEYS).startswith(b"OggS")


def test_removing_a_call_removes_its_files_and_may_be_repeated(tmp_path: Path) -> None:
    written(segment_path(tmp_path, "call-1", "s1"))
    written(segment_path(tmp_path, "call-2", "s2"))
    remove_call(tmp_path, "call-1")
    remove_call(tmp_path, "call-1")
    assert not files_of(tmp_path, "call-1")
    assert files_of(tmp_path, "call-2")
    assert read_segment(segment_path(tmp_path, "call-1", "s1"), KEYS) == b""


@pytest.mark.parametrize(
    ("content", "mode", "wrong"),
    [
        (Fernet.generate_key(), 0o640, "others may read"),
        (b"", 0o600, "has no key"),
        (b"secret-and-short\n", 0o600, "is no key of 32 bytes"),
        (b"secret\xff", 0o600, "is no text; name the file with the keys"),
    ],
    ids=["read by others", "empty", "no key", "no text"],
)
def test_a_key_file_that_cannot_be_used_says_what_would_be_right(
    tmp_path: Path, content: bytes, mode: int, wrong: str
) -> None:
    file = tmp_path / "keys"
    file.write_bytes(content)
    file.chmod(mode)
    with pytest.raises(BadInput, match=wrong) as refused:
        read_keys(file)
    assert refused.value.where.startswith("BATON_RECORDING_KEY_FILE")
    assert "secret" not in str(refused.value)


def test_nobody_is_told_to_make_a_key_where_one_may_be(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    with pytest.raises(BadInput, match=r"cannot be read \(Is a directory\); name a file") as refused:
        read_keys(tmp_path)
    assert "openssl" not in str(refused.value)
    with pytest.raises(BadInput, match=r"is missing; make it with .*openssl"):
        read_keys(tmp_path / "keys")


def test_a_folder_without_room_for_the_calls_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="has room for") as refused:
        check_room(tmp_path, 100_000_000)
    assert refused.value.where == "BATON_RECORDING_FOLDER"
