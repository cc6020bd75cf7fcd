"""An operator who listens in hears everything, is invisible, and cannot make themselves heard."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest
from livekit import api, rtc
from livekit.rtc.participant import PublishTrackError

from clock import SystemClock
from local.caller.audio_receiver import AudioReceiver
from local.caller.microphone import Microphone
from local.caller.tape import RATE_HZ
from local.caller.tasks import CallerTasks
from local.measure.lanes import spans
from local.speech import CALLER as VOICE
from local.speech import say_line
from local.stack import Stack
from operators.acts import ActContext
from operators.acts.listening import look_at_listeners
from operators.acts.room_tokens import Door, listener_token
from persistence.engines import open_store
from persistence.records import CALLER
from settings import LiveKitSettings
from tests.contract.building import SilentServer
from tests.support.conversation import Conversation, conversation, until
from tests.support.said import as_said
from transfer.livekit.server_api import open_server_api

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.fault("C12")]

HOURS = "then please tell me your opening hours"
SHOUTED = ("I was charged twice for my last invoice",)  # it would lead to a handoff
HEARD_WITHIN_S = 20.0
LEAVES_WITHIN_S = 4.0  # 5 s with the service's check, once a second
SHOUTS_S = 3.0


class Listener:
    """An operator's client, with what a curious operator might try."""

    def __init__(self, room: rtc.Room, receiver: AudioReceiver, tasks: CallerTasks) -> None:
        self.room, self.receiver, self._tasks = room, receiver, tasks
        self._microphone = Microphone(since_now())

    def hears(self, identity: str) -> bool:
        return any(track.identity == identity and track.first_loud_s for track in self.receiver.tracks)

    async def shouts(self) -> None:
        """Publishes a microphone and data; the server may refuse them."""
        self._tasks.start(self._publish(), name="publish")
        self._tasks.start(self._send(), name="send")
        await asyncio.sleep(SHOUTS_S)

    async def _publish(self) -> None:
        line = say_line(SHOUTED, VOICE, sample_rate=RATE_HZ)
        publishing = asyncio.create_task(self._microphone.publish(self.room))
        speaking = asyncio.create_task(self._microphone.pump())
        try:
            await asyncio.gather(publishing, self._microphone.play(line.samples))
        except (PublishTrackError, ConnectionError):
            pass
        finally:
            for task in (publishing, speaking):
                task.cancel()
            await asyncio.gather(publishing, speaking, return_exceptions=True)

    async def _send(self) -> None:
        await self.room.local_participant.publish_data("I am here", topic="lk.chat")


def since_now() -> Callable[[], float]:
    """A tape starts at its clock's zero, but the loop's clock started with the machine."""
    now_s = asyncio.get_running_loop().time
    began_s = now_s()
    return lambda: now_s() - began_s


@asynccontextmanager
async def listening(stack: Stack, room_name: str) -> AsyncIterator[Listener]:
    livekit = stack.livekit
    door = Door(livekit.api_key, livekit.api_secret, "baton")
    async with open_store(stack.store) as store:
        context = ActContext(store, SilentServer(), (), SystemClock(), handoffs_per_call=5)
        made = await listener_token(context, door, room=room_name, by="anna", key=None)
    room, tasks = rtc.Room(), CallerTasks()
    receiver = AudioReceiver(room, tasks, since_now())
    try:
        await room.connect(livekit.url, made.token)
        yield Listener(room, receiver, tasks)
    finally:
        await room.disconnect()
        await asyncio.gather(tasks.close(), return_exceptions=True)


async def test_listener_hears_both_and_is_neither_seen_nor_heard(stack: Stack) -> None:
    async with conversation(stack) as talk:
        await talk.is_greeted()
        known = len(talk.caller.received)
        async with listening(stack, talk.room) as listener:
            await listener.shouts()
            await talk.says(HOURS)
            await talk.is_answered()
            await until(lambda: hears_both(listener, talk), "both voices", limit_s=HEARD_WITHIN_S)
            present = await talk.api.room.list_participants(api.ListParticipantsRequest(room=talk.room))
            shown = [who for who in present.participants if who.identity.startswith("listener-")]
            await joins_and_is_taken_out(stack, listener)

        assert [who.permission.hidden for who in shown] == [True], "the server knows"
        assert not [item for item in talk.caller.received[known:] if "listener" in item.sender + item.text]
        assert {track.identity for track in talk.caller.tracks} == {talk.desk}
        assert talk.caller.speakers() == (talk.desk,)
        assert not await talk.handoffs(), "nobody has heard the listener"
        said = as_said(await talk.turns(), HOURS, *SHOUTED)
        assert [words for speaker, words in said if speaker == CALLER] == [HOURS]
        agent = next(track for track in listener.receiver.tracks if track.identity == talk.desk)
        assert spans(agent.tape.laid_out(), RATE_HZ), "it is not only there, it sounds"


async def joins_and_is_taken_out(stack: Stack, listener: Listener) -> None:
    """Acts as the service does, once a second: findings 1 and 2."""
    gone = asyncio.Event()
    listener.room.on("disconnected", lambda *_: gone.set())
    livekit = stack.livekit
    access = LiveKitSettings(url=livekit.url, api_key=livekit.api_key, api_secret=livekit.api_secret)
    async with open_store(stack.store) as store, open_server_api(access, "baton") as server:
        context = ActContext(store, server, (), SystemClock(), handoffs_per_call=5)

        async def look(*, may: bool) -> None:
            async def may_listen(_: object) -> bool:
                return may

            await look_at_listeners(context, may_listen, lambda _: None)

        await look(may=True)
        await look(may=False)
        told = [one.moved_to for one in await store.events() if one.kind == "listener"]
    async with asyncio.timeout(LEAVES_WITHIN_S):
        await gone.wait()
    assert told[-3:] == ["asked", "joined", "left"]


async def hears_both(listener: Listener, talk: Conversation) -> bool:
    return all(listener.hears(identity) for identity in (CALLER, talk.desk))
