"""Every fault that can be ordered, as the real client shows it: the table that production must cope with."""

from __future__ import annotations

import asyncio
import io
import wave
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import groq as sdk
import httpx
import pytest
from groq import AsyncGroq

from local.groq_standin import StandIn
from local.groq_standin.faults import Fault, Faults, RequestTraits
from local.speech import CALLER, silence, synthesize
from tests.standin.asking import CHAT, SCREENING, SMALL, SUMMARY, ask, hear, said, schema, speak

STALL_NOTICED_S = 0.5
REFUND = said("billing", "I would like to cancel my contract")


@asynccontextmanager
async def streaming(groq: AsyncGroq, **fields: Any) -> AsyncIterator[Any]:
    fields = {"messages": REFUND, "include_reasoning": False, **fields}
    async with await ask(groq, stream=True, **fields) as stream:
        yield stream


async def read(groq: AsyncGroq, heard: list[str] | None = None) -> tuple[str, str | None]:
    """Return the words and the finish_reason of one streamed answer; `heard` gets each word as it comes."""
    words: list[str] = [] if heard is None else heard
    finish = None
    async with streaming(groq) as stream:
        async for chunk in stream:
            words.append(chunk.choices[0].delta.content or "")
            finish = chunk.choices[0].finish_reason or finish
    return "".join(words), finish


def status(error: sdk.APIError) -> tuple[int, object]:
    assert isinstance(error, sdk.APIStatusError)
    assert isinstance(error.body, dict)
    return error.status_code, error.body["error"].get("code")


@pytest.mark.parametrize(
    ("kind", "error", "shown"),
    [
        ("rate_limited", sdk.RateLimitError, (429, "rate_limit_exceeded")),
        ("no_capacity", sdk.APIStatusError, (498, "capacity_exceeded")),
        ("tool_use_failed", sdk.BadRequestError, (400, "tool_use_failed")),
        ("model_gone", sdk.NotFoundError, (404, "model_not_found")),
        ("unauthorized", sdk.AuthenticationError, (401, "invalid_api_key")),
        ("server_error", sdk.InternalServerError, (503, None)),
    ],
)
async def test_a_status_is_shown_as_the_error_of_its_class(
    server: StandIn, groq: AsyncGroq, kind: Any, error: type[sdk.APIError], shown: tuple[int, object]
) -> None:
    server.control.fault("chat", kind)
    with pytest.raises(error) as caught:
        await read(groq)
    assert status(caught.value) == shown
    assert (await read(groq))[1] == "stop"
    assert server.control.counts("chat").faults == {kind: 1}


async def test_a_rate_limit_says_when_to_come_back(server: StandIn, groq: AsyncGroq) -> None:
    server.control.fault("chat", "rate_limited", retry_after_s=1.2)
    with pytest.raises(sdk.RateLimitError) as caught:
        await ask(groq)
    assert caught.value.response.headers["retry-after"] == "1.2"
    assert caught.value.response.headers["x-ratelimit-remaining-requests"] == "0"


async def test_a_failed_tool_use_shows_what_was_generated(server: StandIn, groq: AsyncGroq) -> None:
    server.control.fault("chat", "tool_use_failed", failed_generation="<transfer>")
    with pytest.raises(sdk.BadRequestError) as caught:
        await ask(groq)
    assert isinstance(caught.value.body, dict)
    assert caught.value.body["error"]["failed_generation"] == "<transfer>"


@pytest.mark.parametrize(
    ("code", "told"), [("tool_use_failed", 400), ("rate_limit_exceeded", 429), ("internal_server_error", 500)]
)
async def test_an_error_event_is_an_api_error_without_status(
    server: StandIn, groq: AsyncGroq, code: str, told: int
) -> None:
    server.control.fault("chat", "error_event", code=code, after_chunks=3)
    heard: list[str] = []
    with pytest.raises(sdk.APIError) as caught:
        await read(groq, heard)
    assert "".join(heard) == "I am"
    assert not isinstance(caught.value, sdk.APIStatusError)
    assert isinstance(caught.value.body, dict)
    assert (caught.value.body["code"], caught.value.body["status_code"]) == (code, told)


