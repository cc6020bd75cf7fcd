"""What the log filters do with LiveKit's records."""

from __future__ import annotations

import io
import logging
from contextlib import nullcontext

import pytest
from livekit.rtc.participant import PublishTrackError

from agents.process.log_filters import DowngradeClosedRoom, HideNames, check_log_level, hide_names_in_logs
from errors import BadInput


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


def test_finding_11_rooms_and_callers_are_hashed_in_all_that_is_logged() -> None:
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(logging.Formatter("%(room)s %(participant)s"))
    root = logging.getLogger()
    root.addHandler(handler)
    try:
        hide_names_in_logs("a key")
        extra = {"room": "call-_+491701234567_x", "participant": "sip_+491701234567"}
        logging.getLogger("livekit.agents").warning("received job request", extra=extra)
        logging.getLogger("failover.recovery").warning("process exited", extra=extra)
    finally:
        root.removeHandler(handler)
        for other in root.handlers:
            other.filters = [one for one in other.filters if not isinstance(one, HideNames)]
    lines = written.getvalue().splitlines()
    assert len(lines) == 2
    assert lines[0] == lines[1], "one room is one hash"
    assert "4567" not in written.getvalue()
    assert HideNames("another key").hidden("call-_+491701234567_x") not in lines[0]


@pytest.mark.parametrize(("level", "refused"), [("DEBUG", True), ("INFO", False), ("WARNING", False)])
def test_finding_11_a_level_that_logs_words_is_refused(level: str, refused: bool) -> None:
    root = logging.getLogger()
    before = root.level
    root.setLevel(level)
    try:
        with pytest.raises(BadInput, match="--log-level info") if refused else nullcontext():
            check_log_level()
    finally:
        root.setLevel(before)
