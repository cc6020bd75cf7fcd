"""How many of callers' numbers and addresses are in the store's files if the role redacts."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

from agents.redaction.kinds import KINDS, Kind
from agents.redaction.redactor import Redactor
from agents.session.held_turns import HeldTurns
from bench.support.statistics import percentile
from clock import SystemClock
from persistence.contract.store import Store
from persistence.engines import files_of, migrate, open_store
from persistence.records import CALLER, Call, CallId, JobId, RoleName, Turn, WorkerId

_CALLS = 200
_SAID = (
    "good morning, I have a question about my order number 4711 of the 28th",
    "my card is four one one one one one one one, one one one one one one one one",
    "it is 5555 5555",
    "5555 4444",
    "call me on oh two oh seven nine four six oh nine five eight",
    "my mail is jane dot doe at example dot com",
    "my account is GB29 NWBK 6016 1331 9268 19, and I pay 49.99 a month",
    "thank you very much, that is all that I wanted to know today",
)
_FORBIDDEN = ("four one one one", "5555 5555", "oh two oh seven", "jane dot doe", "example dot com", "NWBK")
_STAYING = ("4711", "49.99")


@dataclass(frozen=True, slots=True)
class Found:
    """Byte searches that hit the store's files, with redaction and without; and a turn's time in ms."""

    redacted: int
    kept: int
    order_numbers_stay: bool
    turn_p50_ms: float
    turn_p99_ms: float


async def redacted_words_found(folder: Path) -> Found:
    """Store the same turns with redaction and without, and search for them. Raises: StoreError."""
    times: list[float] = []
    redacted = await _written(f"sqlite:///{folder / 'redacted.db'}", KINDS, times)
    kept = await _written(f"sqlite:///{folder / 'kept.db'}", (), [])
    return Found(
        sum(word.encode() in redacted for word in _FORBIDDEN),
        sum(word.encode() in kept for word in _FORBIDDEN),
        all(word.encode() in redacted for word in _STAYING),
        percentile(times, 50),
        percentile(times, 99),
    )


async def _written(url: str, kinds: tuple[Kind, ...], times: list[float]) -> bytes:
    """Return all bytes of the store's files, read before they are closed, so that they include the log."""
    migrate(url)
    async with open_store(url) as store:
        for number in range(_CALLS):
            for turn in _stored(CallId(f"call-{number}"), kinds, times):
                await _append(store, turn)
        return b"".join(path.read_bytes() for path in files_of(url) if path.exists())


def _stored(call: CallId, kinds: tuple[Kind, ...], times: list[float]) -> list[Turn]:
    turns: list[Turn] = []
    held = HeldTurns(Redactor(kinds), turns.append)
    for seq, words in enumerate(_SAID, 1):
        began = time.perf_counter()
        held.add(Turn(call, seq, CALLER, words, seq, seq))
        times.append(1000 * (time.perf_counter() - began))
    held.settle()
    return turns


async def _append(store: Store, turn: Turn) -> None:
    if turn.seq == 1:
        at = SystemClock().now_ms()
        room = f"room-{turn.call_id}"
        await store.open_call(
            Call(turn.call_id, room, "caller", RoleName("billing"), JobId("j"), WorkerId("w"), at)
        )
    await store.append_turn(
        turn.call_id, turn.speaker, turn.text, started_at=turn.started_at, ended_at=turn.ended_at
    )
