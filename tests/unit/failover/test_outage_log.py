"""However long a server is away, the log has two records of it."""

from __future__ import annotations

import logging

import pytest

from failover.outage_log import OutageLog


def test_each_outage_is_logged_at_its_begin_and_its_end(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    outage = OutageLog(logging.getLogger("failover.test"), "lease not renewed")
    outage.worked()
    for _ in range(2):
        for _ in range(600):
            outage.failed(OSError("away"))
        for _ in range(3):
            outage.worked()
    assert [record.getMessage() for record in caplog.records] == ["lease not renewed", "works again"] * 2
