"""How a voice's track is published."""

from __future__ import annotations

from livekit import rtc

_BIT_RATE = 64_000
"""Bit/s while somebody speaks. From about 60,000 on, Opus encodes mono sound without its model of speech, for
half the processor time, in silence as well (docs/measurements.md). LiveKit's own rate is 48,000.
"""


def voice_options(
    source: rtc.TrackSource.ValueType = rtc.TrackSource.SOURCE_MICROPHONE,
) -> rtc.TrackPublishOptions:
    """Return the options for `publish_track`."""
    options = rtc.TrackPublishOptions(source=source)
    options.audio_encoding.max_bitrate = _BIT_RATE
    return options
