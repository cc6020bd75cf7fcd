"""Twenty calls on one developer account: as many as the machine carries talk, the others only send requests.

First the talkers are alone for a minute, then some minutes beside the others. Each is handed over once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bench.load.calling import baton_call, calling
from bench.load.developer_plan import Account, developer_plan, requests_of
from bench.load.plan import Heard
from bench.load.silent_calls import silent_calls
from bench.support.environment import Environment, NotMeasured, rest
from persistence.records import Call, HandoffState
from settings import GroqSettings, read

ALL_CALLS = 20
_APART_S = 1.0
_ALONE_S = 60.0
_SILENCE_S = 3.0
_MANY = 10_000


@dataclass(frozen=True, slots=True)
class Talk:
    """One stretch. `troubles` are parts with errors; `asked` and `refused` count the account's requests."""

    heard: Sequence[Heard]
    requests: int
    handed_over: int
    troubles: Sequence[str]
    asked: int
    refused: int

    @property
    def requests_a_turn(self) -> float:
        """The talkers' requests for each turn. Guesses make it more than a turn needs."""
        return self.requests / max(1, sum(len(each.turns_s) for each in self.heard))


def account_figures(alone: Talk, shared: Talk) -> dict[str, object]:
    """Return the figures. `account_silences`: those over 3 s; `account_refused_share`: of all requests."""
    silences = [silence for each in shared.heard for silence in each.silences_s]
    return {
        "account_silences": sum(silence > _SILENCE_S for silence in silences),
        "account_longest_silence_s": round(max(silences, default=0.0), 3),
        "account_lost": sum(bool(each.lost) for each in shared.heard),
        "account_handed_over": shared.handed_over,
        "account_requests": shared.asked,
        "account_refused_share": round(shared.refused / max(1, shared.asked), 4),
        "account_requests_a_turn": round(shared.requests_a_turn, 2),
        "account_requests_a_turn_alone": round(alone.requests_a_turn, 2),
        "account_troubles": sorted(shared.troubles),
    }


async def account(env: Environment, groq: str, *, carries: int, seconds: float) -> dict[str, object]:
    """Play both stretches and return the figures. `groq`: the stand-in's address.

    Raises: NotMeasured, groq.GroqError.
    """
    lines = [line.text for line in env.script.callers["talk"]]
    async with developer_plan(groq) as plan:
        alone = await _talk(env, plan, carries, _ALONE_S)
        async with silent_calls(groq, lines, ALL_CALLS - carries, read(GroqSettings)):
            shared = await _talk(env, plan, carries, seconds)
    return account_figures(alone, shared)


async def _talk(env: Environment, plan: Account, calls: int, seconds: float) -> Talk:
    await rest()
    before = await plan.used()
    planned = [
        baton_call(env, _APART_S * number, seconds - _APART_S * number).model_copy(
            update={"hands_over": True}
        )
        for number in range(calls)
    ]
    async with calling(env, planned, patience_s=seconds) as callers:
        heard = await callers.until_over()
    asked, refused = await plan.used()
    ours = {each.room for each in heard}
    rows = [call for call in await env.store.calls(limit=_MANY) if call.room in ours]
    if len(rows) < calls:
        raise NotMeasured(f"{len(rows)} of {calls} calls are in the store")
    return Talk(
        heard=heard,
        requests=sum([await requests_of(env, call) for call in rows]),
        handed_over=sum([await _handed_over(env, call) for call in rows]),
        troubles=[f"{each.part} {each.error}" for call in rows for each in await env.store.troubles(call.id)],
        asked=asked - before[0],
        refused=refused - before[1],
    )


async def _handed_over(env: Environment, call: Call) -> bool:
    handoffs = await env.store.handoffs(call_id=call.id)
    return [handoff.state for handoff in handoffs] == [HandoffState.COMPLETED]
