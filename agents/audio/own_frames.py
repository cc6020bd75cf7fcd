"""Makes LiveKit's audio streams wake their event loop for their own frames only, or for none."""

from __future__ import annotations

from collections.abc import Callable

from livekit import rtc
from livekit.rtc._ffi_client import FfiClient
from livekit.rtc._proto.ffi_pb2 import FfiEvent


def hear_own_frames(stream: rtc.AudioStream, take: Callable[[rtc.AudioFrame], None] | None = None) -> None:
    """Make a stream wake its event loop for its own frames only. Call it as soon as the stream is made.

    LiveKit (1.1.21) wakes every stream of the process for each frame of any stream: with twice the streams,
    each costs twice as much.

    `take` gets the frames in the thread that brings them. The stream itself then gets none, only its end.
    """
    handle = stream._ffi_handle.handle

    def reaches_loop(event: FfiEvent) -> bool:
        ours = event.audio_stream_event
        if ours.stream_handle != handle:
            return False
        if take is None or not ours.HasField("frame_received"):
            return True
        take(rtc.AudioFrame._from_owned_info(ours.frame_received.frame))
        return False

    events = FfiClient.instance.queue
    events.unsubscribe(stream._ffi_queue)
    stream._ffi_queue = events.subscribe(stream._loop, filter_fn=reaches_loop)
