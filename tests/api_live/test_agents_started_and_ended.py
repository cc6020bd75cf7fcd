"""An agent is started for a caller, who is held, resumed and told goodbye. Calls outlive the service."""

from __future__ import annotations

import signal
from pathlib import Path
from uuid import uuid4

import pytest

from local.caller.caller import Caller
from local.caller.token import caller_token
from local.livekit.server import free_ports
from local.stack import Stack, running_service
from persistence.engines import open_store
from persistence.records import CallEnd
from tests.api_live.desk import ANN, FIRST, Desk, client, livekit_of
from tests.api_live.following import following, reached
from tests.support.conversation import Conversation, conversation, until

ALONE_LIMIT_MS = 3_000

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_a_caller_is_answered_put_on_hold_resumed_and_told_goodbye(stack: Stack, desk: Desk) -> None:
    room = f"started-{uuid4().hex[:8]}"
    token = caller_token(
        stack.livekit.api_key, stack.livekit.api_secret, room=room, identity="mary", agent_name=None
    )
    async with (
        livekit_of(stack) as livekit,
        open_store(stack.store, read_only=True) as store,
        Caller.join(stack.livekit.url, token) as caller,
    ):
        talk = Conversation(stack, room, caller, store, livekit)
        started = await desk.operator.post("/calls", {"room": room, "role": "billing"}, status=202)
        assert (started["state"], started["words"]) == ("done", "billing")
        await talk.is_greeted()
        call = await desk.vic.call_in(room)
        assert (call["caller"], call["holder_role"], call["held_at"]) == ("mary", "billing", None)

        held_ms = caller.now_ms
        held = await desk.operator.post(f"/calls/{call['id']}/hold", status=202)
        assert held["held_by"] == FIRST
        again = await desk.ann.post(f"/calls/{call['id']}/hold", status=409)
        assert (again["type"], again["held_by"]) == ("urn:baton:problem:on-hold", FIRST)
        waiting = await desk.vic.get("/calls?state=needs_somebody")
        assert [each["id"] for each in waiting["items"]] == [call["id"]]

        async def plays() -> bool:
            return any(span.end_ms > held_ms for span in talk.music_sounds())

        await until(plays, "hold music")
        await desk.ann.post(f"/calls/{call['id']}/resume", status=202)
        await talk.is_told("I am with you again.")
        (hold,) = (await desk.vic.whole(call))["holds"]
        assert (hold["begun_by"], hold["ended_by"], hold["ended_with"]) == (FIRST, ANN, "billing")
        assert talk.silence_since(held_ms) <= ALONE_LIMIT_MS

        await desk.operator.post(f"/calls/{call['id']}/end", status=202)
        await caller.is_hung_up_on(limit_s=40)
        over = await desk.operator.post(f"/calls/{call['id']}/hold", status=409)
        assert (over["type"], over["how"]) == ("urn:baton:problem:call-over", CallEnd.OPERATOR)


async def test_calls_go_on_without_the_service_and_its_pages_miss_nothing(
    stack: Stack, desk: Desk, tmp_path: Path
) -> None:
    env = {**stack.env, "BATON_CONSOLE_PORT": str(free_ports().http)}
    address = f"http://127.0.0.1:{env['BATON_CONSOLE_PORT']}"
    async with conversation(stack) as talk:
        async with (
            running_service(tmp_path, env, "first") as service,
            following(address, desk.vic.token, after=0) as before,
        ):
            await talk.is_greeted()
            call = await talk.call()
            await reached(before, 1)
            service.send(signal.SIGKILL)
            await service.wait()
        await talk.says("hello can you help me please")
        await talk.is_answered()
        async with (
            running_service(tmp_path, env, "second"),
            client(address, desk.operator.token) as operator,
            following(address, desk.vic.token, after=before[-1]) as after,
        ):
            note = await operator.post(f"/calls/{call.id}/notes", {"words": "Be kind."}, status=202)

            async def known() -> bool:
                requests = (await operator.get(f"/calls/{call.id}"))["requests"]
                return any(row["id"] == note["id"] and row["state"] == "done" for row in requests)

            await until(known, "a note that the holder knows")
            latest = (await talk.store.events())[-1].id
            await reached(after, latest)
    ids = [*before, *after]
    assert ids[: latest - ids[0] + 1] == list(range(ids[0], latest + 1))
