"""The part `barge`: how fast a model falls silent for a supervisor, and whom it answers meanwhile."""

from __future__ import annotations

import asyncio

import aiohttp

from bench.people.figures import first_sound_ms, last_sound_ms
from bench.people.office import Office, says
from bench.support.environment import NotMeasured
from local.caller.caller import Caller
from local.desk.client import Refused
from local.desk.supervisor import VERBS, Supervisor, act, listening, supervising
from persistence.records import CallId

_STORY = "please tell me everything about your company"
_HOURS = "then please tell me your opening hours"
_LIMIT_S, _INTO_THE_STORY_S, _ANSWERS_WITHIN_S, _PAUSE_S = 25.0, 1.5, 3.0, 0.7


async def barges(office: Office, http: aiohttp.ClientSession, times: int) -> list[int]:
    """Play `times` rounds in one call: a story, a barge, a question without answer, the call given back.

    Returns for each barge the ms until the model's last sound before the call was given back: an answer in
    between makes it long. Raises: NotMeasured: nobody answered afterwards.
    """
    async with (
        office.caller() as (caller, room, call),
        supervising(http, call, room) as supervisor,
    ):
        return [await _barge(caller, supervisor) for _ in range(times)]


async def _barge(caller: Caller, supervisor: Supervisor) -> int:
    (model, *_) = caller.speakers()
    asked_ms = await says(caller, _STORY)
    await caller.hears(model, since_ms=asked_ms, limit_s=_LIMIT_S)
    await asyncio.sleep(_INTO_THE_STORY_S)
    barged_ms = caller.now_ms
    await supervisor.does("barge")
    await says(caller, _HOURS)
    await asyncio.sleep(_ANSWERS_WITHIN_S)
    given_back_ms = caller.now_ms
    await supervisor.does("give-back")
    await caller.hears(model, since_ms=given_back_ms, limit_s=_LIMIT_S)
    await caller.hears_out(model, pause_s=_PAUSE_S, limit_s=_LIMIT_S)
    sounds = caller.sounds(model)
    if first_sound_ms(sounds, since_ms=given_back_ms) is None:
        raise NotMeasured("nobody answered after the call was given back")
    if not any(span.start_ms < barged_ms < span.end_ms + 300 for span in sounds):
        raise NotMeasured("the model was not speaking as the supervisor barged")
    return last_sound_ms(sounds, since_ms=barged_ms, until_ms=given_back_ms) - barged_ms


async def refused_to_a_viewer(office: Office, viewer: aiohttp.ClientSession) -> None:
    """Check that a listening viewer gets 403 for every verb. Raises: NotMeasured, naming one that worked."""
    async with office.caller() as (_, room, call), listening(viewer, room) as identity:
        for verb in VERBS:
            if (status := await _status(viewer, call, verb, identity)) != 403:
                raise NotMeasured(f"a viewer who asked for {verb} got {status}, not 403")


async def _status(http: aiohttp.ClientSession, call: CallId, verb: str, listener: str) -> int:
    try:
        await act(http, call, verb, listener)
    except Refused as refused:
        return refused.status
    return 202
