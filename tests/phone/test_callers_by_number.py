"""A telephone calls in: the number's role answers, once it can be heard; secret digits are in no file."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from livekit.api import ListRoomsRequest, LiveKitAPI

from bench.phone.secrets import (
    OURS,
    ROLE,
    files_with,
    hash_of,
    lead_to,
    type_secret,
    used,
    write_roster,
    write_script,
)
from local.phone.network import phone_network
from local.phone.softphone import softphone
from local.stack import Stack, local_stack
from persistence.contract.store import Store
from persistence.engines import open_store
from persistence.records import Call, CallEnd

NUMBER = "927461538264"
THEIRS = "+15550100"
ENDED_LIMIT_S = 20.0


async def has_a_room(stack: Stack) -> None:
    """Wait until the caller is in a room. No agent is there yet: it still rings."""
    livekit = stack.livekit
    async with (
        LiveKitAPI(livekit.url, livekit.api_key, livekit.api_secret) as server,
        asyncio.timeout(ENDED_LIMIT_S),
    ):
        while not (await server.room.list_rooms(ListRoomsRequest())).rooms:  # noqa: ASYNC110 - no notice
            await asyncio.sleep(0.05)


async def ended(store: Store) -> Call:
    """Return the only call, once it is over."""
    async with asyncio.timeout(ENDED_LIMIT_S):
        while not (calls := await store.calls(is_open=False)):  # noqa: ASYNC110 - another process writes it
            await asyncio.sleep(0.1)
    (call,) = calls
    return call


@pytest.mark.fault("T21")
@pytest.mark.fault("T24")
@pytest.mark.fault("T27")
async def test_a_caller_by_number_is_answered_by_its_role_and_their_secret_digits_are_in_no_file(
    tmp_path: Path,
) -> None:
    ledger, written = tmp_path / "ledger", tmp_path / "stack"
    written.mkdir()
    settings = {
        "BATON_ROSTER_FOLDER": str(write_roster(tmp_path / "roster", ledger)),
        "BATON_CALLER_WAIT_S": "1",
    }
    script = write_script(tmp_path / "script.yaml")
    async with AsyncExitStack() as stack:
        network = await stack.enter_async_context(phone_network(written))
        running = await stack.enter_async_context(
            local_stack(
                written, script=script, settings=settings, stand_in_always=True, livekit=network.livekit
            )
        )
        store = await stack.enter_async_context(open_store(running.store, read_only=True))
        phone = await stack.enter_async_context(softphone(THEIRS))
        made, again = await lead_to(running), await lead_to(running)

        await phone.call(OURS, network.address)
        await has_a_room(running)
        await phone.hang_up()
        await phone.until("ended")
        unheard = await ended(store)

        call = await type_secret(phone, network, running, tmp_path, NUMBER)
        turns = await store.turns(call.id)
    assert "made for" in made[0]
    assert all("stays as it is" in line for line in again[:2])
    assert unheard.ended_how in (CallEnd.NO_CALLER, CallEnd.CALLER_LEFT)
    assert (call.holder_role, call.caller_number) == (ROLE, THEIRS)
    assert THEIRS not in call.room
    assert turns[0].speaker == ROLE
    assert used(ledger) == [hash_of(NUMBER)]
    assert files_with(written, [NUMBER]) == []
    assert THEIRS[1:].encode() not in (written / "worker.log").read_bytes()
