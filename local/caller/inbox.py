"""Records verbatim everything but audio that the caller's client receives, for the privacy check."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal

from livekit import rtc

from local.caller.tasks import CallerTasks
from transfer.protocol import ANSWER, READY, RELEASE, SUMMARY, TAKE_OVER

Kind = Literal[
    "text stream",
    "byte stream",
    "data",
    "data track",
    "transcription",
    "digits",
    "rpc",
    "attributes",
    "metadata",
    "name",
    "track",
    "room metadata",
]


@dataclass(frozen=True, slots=True)
class Received:
    """One received item. `sender` is an identity; `topic` is a stream's topic, an RPC's method or "".

    `stream` numbers the streams in the order in which they were opened, from 1; 0 if the item came through
    none. The SDK reads each stream in its own task, so what was sent first may be read last.
    """

    kind: Kind
    sender: str
    topic: str
    text: str
    at_ms: int
    stream: int = 0


RPC_METHODS = (READY, ANSWER, SUMMARY, TAKE_OVER, RELEASE)
"""The SDK's core rejects unregistered methods before Python sees them, so these are registered by name."""


class _EveryTopic(dict[str, Any]):
    """The SDK looks up a stream's handler by topic; this returns one handler for every topic."""

    def __init__(self, handler: Callable[..., None]) -> None:
        super().__init__()
        self._handler = handler

    def get(self, key: str, default: Any = None) -> Any:
        return self._handler


class Inbox:
    """Create it before connecting and call `connected` right after, so that it misses nothing."""

    def __init__(self, room: rtc.Room, tasks: CallerTasks, now_s: Callable[[], float]) -> None:
        self._room = room
        self._tasks = tasks
        self._now_s = now_s
        self._received: list[Received] = []
        self._streams = 0
        # The SDK has no public handler for all topics, and a leak would use an unexpected one.
        room._text_stream_handlers = _EveryTopic(self._on_text_stream)
        room._byte_stream_handlers = _EveryTopic(self._on_byte_stream)
        for event, handler in self._handlers().items():
            room.on(event, handler)  # type: ignore[arg-type]  # the SDK's list of literals

    @property
    def received(self) -> Sequence[Received]:
        return tuple(self._received)

    def connected(self) -> None:
        """Record what the room and its participants show to a newcomer."""
        for method in RPC_METHODS:
            self._room.local_participant.register_rpc_method(method, self._on_rpc)
        self._record("room metadata", "", "", self._room.metadata or "")
        self.snapshot()

    def snapshot(self) -> None:
        """Record what every participant shows now."""
        for participant in self._room.remote_participants.values():
            self._on_participant(participant)

    def _handlers(self) -> dict[str, Callable[..., None]]:
        return {
            "participant_connected": self._on_participant,
            "participant_disconnected": self._on_participant,
            "participant_attributes_changed": lambda _, participant: self._on_participant(participant),
            "participant_metadata_changed": lambda participant, *_: self._on_participant(participant),
            "participant_name_changed": lambda participant, *_: self._on_participant(participant),
            "track_published": lambda track, who: self._record("track", who.identity, "", track.name),
            "room_metadata_changed": lambda _, text: self._record("room metadata", "", "", text),
            "data_received": self._on_data,
            "sip_dtmf_received": lambda tone: self._record(
                "digits", _identity(tone.participant), "", tone.digit
            ),
            "transcription_received": self._on_transcription,
            "data_track_published": self._on_data_track,
        }

    def _record(self, kind: Kind, sender: str, topic: str, text: str, *, stream: int = 0) -> None:
        if text or kind not in {"attributes", "metadata", "name", "room metadata"}:
            self._received.append(Received(kind, sender, topic, text, round(self._now_s() * 1000), stream))

    def _on_participant(self, participant: rtc.Participant) -> None:
        attributes = json.dumps(participant.attributes, sort_keys=True) if participant.attributes else ""
        self._record("attributes", participant.identity, "", attributes)
        self._record("metadata", participant.identity, "", participant.metadata)
        self._record("name", participant.identity, "", participant.name)

    def _on_data(self, packet: rtc.DataPacket) -> None:
        self._record("data", _identity(packet.participant), packet.topic or "", _text(packet.data))

    def _on_transcription(
        self, segments: Sequence[rtc.TranscriptionSegment], who: rtc.Participant | None, *_: object
    ) -> None:
        self._record("transcription", _identity(who), "", " ".join(segment.text for segment in segments))

    def _on_data_track(self, track: rtc.RemoteDataTrack) -> None:
        self._tasks.start(self._read_data_track(track), name="data track")

    async def _on_rpc(self, invocation: rtc.RpcInvocationData) -> str:
        self._record("rpc", invocation.caller_identity, invocation.method, invocation.payload)
        raise rtc.RpcError(rtc.RpcError.ErrorCode.UNSUPPORTED_METHOD, "a caller serves no RPC")

    def _on_text_stream(self, reader: rtc.TextStreamReader, sender: str) -> None:
        self._streams += 1
        self._tasks.start(self._read_stream("text stream", reader, sender, self._streams), name="text stream")

    def _on_byte_stream(self, reader: rtc.ByteStreamReader, sender: str) -> None:
        self._streams += 1
        self._tasks.start(self._read_stream("byte stream", reader, sender, self._streams), name="byte stream")

    async def _read_stream(
        self, kind: Kind, reader: rtc.TextStreamReader | rtc.ByteStreamReader, sender: str, stream: int
    ) -> None:
        # Record each chunk on arrival: an aborted stream has still leaked what came before the abort.
        record = partial(self._record, kind, sender, reader.info.topic, stream=stream)
        record(json.dumps(reader.info.attributes or {}))
        try:
            async for chunk in reader:
                record(_text(chunk))
        except ConnectionError:  # the SDK's StreamError: the sender left or the room closed mid-stream
            return

    async def _read_data_track(self, track: rtc.RemoteDataTrack) -> None:
        self._record("data track", track.publisher_identity, track.info.name, "")
        async for frame in track.subscribe():
            self._record("data track", track.publisher_identity, track.info.name, _text(frame.payload))


def _identity(participant: rtc.Participant | None) -> str:
    return participant.identity if participant else ""


def _text(data: bytes | str) -> str:
    return data if isinstance(data, str) else data.decode("utf-8", errors="replace")
