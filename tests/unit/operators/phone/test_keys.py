"""An operator's keys: the row does not have them, only the holder gets them, and the result is reported."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import asdict
from pathlib import Path

import pytest

from errors import LineFailed
from operators.act_refused import KeysNotSent, KeysRefused
from operators.acts import ActContext, press_keys
from persistence.contract.store import Store
from persistence.records import Call, RequestId, RequestKind, RequestState
from persistence.sqlite import open_store
from tests.contract.building import BILLING, CALL, FRONT_DESK, HOLDER, START, SilentServer, a_call
from tests.support.database import make_database
from tests.unit.operators.test_acts import StillClock
from transfer.keys_protocol import PressKeys

KEYS = "918273#"


class Holder(SilentServer):
    """A livekit-server whose holder takes each request at once. `why`: why it does not send the keys."""

    def __init__(self, store: Store) -> None:
        super().__init__()
        self.store, self.told = store, list[PressKeys]()
        self.why: str | None = None
        self.away = False

    async def send_keys(self, call: Call, asked: PressKeys) -> None:
        if self.away:
            raise LineFailed("livekit-server did not send data")
        self.told.append(asked)
        request = RequestId(asked.request)
        await self.store.take_request(request, HOLDER)
        state = RequestState.FAILED if self.why else RequestState.DONE
        await self.store.end_request(request, state, reason=self.why, actor=HOLDER, at=START)


@pytest.fixture
async def holder(tmp_path: Path) -> AsyncIterator[Holder]:
    path = tmp_path / "baton.db"
    make_database(path)
    async with open_store(path) as store:
        await store.open_call(a_call())
        yield Holder(store)


def context_of(holder: Holder) -> ActContext:
    return ActContext(holder.store, holder, (FRONT_DESK, BILLING), StillClock(), handoffs_per_call=2)


async def test_keys_go_to_the_holder_once_and_no_record_has_them(holder: Holder) -> None:
    for _ in range(2):
        row = await press_keys(context_of(holder), CALL, KEYS, "person", by="anna", key="once")
    assert (row.kind, row.state, row.words) == (RequestKind.KEYS, "done", "7 for the person's telephone")
    assert [(asked.keys, asked.leg) for asked in holder.told] == [(KEYS, "person")]
    assert KEYS not in repr(holder.told)
    written = [*map(asdict, await holder.store.requests(CALL)), *map(asdict, await holder.store.events())]
    assert KEYS.strip("#") not in str(written)


async def test_who_asked_is_told_why_keys_were_not_sent_and_so_is_the_row(holder: Holder) -> None:
    holder.why = "there is no such telephone in the call"
    with pytest.raises(KeysNotSent, match="no such telephone"):
        await press_keys(context_of(holder), CALL, KEYS, "caller", by="anna")
    holder.away = True
    with pytest.raises(KeysNotSent, match="did not send data"):
        await press_keys(context_of(holder), CALL, KEYS, "caller", by="anna")
    assert {row.state for row in await holder.store.requests(CALL)} == {RequestState.FAILED}


@pytest.mark.parametrize("keys", ["", "12x", "1" * 41])
async def test_what_are_no_keys_is_refused_without_a_row(holder: Holder, keys: str) -> None:
    with pytest.raises(KeysRefused) as refused:
        await press_keys(context_of(holder), CALL, keys, "caller", by="anna")
    assert "use 1 to 40" in str(refused.value)
    assert not await holder.store.requests(CALL)
