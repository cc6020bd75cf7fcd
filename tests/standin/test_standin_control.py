"""The control routes, the journal and the latencies."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest
from groq import AsyncGroq, InternalServerError

from local.groq_standin import LIKE_GROQ, Latencies, Script, StandIn, standin
from tests.standin.asking import END, ask, said, speak


@pytest.fixture
async def control(server: StandIn) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=f"{server.url}/control") as client:
        yield client


async def test_faults_are_ordered_seen_and_cleared_over_http(
    control: httpx.AsyncClient, groq: AsyncGroq
) -> None:
    one = {"endpoint": "chat", "kind": "server_error", "count": 2}
    many = [{"endpoint": "speech", "kind": "bad_wav"}, {"endpoint": "models", "kind": "stall", "stall_s": 1}]
    assert (await control.post("/faults", json=one)).status_code == 200
    assert (await control.post("/faults", json=many)).status_code == 200
    with pytest.raises(InternalServerError):
        await ask(groq)
    seen = (await control.get("/faults")).json()["faults"]
    assert [(fault["kind"], fault["count"]) for fault in seen] == [
        ("server_error", 1),
        ("bad_wav", 1),
        ("stall", 1),
    ]
    assert (await control.delete("/faults")).json() == {"faults": []}
    assert (await ask(groq)).choices


@pytest.mark.parametrize(
    ("order", "named"),
    [
        ({"endpoint": "chat", "kind": "explode"}, "kind"),
        ({"endpoint": "chat", "kind": "bad_wav"}, "fault of speech"),
        ({"endpoint": "models", "kind": "model_gone"}, "needs `model`"),
        ({"endpoint": "chat", "kind": "cut", "count": 0}, "count"),
        ({"endpoint": "chat", "kind": "cut", "when": "now"}, "when"),
        ("cut", "dictionary"),
    ],
)
async def test_an_order_that_makes_no_sense_is_refused_with_its_field(
    control: httpx.AsyncClient, order: object, named: str
) -> None:
    answer = await control.post("/faults", json=order)
    assert answer.status_code == 400
    assert named in answer.json()["error"]


async def test_latencies_hold_and_can_be_changed_over_http(
    server: StandIn, control: httpx.AsyncClient, groq: AsyncGroq
) -> None:
    answer = await control.post("/latencies", json={"first_token_ms": 120, "per_token_ms": 10})
    assert answer.json()["first_token_ms"] == 120
    await ask(groq)
    took_ms = server.control.requests("chat")[-1].first_byte_ms
    assert took_ms is not None
    assert took_ms >= 120 + 4 * 10
    assert (await control.post("/latencies", json={"preset": "like-groq"})).json() == LIKE_GROQ.model_dump()
    assert server.control.latencies == LIKE_GROQ


async def test_a_stream_begins_at_the_first_token_and_audio_at_the_first_sound(script: Script) -> None:
    slow = Latencies(first_token_ms=100, per_token_ms=300, speech_first_ms=100, speech_per_character_ms=25)
    async with standin(script, slow) as server, AsyncGroq(api_key=server.key, base_url=server.url) as groq:
        async for _ in await ask(groq, stream=True):
            pass
        await speak(groq, input="Thank you very much for waiting so long.")
        for entry, whole_ms in zip(server.control.requests(), (1_300, 1_000), strict=True):
            assert entry.first_byte_ms is not None
            assert entry.total_ms is not None
            assert 100 <= entry.first_byte_ms < whole_ms
            assert entry.total_ms >= whole_ms


@pytest.mark.parametrize("order", [{"first_token_ms": -1}, {"preset": "slow"}, {"tokens": 3}, "fast"])
async def test_latencies_out_of_range_are_refused(control: httpx.AsyncClient, order: object) -> None:
    assert (await control.post("/latencies", json=order)).status_code == 400


def test_latencies_print_as_one_line() -> None:
    assert str(LIKE_GROQ) == (
        "first token 320 ms, then 2 ms a token · transcription 150 ms + 4.6 ms per second of audio"
        " · speech 200 ms + 3 ms a character"
    )


async def test_the_journal_counts_without_words(control: httpx.AsyncClient, groq: AsyncGroq) -> None:
    await ask(groq, messages=said("billing", "secret goodbye"), tools=[END], temperature=0.4)
    await groq.models.list()
    answer = await control.get("/requests")
    chat, models = (answer.json()["endpoints"][name] for name in ("chat", "models"))
    assert (chat["requests"], chat["under_way"], chat["peak"], chat["aborted"]) == (1, 0, 1, 0)
    assert chat["last"]["details"]["tools"] == ["end_call"]
    assert chat["last"]["details"]["role"] == "billing"
    assert chat["last"]["details"]["temperature"] == 0.4
    assert models["statuses"] == {"200": 1}
    assert [entry["endpoint"] for entry in answer.json()["log"]] == ["chat", "models"]
    assert "secret" not in answer.text
    assert (await control.delete("/requests")).json()["log"] == []


async def test_the_peak_is_the_most_requests_at_once(server: StandIn, groq: AsyncGroq) -> None:
    server.control.set_latencies(Latencies(first_token_ms=100))
    await asyncio.gather(*(ask(groq) for _ in range(5)))
    await ask(groq)
    assert server.control.counts("chat").peak == 5
    assert server.control.counts("chat").requests == 6


async def test_requests_that_were_forgotten_while_under_way_leave_no_trace(
    server: StandIn, groq: AsyncGroq
) -> None:
    server.control.set_latencies(Latencies(first_token_ms=100))
    asking = asyncio.create_task(ask(groq))
    async with asyncio.timeout(30):
        await server.control.until(lambda: server.control.counts("chat").under_way == 1)
    server.control.forget_requests()
    await asking
    assert server.control.counts("chat").requests == 0
    assert server.control.counts("chat").under_way == 0