@pytest.mark.parametrize(("reset", "error"), [(False, httpx.RemoteProtocolError), (True, httpx.ReadError)])
async def test_a_cut_stream_is_an_httpx_error(
    server: StandIn, groq: AsyncGroq, reset: bool, error: type[Exception]
) -> None:
    server.control.fault("chat", "cut", after_chunks=3, reset=reset)
    with pytest.raises(error):
        await read(groq)


async def test_a_cut_before_the_first_byte_is_a_connection_error(server: StandIn, groq: AsyncGroq) -> None:
    for endpoint in ("chat", "transcriptions", "speech", "models"):
        server.control.fault(endpoint, "cut")
    for asking in (read(groq), hear(groq, silence(1).samples), speak(groq), groq.models.list()):
        with pytest.raises(sdk.APIConnectionError):
            await asking


async def test_a_cut_in_the_middle_of_audio_is_an_httpx_error(server: StandIn, groq: AsyncGroq) -> None:
    server.control.fault("speech", "cut", after_chunks=2)
    with pytest.raises(httpx.RemoteProtocolError):
        async with groq.audio.speech.with_streaming_response.create(
            model="canopylabs/orpheus-v1-english", voice="troy", input="Hello there.", response_format="wav"
        ) as answer:
            await answer.read()


async def test_a_stall_before_the_first_byte_is_a_timeout_and_an_aborted_request(
    server: StandIn, groq: AsyncGroq
) -> None:
    server.control.fault("chat", "stall")
    with pytest.raises(sdk.APITimeoutError):
        await read(groq.with_options(timeout=STALL_NOTICED_S))
    await aborted(server)


async def test_a_stall_in_the_middle_is_a_read_timeout(server: StandIn, groq: AsyncGroq) -> None:
    server.control.fault("chat", "stall", after_chunks=3)
    with pytest.raises(httpx.ReadTimeout):
        await read(groq.with_options(timeout=STALL_NOTICED_S))
    await aborted(server)


async def aborted(server: StandIn) -> None:
    """Check that the server soon notices that the client has gone."""
    async with asyncio.timeout(30):
        await server.control.until(lambda: server.control.counts("chat").under_way == 0)
    assert server.control.counts("chat").aborted == 1


async def test_a_short_stall_goes_on(server: StandIn, groq: AsyncGroq) -> None:
    server.control.fault("chat", "stall", after_chunks=3, stall_s=0.2)
    assert (await read(groq))[1] == "stop"


async def test_a_stream_that_ends_early_shows_no_error_and_no_finish_reason(
    server: StandIn, groq: AsyncGroq
) -> None:
    server.control.fault("chat", "ends_early", after_chunks=4)
    assert await read(groq) == ("I am sorry", None)
    server.control.fault("chat", "ends_early")
    assert await read(groq) == ("", None)


async def test_an_empty_answer_finishes_without_a_word(server: StandIn, groq: AsyncGroq) -> None:
    server.control.fault("chat", "empty")
    assert await read(groq) == ("", "stop")
    server.control.fault("transcriptions", "empty")
    assert (await hear(groq, synthesize("hello", CALLER).samples)).text == ""
    server.control.fault("speech", "empty")
    assert len(await speak(groq)) == 44


async def test_words_may_be_made_up_with_whispers_figures(server: StandIn, groq: AsyncGroq) -> None:
    server.control.fault("transcriptions", "made_up", words="The sea.", avg_logprob=-1.5, compression_ratio=3)
    heard = (await hear(groq, synthesize("hello", CALLER).samples)).model_dump()
    assert heard["text"] == " The sea."
    (segment,) = heard["segments"]
    assert (segment["avg_logprob"], segment["compression_ratio"], segment["no_speech_prob"]) == (-1.5, 3, 0.1)


