"""What LiveKit calls an error, and nobody need act on."""

from __future__ import annotations

import logging

import pytest
from livekit.rtc.participant import PublishTrackError

from agents.process.log_noise import WithoutDepartures


def level_of(error: Exception) -> str:
    record = logging.LogRecord("livekit.agents", logging.ERROR, "", 0, "", (), (type(error), error, None))
    assert WithoutDepartures().filter(record), "it is still written"
    return record.levelname


@pytest.mark.fault("C3")
def test_room_that_was_left_while_a_session_began_is_a_warning() -> None:
    told = "room error engine: connection error: engine is closed"
    assert level_of(PublishTrackError(told)) == "WARNING"


@pytest.mark.parametrize(
    "error", [PublishTrackError("track publication timed out"), RuntimeError("engine is closed")]
)
def test_what_else_is_an_error_stays_one(error: Exception) -> None:
    assert level_of(error) == "ERROR"
