"""A server that does not answer yet is waited for without limit and logged once; a refusal ends the wait."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from itertools import islice

import pytest

from errors import BadInput, OutOfReach
from readiness import LONGEST_PAUSE_S, Readiness, pauses

AWAY = OutOfReach("LIVEKIT_URL", "nobody answers at ws://there", "start it there")
WRONG = BadInput("LIVEKIT_API_KEY", "the server does not know this key", "write a key of the server")


class Server:
    """A server that is away until `from_s` on the loop's clock, and answers from then on."""

    def __init__(self, from_s: float, then: BadInput | None = None) -> None:
        self.from_s, self.then = from_s, then
        self.asked_at: list[float] = []

    async def answer(self) -> str:
        now = asyncio.get_running_loop().time()
        self.asked_at.append(now)
        if now < self.from_s:
            raise AWAY
        if self.then is not None:
            raise self.then
        return "here"


def test_pauses_grow_to_a_limit_and_have_no_end() -> None:
    assert list(islice(pauses(lambda: 0.0), 7)) == [0.5, 1, 2, 4, 8, 10, 10]
    assert list(islice(pauses(lambda: 1.0), 7)) == [0.25, 0.5, 1, 2, 4, 5, 5]
    assert all(LONGEST_PAUSE_S / 2 <= pause <= LONGEST_PAUSE_S for pause in islice(pauses(), 5, 10_000))


@pytest.mark.looptime
@pytest.mark.parametrize("away_s", [60, 600, 3600])
async def test_server_is_waited_for_however_late_and_is_told_once(away_s: float) -> None:
    told: list[str] = []
    readiness, server = Readiness(["livekit-server"], tell=told.append), Server(away_s)
    assert readiness.reasons == ["livekit-server is not ready yet"]
    waiting = asyncio.create_task(readiness.until_reached("livekit-server", server.answer))
    await asyncio.sleep(away_s / 2)
    assert (readiness.ready, readiness.reasons, readiness.settings) == (False, [str(AWAY)], ["LIVEKIT_URL"])
    assert await waiting == "here"
    assert readiness.ready
    assert server.asked_at[-1] - away_s <= LONGEST_PAUSE_S
    assert told[0] == f"{AWAY}; waiting for livekit-server"
    assert told[1].startswith("livekit-server is there, after ")
    assert len(told) == 2


@pytest.mark.looptime
async def test_server_that_is_there_is_not_told() -> None:
    told: list[str] = []
    readiness = Readiness(["livekit-server"], tell=told.append)
    assert await readiness.until_reached("livekit-server", Server(0).answer) == "here"
    assert (told, readiness.ready) == ([], True)


@pytest.mark.looptime
async def test_server_that_comes_and_refuses_the_key_ends_the_wait() -> None:
    readiness = Readiness(tell=lambda _: None)
    with pytest.raises(BadInput) as refused:
        await readiness.until_reached("livekit-server", Server(30, then=WRONG).answer)
    assert refused.value is WRONG


@pytest.mark.looptime
async def test_program_that_serves_already_waits_for_a_refusal_to_pass_and_tells_both() -> None:
    told: list[str] = []
    readiness, server = Readiness(tell=told.append), Server(30, then=WRONG)
    waiting = asyncio.create_task(
        readiness.until_reached("livekit-server", server.answer, bears_refusals=True)
    )
    await asyncio.sleep(100)
    assert readiness.reasons == [str(WRONG)]
    server.then = None
    assert await waiting == "here"
    assert [line.partition(":")[0] for line in told[:2]] == ["LIVEKIT_URL", "LIVEKIT_API_KEY"]
    assert len(told) == 3


def test_needs_are_told_apart() -> None:
    async def look(tell: Callable[[str], None]) -> None:
        readiness = Readiness(["the store", "Groq"], tell=tell)
        readiness.found("the store")
        assert readiness.reasons == ["Groq is not ready yet"]
        readiness.missing("Groq", OutOfReach("GROQ_BASE_URL", "does not answer", "wait"))
        assert readiness.settings == ["GROQ_BASE_URL"]
        readiness.found("Groq")
        assert readiness.ready

    asyncio.run(look(lambda _: None))