async def test_audio_may_be_broken_cut_short_unsized_or_of_another_rate(
    server: StandIn, groq: AsyncGroq
) -> None:
    whole = await speak(groq)
    server.control.fault("speech", "bad_wav")
    assert not (await speak(groq)).startswith(b"RIFF")
    server.control.fault("speech", "ends_early")
    assert 44 < len(await speak(groq)) < 0.7 * len(whole)
    server.control.fault("speech", "wav_without_sizes")
    unsized = await speak(groq)
    assert unsized[4:8] == unsized[40:44] == b"\xff\xff\xff\xff"
    server.control.fault("speech", "wav_48_khz")
    with wave.open(io.BytesIO(await speak(groq))) as file:
        assert file.getframerate() == 48_000


async def test_a_model_can_be_missing_from_the_list(server: StandIn, groq: AsyncGroq) -> None:
    server.control.fault("models", "model_gone", model=CHAT)
    assert CHAT not in [model.id for model in (await groq.models.list()).data]
    assert CHAT in [model.id for model in (await groq.models.list()).data]


async def test_faults_are_skipped_counted_and_cleared(server: StandIn, groq: AsyncGroq) -> None:
    server.control.fault("chat", "server_error", skip=1, count=2, status=500)
    assert (await read(groq))[1] == "stop"
    for _ in range(2):
        with pytest.raises(sdk.InternalServerError):
            await read(groq)
    assert (await read(groq))[1] == "stop"
    server.control.fault("chat", "server_error", count=100)
    server.control.clear_faults()
    assert (await read(groq))[1] == "stop"
    assert server.control.counts("chat").statuses == {200: 3, 500: 2}


async def test_a_fault_may_be_for_one_model_one_role_or_one_purpose(server: StandIn, groq: AsyncGroq) -> None:
    server.control.fault("chat", "server_error", model=SMALL)
    server.control.fault("chat", "no_capacity", role="technical")
    server.control.fault("chat", "rate_limited", purpose="summary")
    assert (await read(groq))[1] == "stop"
    form = schema("screening", SCREENING)
    assert (await ask(groq, messages=said("billing", "refund"), response_format=form)).choices
    with pytest.raises(sdk.InternalServerError):
        await ask(groq, model=SMALL)
    with pytest.raises(sdk.APIStatusError, match="capacity"):
        await ask(groq, messages=said("technical", "hello"))
    with pytest.raises(sdk.RateLimitError):
        await ask(groq, model=SMALL, response_format=schema("summary", SUMMARY))
    assert server.control.open_faults() == ()


def lot(share: float, seed: int, *, requests: int = 3_000) -> list[bool]:
    """Return which of this many requests fail."""
    faults = Faults()
    faults.add(Fault(endpoint="chat", kind="cut", count=100_000, share=share, seed=seed))
    return [faults.take(RequestTraits(endpoint="chat")) is not None for _ in range(requests)]


def test_a_share_of_the_requests_fails_and_the_same_ones_with_the_same_seed() -> None:
    hits = lot(1 / 3, seed=7)
    assert sum(hits) / len(hits) == pytest.approx(1 / 3, abs=0.03)
    assert hits == lot(1 / 3, seed=7)
    assert hits != lot(1 / 3, seed=8)


def test_orders_by_lot_that_follow_each_other_share_the_requests() -> None:
    faults = Faults()
    faults.add(Fault(endpoint="chat", kind="cut", count=100_000, share=1 / 6, seed=1))
    faults.add(Fault(endpoint="chat", kind="stall", count=100_000, share=1 / 5, seed=2))
    taken = [faults.take(RequestTraits(endpoint="chat")) for _ in range(3_000)]
    kinds = [fault.kind for fault in taken if fault]
    for kind in ("cut", "stall"):
        assert kinds.count(kind) / 3_000 == pytest.approx(1 / 6, abs=0.03)
