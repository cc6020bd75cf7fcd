"""A supervisor and a person at a desk, without browsers: they do what their pages do, by acts and LiveKit."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

import numpy as np
from livekit import rtc

from clock import SystemClock
from local.caller.audio_receiver import HeardTrack
from local.caller.caller import Caller
from local.caller.tape import RATE_HZ, Samples
from local.measure.lanes import Span, spans
from local.stack import Stack
from operators.acts import ActContext, supervise
from operators.acts.desk import accept
from operators.acts.room_tokens import Door, listener_token, persons_token, supervisors_token
from persistence.access import ListenerMode
from persistence.contract.store import Store
from persistence.engines import open_store
from persistence.people import Offer, Person, PresenceState
from persistence.records import CallId, RoleName
from settings import LiveKitSettings
from tests.support.conversation import until
from transfer.desk_protocol import DESK_ACT, DeskAct
from transfer.livekit.server_api import open_server_api
from transfer.supervision import SUPERVISOR_TRACK, supervisors_room

TONE_HZ = 3_000
_LEASE_S = 3_600.0
_LOUD = 8_000
_LIMIT_S = 2.0


@dataclass(frozen=True, slots=True)
class Office:
    """Operators' acts on one stack, without the service."""

    context: ActContext
    door: Door
    url: str

    @property
    def store(self) -> Store:
        return self.context.store


@asynccontextmanager
async def office_of(stack: Stack, roles: Sequence[RoleName] = ()) -> AsyncIterator[Office]:
    livekit = stack.livekit
    access = LiveKitSettings(url=livekit.url, api_key=livekit.api_key, api_secret=livekit.api_secret)
    async with open_store(stack.store) as store, open_server_api(access, stack.agent_name) as server:
        context = ActContext(store, server, roles, SystemClock(), handoffs_per_call=5)
        yield Office(context, Door(livekit.api_key, livekit.api_secret, stack.agent_name), livekit.url)


class Supervisor:
    """Made by `supervising`: listens, and speaks from a room of their own."""

    def __init__(self, office: Office, call: CallId, name: str, identity: str, voice: Caller) -> None:
        self._office, self._call, self.name, self.identity = office, call, name, identity
        self.voice = voice

    async def is_heard(self, mode: ListenerMode) -> None:
        await supervise(self._office.context, self._call, self.identity, mode, by=self.name)

    async def says(self, line: str) -> None:
        """Says a line once the agent is in the supervisor's room: before that, nobody hears it."""
        await until(self._agent_is_there, "the agent in the supervisor's room")
        await self.voice.say(line)

    async def _agent_is_there(self) -> bool:
        room = supervisors_room(self.identity)
        return len(await self._office.context.server.participants(room, limit_s=_LIMIT_S) or ()) > 1

    async def sounds_until_heard_by(self, ear: Caller) -> None:
        """Plays a tone until this participant hears it."""

        async def heard() -> bool:
            await self.voice.play(tone(0.3))
            return any(track.loud_s is not None for track in tracks(ear, supervisors=True))

        await until(heard, "the supervisor's tone")


@asynccontextmanager
async def supervising(office: Office, room: str, name: str = "Ann") -> AsyncIterator[Supervisor]:
    """Yields somebody who listens to the room's call, with a microphone that nobody hears yet."""
    call = await office.store.open_call_in(room)
    assert call is not None
    made = await listener_token(office.context, office.door, room=room, by=name, key=None)
    (own,) = [one for one in await office.store.listeners_of(call.id) if one.identity == made.identity]
    speak = supervisors_token(office.context, office.door, own)
    ear = rtc.Room()
    async with Caller.join(office.url, speak.token) as voice:
        await ear.connect(office.url, made.token)
        try:
            yield Supervisor(office, call.id, name, made.identity, voice)
        finally:
            await ear.disconnect()


class AtDesk(Caller):
    """A person in the room of their own."""

    async def puts_through(self) -> None:
        """Puts the caller through once the agent accepts the act."""
        payload = DeskAct(act="put_through").model_dump_json()

        async def taken() -> bool:
            for agent in list(self._room.remote_participants):
                with suppress(rtc.RpcError):
                    await self._room.local_participant.perform_rpc(
                        destination_identity=agent, method=DESK_ACT, payload=payload
                    )
                    return True
            return False

        await until(taken, "the person has the caller put through")


async def is_available(office: Office, person: Person) -> None:
    now = office.context.clock.now_ms()
    await office.store.set_presence(
        person, PresenceState.AVAILABLE, reason="", lease_s=_LEASE_S, by=person, at=now
    )


@asynccontextmanager
async def takes_the_caller(office: Office, person: Person) -> AsyncIterator[tuple[AtDesk, Offer]]:
    """The person accepts what rings, and has the caller put through."""

    async def ringing() -> Offer | None:
        offers = await office.store.offers(person=person, open_only=True)
        return next((offer for offer in offers if offer.outcome is None), None)

    offer = await accept(office.context, person, (await until(ringing, "it rings")).id)
    async with AtDesk.join(office.url, persons_token(office.door, offer.id)) as at_desk:
        assert isinstance(at_desk, AtDesk)
        await at_desk.puts_through()
        yield at_desk, offer


def tracks(ear: Caller, *, supervisors: bool) -> Sequence[HeardTrack]:
    """Returns the tracks of supervisors, or all others except music."""
    heard = [track for track in ear.tracks if not track.is_music]
    return [track for track in heard if (track.name == SUPERVISOR_TRACK) == supervisors]


def sounds(heard: Sequence[HeardTrack]) -> Sequence[Span]:
    return sorted(
        (span for track in heard for span in spans(track.tape.laid_out(), RATE_HZ)),
        key=lambda span: span.start_ms,
    )


def tone(seconds: float) -> Samples:
    at = np.arange(round(seconds * RATE_HZ))
    return (_LOUD * np.sin(2 * np.pi * TONE_HZ * at / RATE_HZ)).astype(np.int16)


def tone_level(samples: Samples) -> float:
    """Returns the tone's largest amplitude in any 100 ms of this audio, of 32,767; at least 1."""
    step = RATE_HZ // 10
    wave = np.exp(-2j * np.pi * TONE_HZ * np.arange(step) / RATE_HZ)
    parts = [samples[at : at + step] for at in range(0, len(samples) - step + 1, step)]
    return max([1.0, *(float(abs(np.dot(part, wave))) * 2 / step for part in parts)])
