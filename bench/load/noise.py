"""What one caller who makes noise costs the others who talk, compared with the same calls without noise.

On the developer plan's limits. The noise is babble: all the callers' lines at once and backwards, which a
voice detector takes for speech, but which has no words.
"""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bench.load.calling import baton_call, calling
from bench.load.developer_plan import Account, developer_plan, requests_of
from bench.load.plan import Heard
from bench.support.environment import Environment, NotMeasured, rest
from bench.support.statistics import percentile, ratio

_APART_S = 1.0
_MANY = 10_000


@dataclass(frozen=True, slots=True)
class Talk:
    """One stretch. `turns_s` and `requests` are the talkers', `noisy` counts the noisy caller's requests.

    `requests` has one entry a call. `asked` and `refused` count all calls' requests.
    """

    turns_s: Sequence[float]
    requests: Sequence[int]
    noisy: int | None
    asked: int
    refused: int


def noise_figures(quiet: Talk, noise: Talk) -> dict[str, object]:
    """Return the figures. The ratio is of the talkers' turns at p95, with noise over without noise."""
    with_s, without_s = (percentile(talk.turns_s, 95) for talk in (noise, quiet))
    return {
        "noise_turn_ratio": ratio(with_s, without_s),
        "noise_turn_p95_s": round(with_s, 3),
        "quiet_turn_p95_s": round(without_s, 3),
        "noise_requests": noise.noisy,
        "talk_requests": round(statistics.mean(noise.requests), 1),
        "noise_refused_share": round(noise.refused / max(1, noise.asked), 4),
    }


async def noise(env: Environment, groq: str, *, carries: int, seconds: float) -> dict[str, object]:
    """Play one call fewer than the worker carries for `seconds`, then again with one more that makes noise.

    `groq`: the stand-in's address. Raises: NotMeasured.
    """
    async with developer_plan(groq) as account:
        quiet = await _talk(env, account, talkers=carries - 1, seconds=seconds, noisy=False)
        loud = await _talk(env, account, talkers=carries - 1, seconds=seconds, noisy=True)
    return noise_figures(quiet, loud)


async def _talk(env: Environment, account: Account, *, talkers: int, seconds: float, noisy: bool) -> Talk:
    await rest()
    before = await account.used()
    length_s = seconds + _APART_S * talkers
    planned = [
        baton_call(env, _APART_S * number, length_s - _APART_S * number) for number in range(talkers + noisy)
    ]
    if noisy:
        planned[0] = planned[0].model_copy(update={"noise": True})
    async with calling(env, planned, patience_s=length_s) as callers:
        heard = {each.room: each for each in await callers.until_over()}
    if lost := [each.lost for each in heard.values() if each.lost]:
        raise NotMeasured(f"{len(lost)} of {len(planned)} callers were lost: {lost[0]}")
    calls = {call.room: call for call in await env.store.calls(limit=_MANY) if call.room in heard}
    requests = {room: await requests_of(env, call) for room, call in calls.items()}
    loud = {call.room for call in planned if call.noise}
    asked, refused = await account.used()
    return Talk(
        turns_s=_turns(heard, loud),
        requests=[count for room, count in requests.items() if room not in loud],
        noisy=next((requests[room] for room in loud), None),
        asked=asked - before[0],
        refused=refused - before[1],
    )


def _turns(heard: Mapping[str, Heard], loud: set[str]) -> list[float]:
    return [turn for room, each in heard.items() if room not in loud for turn in each.turns_s]
