"""How many of a caller's words are in the store's files after the caller was forgotten."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from clock import SystemClock
from operators.acts.keeping import forget
from persistence.contract.store import Store
from persistence.engines import files_of, migrate, open_store
from persistence.records import CALLER, Call, CallEnd, CallId, JobId, RoleName, WorkerId
from settings import RecordingSettings

_CALLS, _EVERY, _TURNS = 400, 20, 12
_NUMBER = "+49 170 1234567"
_NONE = RecordingSettings.model_construct()
_SAID = ("my card is 4111 1111 1111 1111", "call me on 0170 1234567", "write to parrot@example.com")


@dataclass(frozen=True, slots=True)
class Found:
    """How many byte searches for the caller's number and words hit the store's files, before and after."""

    before: int
    after: int
    calls_stay: bool


async def words_found(folder: Path) -> Found:
    """Forget a caller who has one call in twenty. Raises: StoreError."""
    url = f"sqlite:///{folder / 'forgetting.db'}"
    migrate(url)
    async with open_store(url) as store:
        for number in range(_CALLS):
            await _past_call(store, number, _NUMBER if number % _EVERY == 0 else f"+49 30 {10_000 + number}")
        before = _hits(url)
        at = SystemClock().now_ms()
        await forget(
            store,
            url,
            _NUMBER,
            recording=_NONE,
            number_key=None,
            by="bench",
            at=at,
        )
        over = await store.calls(limit=_CALLS + 1)
        turns = [len(await store.turns(call.id)) for call in over]
        return Found(before, _hits(url), turns == [_TURNS] * _CALLS)


async def _past_call(store: Store, number: int, telephone: str) -> None:
    at = SystemClock().now_ms()
    call = Call(
        CallId(f"call-{number}"), f"room-{number}", "", RoleName("front-desk"), JobId("j"), WorkerId("w"), at
    )
    digits = telephone.replace(" ", "")
    call = replace(call, caller=f"sip_{digits}", room=f"call-{digits}-{number}", caller_number=telephone)
    await store.open_call(call)
    for turn in range(_TURNS):
        words = _SAID[turn % len(_SAID)] if telephone == _NUMBER else "I would like to know what it costs"
        await store.append_turn(call.id, CALLER, words, started_at=turn, ended_at=turn)
    await store.end_call(call.id, CallEnd.GOODBYE, job=call.holder_job, at=at)


def _hits(url: str) -> int:
    texts = (*_SAID, _NUMBER, _NUMBER.replace(" ", ""), _NUMBER.replace(" ", "").removeprefix("+"))
    contents = [path.read_bytes() for path in files_of(url) if path.exists()]
    return sum(text.encode() in content for text in texts for content in contents)
