"""Serves a supervisor in the holder: copies their voice, falls silent for them, carries on afterwards."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, Protocol

from livekit import rtc
from livekit.agents import AgentSession

from agents.supervision.supervisor_voice import Heard, SupervisorVoice
from agents.supervision.supervisors_room import SupervisorsRoom
from errors import LineFailed
from persistence.access import Listener, ListenerMode
from tasks import BackgroundTasks, together

log = logging.getLogger(__name__)

_SILENCE_LIMIT_S = 2.0
_COMES_WITHIN_S = 10.0
"""A page joins at once; livekit-client tries to reconnect for some seconds."""
_LOOK_EVERY_S = 0.2


class CallInHands(Protocol):
    """What supervision needs of the holder's call."""

    @property
    def callers_room(self) -> rtc.Room: ...

    @property
    def persons_room(self) -> rtc.Room | None:
        """The room of the person who speaks with the caller; None: nobody does."""
        ...

    @property
    def seconds_room(self) -> rtc.Room | None:
        """The room of the second person in their talk; None: there is none."""
        ...

    @property
    def apart(self) -> bool:
        """Whether the caller hears nothing but music: a handoff, or a hold."""
        ...

    def fall_silent(self) -> None:
        """Close the model's ears: from now on it answers nobody."""
        ...

    async def let_go(self, by: str) -> None:
        """End the person's part; do nothing if there is no person."""
        ...

    async def go_on(self, by: str) -> None:
        """Answer the caller again, or return them to the desk that handed over."""
        ...

    def join(self, identity: str) -> SupervisorsRoom: ...

    def voice(self, own_room: SupervisorsRoom, by: str, heard: Callable[[], Heard]) -> SupervisorVoice: ...

    async def has_left(self, identity: str) -> None:
        """Record that a supervisor is not there, so that they do not keep the floor unheard."""
        ...


class Supervision:
    """One call's supervision. `follow` gets the listeners' rows, which decide, so it outlives this agent."""

    def __init__(self, session: AgentSession[Any], call: CallInHands) -> None:
        self._session, self._call = session, call
        self.listeners: Sequence[Listener] = ()
        """The current listeners, at most one of which is heard."""
        self._now: Listener | None = None
        self._moved, self._floor_moved = asyncio.Event(), asyncio.Event()

    @property
    def has_floor(self) -> bool:
        """Whether a supervisor speaks with the caller, and a model is silent."""
        return self._now is not None and self._now.mode.has_floor

    def follow(self, listeners: Sequence[Listener]) -> None:
        """Obey the rows of the call's listeners as they are now."""
        before, had_floor = self._now, self.has_floor
        self.listeners = listeners
        self._now = next((one for one in listeners if one.mode is not ListenerMode.LISTEN), None)
        if self.has_floor and not had_floor:
            self._call.fall_silent()
        if self._now != before:
            log.info("supervision", extra={"mode": self._now.mode if self._now else ListenerMode.LISTEN})
            self._moved.set()
            self._floor_moved.set()

    async def serve(self) -> None:
        """Do what the rows say. Run until the call ends, or has another holder."""
        async with together() as group:
            group.create_task(self._serve_floor(), name="a supervisor's floor")
            group.create_task(self._serve_voice(), name="a supervisor's voice")

    async def _serve_floor(self) -> None:
        speaks: Listener | None = None
        while True:
            now = self._now if self.has_floor else None
            if now is not None and speaks is None:
                await self._silence()
            if now is not None and now.mode is ListenerMode.TAKE_OVER:
                await self._call.let_go(now.name)
            if now is None and speaks is not None:
                await self._call.go_on(speaks.name)
            speaks = now
            await self._floor_moved.wait()
            self._floor_moved.clear()

    async def _silence(self) -> None:
        """Interrupt the agent at once, in mid-sentence: the supervisor speaks instead."""
        with suppress(TimeoutError, RuntimeError):
            async with asyncio.timeout(_SILENCE_LIMIT_S):
                await self._session.interrupt(force=True)

    async def _serve_voice(self) -> None:
        tasks, heard = BackgroundTasks(), ""
        try:
            while True:
                identity = self._now.identity if self._now else ""
                if identity != heard:
                    await tasks.cancel()
                if self._now is not None and identity != heard:
                    tasks.start(self._speak(self._now), name="a supervisor speaks")
                heard = identity
                await self._moved.wait()
                self._moved.clear()
        finally:
            await tasks.cancel()

    async def _speak(self, who: Listener) -> None:
        """Copy a supervisor's voice until they are gone. One who does not come does not get the floor."""
        own_room = self._call.join(who.identity)
        voice: SupervisorVoice | None = None
        try:
            await own_room.join()
            voice = self._call.voice(own_room, who.name, lambda: self._heard(who.identity))
            voice.start()
            await self._until_gone(own_room, voice)
        except LineFailed as error:
            log.warning("a supervisor is not heard", extra={"error": str(error)})
        finally:
            if voice is not None:
                await voice.stop()
            await own_room.leave()
        await self._call.has_left(who.identity)

    async def _until_gone(self, own_room: SupervisorsRoom, voice: SupervisorVoice) -> None:
        now_s = asyncio.get_running_loop().time
        seen_s = now_s()
        while now_s() - seen_s < _COMES_WITHIN_S:
            if own_room.is_here:
                seen_s = now_s()
            await voice.publish(self._call.persons_room, self._call.seconds_room)
            await asyncio.sleep(_LOOK_EVERY_S)

    def _heard(self, identity: str) -> Heard:
        now, person = self._now, self._call.persons_room is not None
        if now is None or now.identity != identity:
            return Heard()
        floor = now.mode.has_floor
        return Heard(person=person, model=not person and not floor, caller=floor and not self._call.apart)
