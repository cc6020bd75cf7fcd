"""A participant in a phone's room, who sees what the phone's participant does, hears it, and speaks."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

import numpy as np
from livekit import api, rtc

from local.caller.audio_receiver import AudioReceiver
from local.caller.microphone import Microphone
from local.caller.tape import RATE_HZ, Samples
from local.caller.tasks import CallerTasks
from local.phone.network import PhoneNetwork

_LIMIT_S = 10.0


@dataclass(frozen=True, slots=True)
class Seen:
    """`what`: "joined", "status", "key" or "left". `value`: the kind, the status, the key, the reason."""

    what: str
    identity: str
    value: str = ""


class Witness:
    def __init__(self, tasks: CallerTasks) -> None:
        now = asyncio.get_running_loop().time
        self.room = rtc.Room()
        self.seen: list[Seen] = []
        self.back = False
        """Whether it has lost its connection and reconnected."""
        self._tasks = tasks
        self._microphone = Microphone(now)
        self._receiver = AudioReceiver(self.room, tasks, now)
        self._news = asyncio.Event()
        self.room.on("participant_connected", self._joined)
        self.room.on("participant_attributes_changed", self._changed)
        self.room.on("participant_disconnected", self._left)
        self.room.on("track_subscribed", lambda *_: self._news.set())
        self.room.on("reconnected", self._again)
        self.room.on("sip_dtmf_received", lambda key: self._note("key", key.participant.identity, key.digit))

    def of(self, identity: str, what: str) -> list[str]:
        """Return the values of everything of this kind that was seen of one participant."""
        return [seen.value for seen in self.seen if seen.identity == identity and seen.what == what]

    def statuses(self, identity: str) -> list[str]:
        return self.of(identity, "status")

    @property
    def tracks(self) -> list[str]:
        """Whose sound arrives, or has arrived: an identity for each track."""
        return [track.identity for track in self._receiver.tracks]

    async def until(self, holds: Callable[[], object]) -> None:
        """Wait until `holds` is true, checking whenever something was seen."""
        async with asyncio.timeout(_LIMIT_S):
            while not holds():
                self._news.clear()
                await self._news.wait()

    async def left(self, identity: str) -> str:
        """Wait until they have left, and return the reason."""
        await self.until(lambda: self.of(identity, "left"))
        return self.of(identity, "left")[-1]

    def hear_no_more(self) -> None:
        """Stop listening before leaving: a track that arrives just then could not be heard."""
        self._receiver.close()

    def heard(self, identity: str) -> Samples:
        """Return everything heard so far of their latest track."""
        *_, latest = [track for track in self._receiver.tracks if track.identity == identity]
        return latest.tape.laid_out()

    async def can_be_heard(self) -> None:
        """Publish a track, silent until it plays something."""
        await self._microphone.publish(self.room)
        self._tasks.start(self._microphone.pump(), name="microphone")

    async def play(self, sound: Samples) -> None:
        """Play a sound. Returns once all of it is sent."""
        await self._microphone.play(sound)

    def _note(self, what: str, identity: str, value: str = "") -> None:
        self.seen.append(Seen(what, identity, value))
        self._news.set()

    def _again(self) -> None:
        self.back = True
        self._news.set()

    def _joined(self, phone: rtc.RemoteParticipant) -> None:
        self._note("joined", phone.identity, rtc.ParticipantKind.Name(phone.kind))
        if (status := phone.attributes.get("sip.callStatus")) is not None:
            self._note("status", phone.identity, status)

    def _changed(self, changed: dict[str, str], phone: rtc.Participant) -> None:
        if (status := changed.get("sip.callStatus")) is not None:
            self._note("status", phone.identity, status)

    def _left(self, phone: rtc.RemoteParticipant) -> None:
        reason = phone.disconnect_reason
        self._note("left", phone.identity, "" if reason is None else rtc.DisconnectReason.Name(reason))


@asynccontextmanager
async def witness(network: PhoneNetwork, room: str, identity: str = "witness") -> AsyncIterator[Witness]:
    """Join the room, silently, until the block ends."""
    grants = api.VideoGrants(room_join=True, room=room)
    token = api.AccessToken(network.livekit.api_key, network.livekit.api_secret)
    async with AsyncExitStack() as stack:
        tasks = CallerTasks()
        stack.push_async_callback(tasks.close)
        there = Witness(tasks)
        await there.room.connect(
            network.livekit.url, token.with_identity(identity).with_grants(grants).to_jwt()
        )
        stack.push_async_callback(there.room.disconnect)
        stack.callback(there.hear_no_more)
        yield there


def tone(hertz: float, seconds: float, rate: int = RATE_HZ) -> Samples:
    """Return a sine at a quarter of full scale."""
    return (8000 * np.sin(2 * np.pi * hertz * np.arange(int(seconds * rate)) / rate)).astype(np.int16)


def share_of(hertz: float, sound: Samples, rate: int = RATE_HZ) -> float:
    """Return the share of a sound's energy within 20 Hz of this tone; 1 means nothing else."""
    spectrum = np.abs(np.fft.rfft(sound.astype(float) * np.hanning(len(sound)))) ** 2
    at = np.fft.rfftfreq(len(sound), 1 / rate)
    return float(spectrum[np.abs(at - hertz) <= 20].sum() / spectrum.sum())
