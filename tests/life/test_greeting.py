"""Which role greets the caller."""

from __future__ import annotations

import pytest

from agents.roster.roster import Roster
from local.stack import Stack
from persistence.records import RoleName
from tests.support.places import place

pytestmark = pytest.mark.asyncio(loop_scope="session")

GREETING_LIMIT_MS = 5_000


@pytest.mark.parametrize(("asked", "greets"), [(None, "front-desk"), ("billing", "billing")])
async def test_role_of_the_dispatch_greets(
    stack: Stack, roster: Roster, asked: str | None, greets: str
) -> None:
    async with place(stack) as here, here.call(role=asked) as talk:
        await talk.is_greeted()
        (greeting,) = await talk.turns()
        call = await talk.call()
    assert (greeting.speaker, greeting.text) == (greets, roster.roles[RoleName(greets)].greeting)
    assert (call.holder_role, call.caller) == (greets, "caller")
    assert talk.caller.sounds()[0].start_ms <= GREETING_LIMIT_MS
