"""Lines made in advance: kept on the disk, complete, and available when Groq is not."""

from __future__ import annotations

from pathlib import Path

import pytest
from groq import AsyncGroq
from livekit.agents import APIError

from agents.audio.prepared_audio import PromptAudio, PromptAudioCache, render_prompt
from agents.groq.tts.groq_tts import GroqTTS
from local.groq_standin import StandIn
from settings import GroqSettings

LINE = "Please stay with me for a moment."
WANTED = [("hannah", LINE), ("hannah", "Are you still there?"), ("troy", LINE)]


def spoil(folder: Path) -> None:
    """Damage three files: one is empty, one is no WAV, and one is a WAV without sound."""
    one, two, three = folder.iterdir()
    one.write_bytes(b"")
    two.write_bytes(b"no wav")
    three.write_bytes(three.read_bytes()[:44])


@pytest.fixture
def speaking(client: AsyncGroq, settings: GroqSettings) -> dict[str, GroqTTS]:
    return {voice: GroqTTS(client, settings, voice=voice) for voice, _ in WANTED}


def asked(stand_in: StandIn) -> int:
    return len(stand_in.control.requests("speech"))


async def test_a_prepared_line_plays_what_was_synthesised(speaking: dict[str, GroqTTS]) -> None:
    line = await render_prompt(speaking["hannah"], LINE)
    frames = [frame async for frame in line.play()]
    assert b"".join(bytes(frame.data) for frame in frames) == line.samples
    assert sum(frame.duration for frame in frames) == pytest.approx(line.duration_s)
    assert 1.0 < line.duration_s < 4.0


async def test_lines_are_made_once_and_found_by_the_next_process(
    speaking: dict[str, GroqTTS], stand_in: StandIn, tmp_path: Path
) -> None:
    made = PromptAudioCache(tmp_path / "lines", "service")
    assert await made.fill(speaking, WANTED) == 0
    assert asked(stand_in) == 3
    assert await PromptAudioCache(tmp_path / "lines", "service").fill(speaking, WANTED) == 0
    assert asked(stand_in) == 3
    later = PromptAudioCache(tmp_path / "lines", "service")
    later.load(WANTED)
    assert later.line("troy", LINE) == made.line("troy", LINE)
    assert later.line("troy", LINE) != later.line("hannah", LINE)


async def test_another_service_has_lines_of_its_own(speaking: dict[str, GroqTTS], tmp_path: Path) -> None:
    await PromptAudioCache(tmp_path, "service").fill(speaking, WANTED)
    other = PromptAudioCache(tmp_path, "another")
    other.load(WANTED)
    assert other.line("troy", LINE) is None


async def test_a_file_that_cannot_be_used_is_made_again(
    speaking: dict[str, GroqTTS], stand_in: StandIn, tmp_path: Path
) -> None:
    await PromptAudioCache(tmp_path, "service").fill(speaking, WANTED)
    spoil(tmp_path)
    lines = PromptAudioCache(tmp_path, "service")
    lines.load(WANTED)
    assert lines.line("troy", LINE) is None
    assert await lines.fill(speaking, WANTED) == 0
    assert asked(stand_in) == 6
    assert isinstance(lines.line("troy", LINE), PromptAudio)


@pytest.mark.fault("A7")
async def test_with_the_service_gone_the_start_does_not_wait_for_every_line(
    speaking: dict[str, GroqTTS], stand_in: StandIn, tmp_path: Path
) -> None:
    stand_in.control.fault("speech", "unauthorized", count=99)
    many = [("hannah", f"Line number {number}.") for number in range(40)]
    lines = PromptAudioCache(tmp_path, "service")
    assert await lines.fill(speaking, many) == 40
    assert asked(stand_in) <= 7
    with pytest.raises(APIError):
        await render_prompt(speaking["hannah"], LINE)


@pytest.mark.fault("A7")
async def test_lines_on_the_disk_are_there_when_the_service_is_gone(
    speaking: dict[str, GroqTTS], stand_in: StandIn, tmp_path: Path
) -> None:
    await PromptAudioCache(tmp_path, "service").fill(speaking, WANTED)
    stand_in.control.fault("speech", "cut", count=99)
    lines = PromptAudioCache(tmp_path, "service")
    assert await lines.fill(speaking, WANTED) == 0
    assert lines.line("hannah", LINE) is not None
