"""One call on the real stack, with a healthy service: seen, heard, spoken into, and followed live."""

from __future__ import annotations

import pytest

from local.stack import Stack
from persistence.records import CallEnd
from tests.api_live.desk import FIRST, VIC, Desk, calling
from tests.api_live.following import following, reached
from tests.api_live.listener import listening

pytestmark = pytest.mark.asyncio(loop_scope="session")

SAID = "We close a little later today."
QUESTION = "then please tell me your opening hours"
NOTE = "They are a good customer."
LIMIT_S = 40.0


async def test_everything_is_well_and_says_so(desk: Desk) -> None:
    report = await desk.vic.get("/health")
    assert {check["check"]: check["verdict"] for check in report["checks"]} == dict.fromkeys(
        ("settings", "roster", "store", "livekit", "groq", "models", "workers", "limits"), "well"
    )
    assert report["well"]


async def test_a_call_with_a_token_of_the_service_is_watched_and_spoken_into(
    stack: Stack, desk: Desk
) -> None:
    async with (
        following(desk.address, desk.vic.token) as ids,
        calling(stack, desk.operator, identity="mary") as talk,
    ):
        await talk.is_greeted()
        call = await desk.vic.call_in(talk.room)
        assert (call["caller"], call["holder_role"]) == ("mary", "front-desk")
        await _is_in_the_room(desk, talk.room, talk.desk)

        made = await desk.vic.post("/tokens", {"kind": "listener", "room": talk.room}, status=201)
        async with listening(made) as listener:
            said = await desk.operator.post(f"/calls/{call['id']}/say", {"words": SAID}, status=202)
            assert (await desk.vic.over(call, said))["state"] == "done"
            await listener.hears(talk.desk)
            asked = await desk.operator.post(f"/calls/{call['id']}/ask", {"words": QUESTION}, status=202)
            assert (await desk.vic.over(call, asked))["state"] == "done"
            await _is_in_the_room(desk, talk.room, talk.desk)
            assert made["identity"] not in str(talk.caller.received)
        noted = await desk.operator.post(f"/calls/{call['id']}/notes", {"words": NOTE}, status=202)
        assert (await desk.vic.over(call, noted))["state"] == "done"

        turns = [(turn["speaker"], turn["text"]) for turn in (await desk.vic.whole(call))["turns"]]
        assert turns == [
            ("front-desk", "Hello."),
            ("front-desk", SAID),
            ("operator", QUESTION),
            ("front-desk", "We are open every day from eight to eight."),
        ]
        await desk.operator.post(f"/calls/{call['id']}/end", status=202)
        await talk.caller.is_hung_up_on(limit_s=LIMIT_S)
        assert (await talk.ended()).ended_how is CallEnd.OPERATOR
        assert NOTE not in str(talk.caller.received)
        events = await talk.store.events()
        await reached(ids, events[-1].id)
        assert ids == list(range(ids[0], ids[-1] + 1)), "each once, in order, none missing"
    acts = {(event.moved_to, event.actor) for event in events if event.kind in {"request", "listener"}}
    assert {("say", FIRST), ("ask", FIRST), ("note", FIRST), ("end", FIRST)} <= acts
    assert {("asked", VIC), ("joined", VIC)} <= acts


async def _is_in_the_room(desk: Desk, room: str, agent: str) -> None:
    """Check for the caller with a microphone and the agent. Hidden participants are marked for operators."""
    assert room in {one["name"] for one in await desk.vic.get("/rooms")}
    inside = {one["identity"]: one for one in await desk.vic.get(f"/rooms/{room}/participants")}
    shown = {identity: one["kind"] for identity, one in inside.items() if not one["hidden"]}
    assert shown == {"mary": "standard", agent: "agent"}
    assert inside["mary"]["publishes"] == ["microphone"]
