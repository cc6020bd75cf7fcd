"""Presses keys for one telephone, when a menu at its end asks for them. No record, error or log has them."""

from __future__ import annotations

import asyncio
import re

from livekit import rtc

from transfer.livekit.kinds import is_telephone, was_let_in

MOST_KEYS = 40
KEYS_HINT = f"use 1 to {MOST_KEYS} of 0-9, *, #, w (a pause of half a second) and W (of a second)"
KEY_S = 0.3
"""Seconds from one key to the next: livekit-sip sends each key for 0.25 s."""
LONGEST_S = MOST_KEYS * 1.1
"""The most seconds that pressing all keys takes, pauses included."""

_KEYS = re.compile(rf"[0-9*#wW]{{1,{MOST_KEYS}}}")
_PAUSES_S = {"w": 0.5, "W": 1.0}
_CODES = "0123456789*#"
_SENT_WITHIN_S = 2.0


class NotPressed(Exception):
    """Not all keys were sent. The text says why and how many were; it has no keys."""


def are_keys(keys: str) -> bool:
    return _KEYS.fullmatch(keys) is not None


def takes_s(keys: str) -> float:
    """Return how many seconds pressing these keys takes."""
    return sum(_PAUSES_S.get(key, KEY_S) for key in keys)


def was_called(room: rtc.Room, identity: str) -> bool:
    """Whether this is a telephone that was called from here: one that may have a menu."""
    participant = room.remote_participants.get(identity)
    return participant is not None and is_telephone(participant) and not was_let_in(participant)


async def press_keys(room: rtc.Room, telephone: str, keys: str) -> None:
    """Press keys, and return once all are sent. `telephone`: its identity in the room. Raises: NotPressed.

    livekit-sip presses each key for every telephone in the room: if there is a second one, no key is sent.
    """
    if not are_keys(keys):
        raise NotPressed(f"these are no keys: {KEYS_HINT}")
    for sent, key in enumerate(keys):
        if wrong := _in_the_way(room, telephone):
            raise NotPressed(f"{wrong}; {sent} of {len(keys)} were sent" if sent else wrong)
        if key in _PAUSES_S:
            await asyncio.sleep(_PAUSES_S[key])
            continue
        try:
            async with asyncio.timeout(_SENT_WITHIN_S):
                await room.local_participant.publish_dtmf(code=_CODES.index(key), digit=key)
        except (TimeoutError, rtc.participant.PublishDTMFError):
            raise NotPressed(f"LiveKit did not take a key; {sent} of {len(keys)} were sent") from None
        await asyncio.sleep(KEY_S)


def _in_the_way(room: rtc.Room, telephone: str) -> str | None:
    by_telephone = {each.identity for each in room.remote_participants.values() if is_telephone(each)}
    if telephone not in by_telephone:
        return "there is no such telephone in the call"
    return "another telephone would hear them" if len(by_telephone) > 1 else None
