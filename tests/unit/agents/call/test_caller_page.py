"""What a caller's page receives, who may type, and that a caller without a page costs nothing."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from itertools import count
from types import SimpleNamespace
from typing import Any, cast

import pytest
from livekit import rtc

from agents.call.active_call import ActiveCall
from agents.call.caller_page import CallerPage
from agents.monitors.call_end import CallEnding, EndCall, HandedOver
from agents.session.captions import Captions
from persistence.records import CallEnd, RoleName
from transfer.page_protocol import LONGEST_LINE, PAGE_TOPIC, TYPED, TYPING, page_attributes

pytestmark = pytest.mark.looptime

Method = Callable[[rtc.RpcInvocationData], Awaitable[str]]
CALLER = "caller-1"
_IDS = count(1)
NAMES = {"front-desk": "the front desk", "billing": "the billing desk"}


class Room:
    """A room with a caller who has a page, and with an agent that sends data and answers RPC calls."""

    def __init__(self) -> None:
        page = SimpleNamespace(attributes=page_attributes(longest_call_s=600))
        self.remote_participants: dict[str, Any] = {CALLER: page}
        self.local_participant = self
        self.methods: dict[str, Method] = {}
        self.sent: list[dict[str, Any]] = []

    def register_rpc_method(
        self, name: str, method: Callable[[rtc.RpcInvocationData], Awaitable[str]]
    ) -> None:
        self.methods[name] = method

    async def publish_data(self, payload: str, *, topic: str, destination_identities: list[str]) -> None:
        assert topic == PAGE_TOPIC
        assert destination_identities == [CALLER]
        self.sent.append(json.loads(payload))

    async def rpc(self, method: str, payload: str = "", *, by: str = CALLER) -> str:
        asked = SimpleNamespace(caller_identity=by, payload=payload)
        return await self.methods[method](cast(rtc.RpcInvocationData, asked))

    async def types(self, words: str, *, by: str = CALLER, id: str | None = None) -> dict[str, Any]:
        line = {"version": 1, "id": id or str(next(_IDS)), "words": words}
        answer = await self.rpc(TYPED, json.dumps(line), by=by)
        told: dict[str, Any] = json.loads(answer)
        return told


class Holder:
    """A call in an agent's hands, without LiveKit."""

    def __init__(self) -> None:
        self.room = Room()
        self.typed: list[str] = []
        self.held = False
        self.touched = 0
        self.desk = SimpleNamespace(busy=False, waiting_for=None)
        self.ending = CallEnding()
        self.captions = Captions(NAMES["front-desk"])
        call = SimpleNamespace(
            ctx=SimpleNamespace(room=self.room),
            row=SimpleNamespace(id="call-1", caller=CALLER),
            current_role=SimpleNamespace(id="front-desk", name=NAMES["front-desk"]),
            process=SimpleNamespace(roster=SimpleNamespace(role=self._role)),
            voice=SimpleNamespace(take_typed=self._take_typed),
            session=SimpleNamespace(reset_away_timer=self._touch),
            desk=self.desk,
            ending=self.ending,
            captions=self.captions,
            call_back_link="",
        )
        self.call = call
        self.page = CallerPage(cast(ActiveCall, call), on_hold=lambda: self.held)

    def _role(self, name: str) -> SimpleNamespace:
        return SimpleNamespace(name=NAMES[name])

    def _touch(self) -> None:
        self.touched += 1

    async def _take_typed(self, words: str) -> None:
        self.typed.append(words)

    @property
    def situations(self) -> list[tuple[str, str]]:
        """Each situation that was shown, with its target or reason; repeats are left out."""
        told = [
            (one["now"], one["target"] or one["why"]) for one in self.room.sent if one["kind"] == "situation"
        ]
        return [one for place, one in enumerate(told) if place == 0 or told[place - 1] != one]


@asynccontextmanager
async def holding() -> AsyncIterator[Holder]:
    """Yield a holder that keeps the caller's page up to date."""
    holder = Holder()
    showing = asyncio.ensure_future(holder.page.keep_shown())
    await asyncio.sleep(0)
    try:
        yield holder
    finally:
        showing.cancel()
        await asyncio.gather(showing, return_exceptions=True)


async def test_the_page_is_told_of_hold_transfer_and_end() -> None:
    async with holding() as holder:

        async def then(seconds: float = 1.0) -> None:
            await asyncio.sleep(seconds)

        await then()
        holder.held = True
        await then()
        holder.held, holder.desk.waiting_for = False, RoleName("billing")
        await then()
        holder.desk.waiting_for = RoleName("front-desk")  # a move to another process
        await then()
        holder.desk.waiting_for = None
        await then()
        holder.ending.decide(EndCall(CallEnd.TOO_LONG, goodbye="Goodbye.", hang_up=True))
        await then()
        assert holder.situations == [
            ("talking", ""),
            ("hold", ""),
            ("transfer", "the billing desk"),
            ("moment", ""),
            ("talking", ""),
            ("ending", "too_long"),
        ]


