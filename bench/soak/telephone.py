"""A call of a soak by telephone: a softphone calls in, asks, is handed over, and says goodbye."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import TypeVar

from bench.soak.call import ASK, GOODBYE, Lost, Outcome
from bench.soak.environment import Environment
from errors import SetupFailed
from local.phone.demo.play import write_wav
from local.phone.softphone import Softphone, softphone
from local.speech import CALLER, synthesize
from persistence.records import Call, HandoffState

T = TypeVar("T")

OURS = "+15559999"
_RATE_HZ = 8_000
_GREETED_LIMIT_S = 40.0
_HANDOFF_LIMIT_S = 60.0
_GOODBYE_LIMIT_S = 30.0
_ASKS_AT_MOST = 3
_LOOK_S = 0.2
_SETTLES_S = 1.5
"""The caller speaks this many seconds after an agent's line is stored."""


async def play_call_by_phone(env: Environment, number: int, address: str, folder: Path) -> Outcome:
    """Play one whole call to the gateway at `address`. What the telephone hears is not measured."""
    handed_over, lost = False, ""
    theirs = f"+1555{number:07d}"
    try:
        async with softphone(theirs) as phone:
            await phone.call(OURS, address)
            await phone.until("answered", limit_s=_GREETED_LIMIT_S)
            handed_over = await _talk(env, phone, f"sip_{theirs}", folder / f"phone-{number:05d}")
    except (Lost, TimeoutError, SetupFailed) as error:
        lost = str(error) or type(error).__name__
    return Outcome(number, handed_over, lost, killed=False)


async def _talk(env: Environment, phone: Softphone, caller: str, wav: Path) -> bool:
    """Whether the caller was handed over. Raises: Lost, TimeoutError."""

    async def begun() -> Call | None:
        return next((call for call in await env.store.calls(is_open=True) if call.caller == caller), None)

    call = await _until(begun, _GREETED_LIMIT_S, "the call has no row")
    await _until(partial(_more_turns, env, call, 0), _GREETED_LIMIT_S, "nobody greeted")
    for _ in range(_ASKS_AT_MOST):
        await asyncio.sleep(_SETTLES_S)
        said = len(await env.store.turns(call.id))
        await _say(phone, ASK, wav.with_suffix(".ask.wav"))
        await _until(partial(_more_turns, env, call, said + 1), _HANDOFF_LIMIT_S, "nobody answered")
        if await _is_handed_over(env, call):
            break
    else:
        return False
    for _ in range(_ASKS_AT_MOST):
        await asyncio.sleep(_SETTLES_S)
        await _say(phone, GOODBYE, wav.with_suffix(".goodbye.wav"))
        try:
            await phone.until("ended", limit_s=_GOODBYE_LIMIT_S)
        except TimeoutError:
            continue
        return True
    raise Lost("the call never ended")


async def _say(phone: Softphone, line: str, wav: Path) -> None:
    spoken = await asyncio.to_thread(synthesize, line, CALLER, sample_rate=_RATE_HZ)
    write_wav(wav, spoken.samples, _RATE_HZ)
    await phone.play(wav)
    await asyncio.sleep(len(spoken.samples) / _RATE_HZ)


async def _is_handed_over(env: Environment, call: Call) -> bool:
    """Wait until the target has spoken. False if no handoff was requested. Raises: Lost."""
    handoffs = await env.store.handoffs(call_id=call.id)
    if not handoffs:
        return False

    async def target_spoke() -> bool:
        row = (await env.store.handoffs(call_id=call.id))[0]
        turns = await env.store.turns(call.id)
        return row.state is HandoffState.COMPLETED and any(turn.speaker == "billing" for turn in turns)

    await _until(target_spoke, _HANDOFF_LIMIT_S, "the target did not speak")
    return True


async def _more_turns(env: Environment, call: Call, least: int) -> bool:
    """Whether the call has more turns than `least`, or a handoff."""
    return len(await env.store.turns(call.id)) > least or bool(await env.store.handoffs(call_id=call.id))


async def _until(look: Callable[[], Awaitable[T | None]], limit_s: float, what: str) -> T:
    """Poll until `look` finds something, and return it. Raises: Lost, with `what`."""
    try:
        async with asyncio.timeout(limit_s):
            while not (found := await look()):  # noqa: ASYNC110
                await asyncio.sleep(_LOOK_S)  # the store sends no notice of changes
            return found
    except TimeoutError:
        raise Lost(what) from None
