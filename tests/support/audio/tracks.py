"""Tracks without a room, and which of their streams wake the loop for other streams' frames."""

from __future__ import annotations

import numpy as np
from livekit import rtc
from livekit.rtc._ffi_client import FfiClient
from livekit.rtc._proto.audio_frame_pb2 import AudioStreamEvent
from livekit.rtc._proto.ffi_pb2 import FfiEvent

_NOBODYS = FfiEvent(audio_stream_event=AudioStreamEvent(stream_handle=2**63))


async def speak(source: rtc.AudioSource, loudness: int) -> None:
    """Play a constant sound forever. The source has one channel, at any rate."""
    second = np.full(source.sample_rate, loudness, np.int16).tobytes()
    while True:
        await source.capture_frame(rtc.AudioFrame(second, source.sample_rate, 1, source.sample_rate))


def streams_woken_by_others() -> int:
    """Count this process's streams that would wake for a frame that belongs to none of them."""
    filters = [wanted for _, _, wanted in FfiClient.instance.queue._subscribers]
    return sum(wanted is not None and wanted(_NOBODYS) for wanted in filters)
