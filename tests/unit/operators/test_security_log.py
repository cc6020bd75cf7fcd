"""The security log: one JSON object per line, in a file of this user's own, without words or tokens."""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from errors import BadInput
from operators.auth.security_log import LOGGER, Happened, SecurityLog, open_security_log


class Clock:
    def __init__(self) -> None:
        self.at = 1_700_000_000_000

    def now_ms(self) -> int:
        return self.at


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    logger = logging.getLogger(LOGGER)
    before = (logger.handlers[:], logger.propagate, logger.level)
    yield
    for handler in logger.handlers:
        if handler not in before[0]:
            handler.close()
    logger.handlers, logger.propagate = before[0], before[1]
    logger.setLevel(before[2])


def test_finding_8_each_line_is_an_object_in_a_file_for_this_user_alone(tmp_path: Path) -> None:
    path, before = tmp_path / "security.log", os.umask(0)
    try:
        open_security_log(path, to_stderr=True)
    finally:
        os.umask(before)
    SecurityLog(Clock()).tell(Happened.SIGN_IN, "anna\n{}", address="10.0.0.1", session=None)
    assert path.stat().st_mode & 0o777 == 0o600
    (line,) = path.read_text().splitlines()
    assert json.loads(line) == {
        "at": "2023-11-14T22:13:20.000+00:00",
        "event": "sign-in",
        "by": "anna\n{}",
        "address": "10.0.0.1",
    }


def test_finding_8_a_page_that_reads_a_call_again_and_again_is_one_reading(tmp_path: Path) -> None:
    path, clock = tmp_path / "security.log", Clock()
    open_security_log(path, to_stderr=False)
    log = SecurityLog(clock)
    for call in ("call-1", "call-1", "call-2"):
        log.reads("anna", "key", call=call)
    log.reads("anna", "another session", call="call-1")
    clock.at += 600_000
    log.reads("anna", "key", call="call-1")
    told = [json.loads(line)["call"] for line in path.read_text().splitlines()]
    assert told == ["call-1", "call-2", "call-1", "call-1"]


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604])
def test_finding_8_a_file_that_others_may_read_is_refused(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "security.log"
    path.touch()
    path.chmod(mode)
    with pytest.raises(BadInput, match=f"BATON_ACCESS_LOG: .*: others may read it; chmod 600 {path}"):
        open_security_log(path, to_stderr=True)


def test_finding_8_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"BATON_ACCESS_LOG: .* cannot be written"):
        open_security_log(tmp_path / "none" / "security.log", to_stderr=True)
