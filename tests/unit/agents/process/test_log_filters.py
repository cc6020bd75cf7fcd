"""What the log filters do with LiveKit's records."""

from __future__ import annotations

import logging

import pytest
from livekit.rtc.participant import PublishTrackError

from agents.process.log_filters import DowngradeClosedRoom


def level_of(error: Exception) -> str:
    record = logging.LogRecord("livekit.agents", logging.ERROR, "", 0, "", (), (type(error), error, None))
    assert DowngradeClosedRoom().filter(record), "the record is still written"
    return record.levelname


@pytest.mark.fault("C3")
def test_a_room_that_closed_while_a_session_was_starting_is_a_warning() -> None:
    message = "room error engine: connection error: engine is closed"
    assert level_of(PublishTrackError(message)) == "WARNING"


@pytest.mark.parametrize(
    "error", [PublishTrackError("track publication timed out"), RuntimeError("engine is closed")]
)
def test_any_other_error_stays_an_error(error: Exception) -> None:
    assert level_of(error) == "ERROR"
