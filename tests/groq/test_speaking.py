"""Speech with the real client: what is requested, what comes out, and every row of Groq's faults."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import pytest
from groq import AsyncGroq
from livekit.agents import APIConnectionError, APIError, APIStatusError, APITimeoutError

from agents.audio.trim_silence import Samples
from agents.groq.spending.unread import UNREAD_S
from agents.groq.tts.groq_tts import GroqTTS
from agents.groq.tts.speech_request import RATE
from local.groq_standin import Latencies, StandIn
from settings import GroqSettings

LINE = "Welcome to Brightwave Broadband."
LONG = "We looked at your line from the exchange to your home, and found that it is sound. " * 5


@pytest.fixture
def settings() -> GroqSettings:
    """Short limits, so that a stall ends soon."""
    return GroqSettings.model_construct(speaking_limit_s=1.5)


@pytest.fixture
def speaking(client: AsyncGroq, settings: GroqSettings) -> GroqTTS:
    return GroqTTS(client, settings, voice="hannah")


async def whole(speaking: GroqTTS, text: str) -> Samples:
    """Speak a text that is known as a whole."""
    sound = [np.zeros(0, np.int16)]
    async with speaking.synthesize(text) as stream:
        async for event in stream:
            assert (event.frame.sample_rate, event.frame.num_channels) == (RATE, 1)
            sound.append(np.frombuffer(event.frame.data, np.int16))
    return np.concatenate(sound)


async def streamed(speaking: GroqTTS, bits: Iterable[str], sound: list[Samples]) -> None:
    """Speak a reply in pieces, as an AgentSession does. `sound` gets what came, even before an error."""
    async with speaking.stream() as stream:
        for bit in bits:
            stream.push_text(bit)
        stream.end_input()
        async for event in stream:
            sound.append(np.frombuffer(event.frame.data, np.int16))  # noqa: PERF401 - kept up to an error


async def until(holds: Callable[[], bool]) -> None:
    """Poll until this is true: the stand-in sends no events.

    A request whose answer nobody awaits continues for UNREAD_S at most.
    """
    async with asyncio.timeout(UNREAD_S + 2):
        while not holds():  # noqa: ASYNC110 - as above
            await asyncio.sleep(0.01)


def seconds(sound: Samples) -> float:
    return len(sound) / RATE


def asked(stand_in: StandIn) -> list[Any]:
    """Return how many characters each request had."""
    return [entry.details.get("input_characters") for entry in stand_in.control.requests("speech")]


async def test_a_line_is_spoken_without_silence_at_its_ends(speaking: GroqTTS) -> None:
    sound = await whole(speaking, LINE)
    assert 1.0 < seconds(sound) < 4.0
    loud = np.flatnonzero(np.abs(sound.astype(int)) > 160)
    assert loud[0] / RATE < 0.05
    assert (len(sound) - loud[-1]) / RATE < 0.1


async def test_a_reply_in_bits_sounds_as_long_as_its_parts(speaking: GroqTTS) -> None:
    sound: list[Samples] = []
    await streamed(speaking, ["Welcome to ", "Bright", "wave Broad", "band. How can", " I help you?"], sound)
    parts = [await whole(speaking, part) for part in (LINE, "How can I help you?")]
    assert seconds(np.concatenate(sound)) == pytest.approx(sum(map(seconds, parts)) + 0.18, abs=0.03)


async def test_long_text_is_sent_in_pieces_of_two_hundred_at_most_two_at_a_time(
    speaking: GroqTTS, stand_in: StandIn
) -> None:
    await whole(speaking, LONG)
    assert len(asked(stand_in)) >= 3
    assert max(asked(stand_in)) <= 200
    assert stand_in.control.counts("speech").peak == 2


async def test_pieces_keep_their_order_though_the_first_takes_longer(
    speaking: GroqTTS, stand_in: StandIn
) -> None:
    first, second = "This first sentence is rather long and takes its time.", "Short."
    apart = [await whole(speaking, text) for text in (first, second)]
    stand_in.control.fault("speech", "stall", stall_s=0.3)
    sound: list[Samples] = []
    await streamed(speaking, [f"{first} {second}"], sound)
    together = np.concatenate(sound)
    pause = together[len(apart[0]) : -len(apart[1])]
    assert seconds(pause) == pytest.approx(0.18, abs=0.01)
    assert not pause.any()


async def test_the_first_sound_comes_before_the_reply_is_fetched(
    speaking: GroqTTS, stand_in: StandIn
) -> None:
    stand_in.control.set_latencies(Latencies(speech_per_character_ms=40))  # each piece takes seconds
    async with speaking.stream() as stream:
        stream.push_text(LONG)
        stream.end_input()
        await anext(aiter(stream))
        assert {entry.total_ms for entry in stand_in.control.requests("speech")} == {None}
    assert min(asked(stand_in)) < 70


async def test_no_more_is_fetched_than_will_soon_be_heard(speaking: GroqTTS, stand_in: StandIn) -> None:
    async with speaking.stream() as stream:
        stream.push_text(LONG * 20)
        stream.end_input()
        async for _event in stream:
            if len(asked(stand_in)) >= 3 and stand_in.control.counts("speech").under_way == 0:
                break
        await asyncio.sleep(0.2)  # long enough for the stand-in to answer a dozen more
        assert len(asked(stand_in)) <= 5


@pytest.mark.parametrize("text", ["", "  ", "🙂🙂🙂", "…", "**", "\u200d"])
async def test_what_cannot_be_spoken_is_no_error_and_no_request(
    speaking: GroqTTS, stand_in: StandIn, text: str
) -> None:
    sound: list[Samples] = []
    await streamed(speaking, [text], sound)
    assert seconds(await whole(speaking, text)) < 0.05
    assert asked(stand_in) == []


async def test_ten_thousand_characters_are_spoken(client: AsyncGroq, stand_in: StandIn) -> None:
    speaking = GroqTTS(client, GroqSettings.model_construct(), voice="hannah")
    text = "All is well. " * 770
    assert seconds(await whole(speaking, text)) > 300
    assert sum(asked(stand_in)) > 9_000


@pytest.mark.parametrize("kind", ["wav_48_khz", "wav_without_sizes"])
async def test_a_wav_of_another_kind_sounds_the_same(speaking: GroqTTS, stand_in: StandIn, kind: Any) -> None:
    expected = await whole(speaking, LINE)
    stand_in.control.fault("speech", kind)
    sound = await whole(speaking, LINE)
    assert seconds(sound) == pytest.approx(seconds(expected), abs=0.03)


HELPED: list[tuple[str, dict[str, Any]]] = [
    ("rate_limited", {"retry_after_s": 0.2}),
    ("no_capacity", {}),
    ("server_error", {"status": 500}),
    ("server_error", {"status": 503}),
    ("cut", {}),
    ("cut", {"reset": True}),
    ("stall", {}),
    ("empty", {}),
    ("bad_wav", {}),
]


@pytest.mark.fault("A7")
@pytest.mark.parametrize(("kind", "fields"), HELPED)
async def test_a_second_try_helps_while_nothing_was_heard(
    speaking: GroqTTS, stand_in: StandIn, kind: Any, fields: dict[str, Any]
) -> None:
    stand_in.control.fault("speech", kind, **fields)
    sound: list[Samples] = []
    await streamed(speaking, [LINE], sound)
    assert seconds(np.concatenate(sound)) > 1.0
    assert len(asked(stand_in)) == 2


NOT_HELPED: list[tuple[str, dict[str, Any], type[APIError], bool, int]] = [
    ("rate_limited", {"retry_after_s": 20}, APIStatusError, True, 1),
    ("no_capacity", {}, APIStatusError, True, 2),
    ("server_error", {"status": 500}, APIStatusError, True, 2),
    ("model_gone", {}, APIStatusError, False, 1),
    ("unauthorized", {}, APIStatusError, False, 1),
    ("cut", {}, APIConnectionError, True, 2),
    ("stall", {}, APITimeoutError, True, 2),
    ("empty", {}, APIError, True, 2),
    ("bad_wav", {}, APIError, True, 2),
]


@pytest.mark.fault("A7")
@pytest.mark.parametrize(("kind", "fields", "error", "retryable", "tries"), NOT_HELPED)
async def test_when_nothing_helps_one_error_is_told_in_time(
    speaking: GroqTTS,
    stand_in: StandIn,
    kind: Any,
    fields: dict[str, Any],
    error: type[APIError],
    *,
    retryable: bool,
    tries: int,
) -> None:
    told: list[Any] = []
    speaking.on("error", told.append)
    stand_in.control.fault("speech", kind, count=99, **fields)
    sound: list[Samples] = []
    with pytest.raises(error) as raised:
        async with asyncio.timeout(2):
            await streamed(speaking, [LINE], sound)
    assert raised.value.retryable is retryable
    assert LINE not in str(raised.value)
    assert (sound, len(asked(stand_in))) == ([], tries)
    assert [event.recoverable for event in told] == [False]
    async with asyncio.timeout(UNREAD_S + 2):
        await until(lambda: stand_in.control.counts("speech").under_way == 0)


HALFWAY: list[tuple[str, dict[str, Any]]] = [
    ("cut", {"after_chunks": 6}),
    ("stall", {"after_chunks": 6}),
    ("ends_early", {}),
]


@pytest.mark.fault("A7")
@pytest.mark.parametrize(("kind", "fields"), HALFWAY)
async def test_words_are_never_said_twice(
    speaking: GroqTTS, stand_in: StandIn, kind: Any, fields: dict[str, Any]
) -> None:
    # At a pace at which the first half is played before the second is due.
    stand_in.control.set_latencies(Latencies(speech_per_character_ms=8))
    stand_in.control.fault("speech", kind, **fields)
    sound: list[Samples] = []
    with pytest.raises(APIError) as raised:
        await streamed(speaking, [LINE], sound)
    assert not raised.value.retryable
    assert 0.3 < seconds(np.concatenate(sound)) < 1.5
    assert len(asked(stand_in)) == 1


@pytest.mark.fault("A7")
async def test_a_piece_that_fails_while_the_one_before_plays_is_fetched_again(
    speaking: GroqTTS, stand_in: StandIn
) -> None:
    text = "This is the first of two sentences. And this is the second one."
    expected: list[Samples] = []
    await streamed(speaking, [text], expected)
    stand_in.control.set_latencies(Latencies(speech_per_character_ms=8))
    stand_in.control.fault("speech", "cut", skip=1, after_chunks=3)
    sound: list[Samples] = []
    await streamed(speaking, [text], sound)
    assert seconds(np.concatenate(sound)) == pytest.approx(seconds(np.concatenate(expected)), abs=0.03)


async def test_slow_speech_that_goes_on_is_not_cut(
    speaking: GroqTTS, settings: GroqSettings, stand_in: StandIn
) -> None:
    text = LONG[:170]
    expected = await whole(speaking, text)
    stand_in.control.set_latencies(Latencies(speech_per_character_ms=12))
    began = asyncio.get_running_loop().time()
    slow = await whole(speaking, text)
    assert asyncio.get_running_loop().time() - began > settings.speaking_limit_s
    assert seconds(slow) == pytest.approx(seconds(expected), abs=0.05)


async def test_a_piece_may_begin_late_while_the_one_before_plays(
    speaking: GroqTTS, stand_in: StandIn
) -> None:
    first, second = "This first sentence is rather long, and takes its time to be said.", "And this is next."
    expected = seconds(await whole(speaking, first)) + seconds(await whole(speaking, second))
    sound: list[Samples] = []
    async with speaking.stream() as stream:
        stream.push_text(f"{first} {second[:3]}")
        async for event in stream:
            if not sound:
                stand_in.control.fault("speech", "stall", count=2, stall_s=1.0)
                stream.push_text(second[3:])
                stream.end_input()
            sound.append(np.frombuffer(event.frame.data, np.int16))
    assert seconds(np.concatenate(sound)) == pytest.approx(expected + 0.18, abs=0.05)
    assert not {entry.status for entry in stand_in.control.requests("speech")} - {200}, "none was given up"


async def test_a_reply_that_is_dropped_ends_its_requests(speaking: GroqTTS, stand_in: StandIn) -> None:
    stand_in.control.set_latencies(Latencies(speech_first_ms=5_000))
    async with speaking.stream() as stream:
        stream.push_text(LONG)
        await until(lambda: stand_in.control.counts("speech").under_way == 2)
    await until(lambda: stand_in.control.counts("speech").under_way == 0)
