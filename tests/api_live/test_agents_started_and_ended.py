"""An agent leaves, the caller stays, and an operator starts another agent. Calls do not need the service."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from local.livekit.server import free_ports
from local.stack import Stack, running_service
from persistence.records import CallEnd
from tests.api_live.desk import Desk, calling, client
from tests.api_live.following import following, reached
from tests.support.conversation import conversation, until

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_an_agent_leaves_its_caller_and_another_is_put_there(stack: Stack, desk: Desk) -> None:
    async with calling(stack, desk.operator, identity="mary", role="billing") as talk:
        await talk.is_greeted()
        first = await desk.vic.call_in(talk.room)
        assert first["holder_role"] == "billing"
        await desk.operator.post(f"/calls/{first['id']}/end", {"what": "agent"}, status=202)
        await talk.no_agent_is_left(limit_s=40)
        assert (await desk.vic.whole(first))["call"]["ended_how"] == CallEnd.OPERATOR
        over = await desk.operator.post(f"/calls/{first['id']}/say", {"words": "Hello?"}, status=409)
        assert (over["type"], over["how"]) == ("urn:baton:problem:call-over", "operator")

        began_ms = talk.caller.now_ms
        body = {"room": talk.room, "role": "front-desk"}
        started = await desk.operator.post("/calls", body, status=202)
        assert (started["state"], started["words"]) == ("done", "front-desk")
        second = await desk.vic.call_in(talk.room)
        assert (second["caller"], second["holder_role"]) == ("mary", "front-desk")
        await talk.caller.hears(f"agent-{second['holder_job']}", since_ms=began_ms, limit_s=40)
        await desk.operator.post(f"/calls/{second['id']}/end", status=202)
        await talk.caller.is_hung_up_on(limit_s=40)


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
