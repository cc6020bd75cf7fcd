"""Identifies a room's caller, as LiveKit reports them. People also search for calls and call back by this."""

from __future__ import annotations

import asyncio
import math
from dataclasses import dataclass

from livekit import rtc

from persistence.numbers import digits_of, hashed, shown_number
from settings import KeepingSettings
from transfer.livekit.kinds import is_telephone, our_number, was_let_in

NUMBER = "sip.phoneNumber"
"""Absent if the dispatch rule hides numbers."""

_SIP_NAME = "Phone "
"""livekit-sip gives every telephone caller this name, followed by the number or by a part of it."""

_LONGEST = 200
_FEWEST_DIGITS = 4
"""A name reveals the caller's number if it has this many of its digits or more."""
_CALLERS = {rtc.ParticipantKind.PARTICIPANT_KIND_STANDARD, rtc.ParticipantKind.PARTICIPANT_KIND_SIP}


def name_of(caller: rtc.RemoteParticipant) -> str:
    """Return the caller's name; empty if they have none."""
    name = " ".join(caller.name.split())[:_LONGEST]
    return "" if is_telephone(caller) and f"{name} ".startswith(_SIP_NAME) else name


def number_of(caller: rtc.RemoteParticipant) -> str:
    """Return the caller's telephone number; empty if they did not call by telephone, or hid it."""
    return shown_number(caller.attributes.get(NUMBER, ""))[:_LONGEST]


def number_called_by(caller: rtc.RemoteParticipant) -> str:
    """Return which of our numbers they called; empty if they did not call by telephone."""
    return our_number(caller) if was_let_in(caller) else ""


@dataclass(frozen=True, slots=True)
class Known:
    """A caller's name and number as the store keeps them. Their LiveKit identity is kept separately."""

    name: str
    number: str


def known_of(caller: rtc.RemoteParticipant, keeping: KeepingSettings) -> Known:
    """Return what the store may keep.

    With BATON_NUMBER_KEY, the number is a keyed hash with a readable ending, and no name may reveal it.
    """
    name, number = name_of(caller), number_of(caller)
    if keeping.number_key is None:
        return Known(name, number)
    named = digits_of(name)
    tells = len(named) >= _FEWEST_DIGITS and named in digits_of(number)
    return Known("" if tells else name, hashed(number, keeping.number_key.get_secret_value()))


def _joined_at(participant: rtc.RemoteParticipant) -> float:
    """Return when they joined, in seconds UTC. The room lists those before us in no particular order."""
    return participant.joined_at.timestamp() if participant.joined_at else math.inf


def back_at(caller: rtc.RemoteParticipant, agent: rtc.LocalParticipant, *, now: int) -> int:
    """Return when this caller joined, ms UTC. The seconds that an agent takes to join must not count.

    livekit-server's clock may differ from ours, so it is used only for the time between caller and agent.
    """
    if caller.joined_at is None or agent.joined_at is None:
        return now
    return now - max(0, round(1000 * (agent.joined_at - caller.joined_at).total_seconds()))


def _calls(participant: rtc.RemoteParticipant) -> bool:
    return participant.kind in _CALLERS and (not is_telephone(participant) or was_let_in(participant))


async def caller_in(room: rtc.Room, wanted: str | None, limit_s: float) -> rtc.RemoteParticipant | None:
    """Return the caller that the dispatch names, or else the room's first; None if none comes in time.

    Somebody whom we called by telephone, as for a consultation, is not a caller.
    """
    arrived: asyncio.Future[rtc.RemoteParticipant] = asyncio.get_running_loop().create_future()

    def look(participant: rtc.RemoteParticipant) -> None:
        fits = participant.identity == wanted if wanted else _calls(participant)
        if fits and not arrived.done():
            arrived.set_result(participant)

    room.on("participant_connected", look)
    try:
        for participant in sorted(room.remote_participants.values(), key=_joined_at):
            look(participant)
        async with asyncio.timeout(limit_s):
            return await arrived
    except TimeoutError:
        return None
    finally:
        room.off("participant_connected", look)