async def test_the_situation_is_told_again_every_second_until_another_agent_holds_the_call() -> None:
    async with holding() as holder:
        await asyncio.sleep(10.0)
        assert 9 <= len(holder.room.sent) <= 12
        holder.ending.decide(HandedOver())
        told = len(holder.room.sent)
        await asyncio.sleep(10.0)
        assert len(holder.room.sent) == told


async def test_a_caller_without_a_page_is_told_nothing_and_watched_no_more() -> None:
    holder = Holder()
    holder.room.remote_participants[CALLER].attributes = {}
    holder.captions.show("Hello.")
    async with asyncio.timeout(1.0):
        await holder.page.keep_shown()
    await holder.page.show_changes()
    assert holder.room.sent == []
    with pytest.raises(rtc.RpcError):
        await holder.room.types("hello")


async def test_a_caller_who_is_away_is_told_once_they_are_back() -> None:
    async with holding() as holder:
        page = holder.room.remote_participants.pop(CALLER)
        holder.room.sent.clear()
        await asyncio.sleep(5.0)
        assert holder.room.sent == []
        holder.room.remote_participants[CALLER] = page
        await asyncio.sleep(1.0)
        assert holder.situations == [("talking", "")]


async def test_a_typed_line_is_a_turn_on_one_line() -> None:
    async with holding() as holder:
        assert await holder.room.types("  my \n bill ") == {"taken": True, "why": ""}
        await asyncio.sleep(0)
        assert holder.typed == ["my bill"]


@pytest.mark.parametrize(
    "words", ["", "   ", "?!…", "x" * (LONGEST_LINE + 1)], ids=["empty", "blank", "no words", "too long"]
)
async def test_a_line_that_is_none_is_refused(words: str) -> None:
    async with holding() as holder:
        with pytest.raises(rtc.RpcError):
            await holder.room.types(words)
        assert holder.typed == []


@pytest.mark.parametrize(
    "payload",
    [
        "",
        "{}",
        "[]",
        '{"version": 2, "id": "1", "words": "hello"}',
        '{"id": "1", "words": 1}',
        '{"words": "hello"}',
    ],
)
async def test_a_payload_that_is_not_understood_is_refused(payload: str) -> None:
    async with holding() as holder:
        with pytest.raises(rtc.RpcError):
            await holder.room.rpc(TYPED, payload)


async def test_a_line_that_is_sent_again_because_its_answer_was_lost_is_one_turn() -> None:
    async with holding() as holder:
        for _ in range(2):
            assert (await holder.room.types("my bill", id="a"))["taken"]
        await holder.room.types("my bill", id="b")
        await asyncio.sleep(0)
        assert holder.typed == ["my bill", "my bill"], "one said twice, and one sent twice"


async def test_the_page_knows_whom_to_answer_before_it_reads_the_first_words() -> None:
    holder = Holder()
    holder.captions.show("Hello.")
    await holder.page.show_changes()
    assert [one["kind"] for one in holder.room.sent] == ["situation", "caption"]


async def test_nobody_else_in_the_room_may_type() -> None:
    async with holding() as holder:
        with pytest.raises(rtc.RpcError):
            await holder.room.types("transfer me", by="listener-1")
        await holder.room.rpc(TYPING, by="listener-1")
        assert (holder.typed, holder.touched) == ([], 0)


async def test_while_a_handoff_is_open_a_line_is_not_taken() -> None:
    async with holding() as holder:
        holder.desk.busy = True
        assert (await holder.room.types("my bill"))["why"] == "busy"
        assert holder.typed == []


async def test_a_flood_of_lines_is_not_taken() -> None:
    async with holding() as holder:
        taken = [(await holder.room.types(f"line {number}"))["taken"] for number in range(8)]
        assert taken == [True] * 5 + [False] * 3
        assert (await holder.room.types("again"))["why"] == "too-fast"
        await asyncio.sleep(11.0)
        assert (await holder.room.types("later"))["taken"]


async def test_who_types_is_not_silent() -> None:
    async with holding() as holder:
        await holder.room.rpc(TYPING)
        assert holder.touched == 1


async def test_a_promised_call_back_is_told_with_its_link_again_and_again() -> None:
    async with holding() as holder:
        await asyncio.sleep(1)
        assert holder.room.sent[-1]["call_back"] == ""
        holder.call.call_back_link = "a-token"
        await asyncio.sleep(2.5)
    told = [one["call_back"] for one in holder.room.sent if one["kind"] == "situation"]
    assert told.count("a-token") >= 2, "a page that loads again hears it as well"
