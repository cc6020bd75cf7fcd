from __future__ import annotations

import asyncio
import logging
import os
import signal

import pytest

from agents.worker.status_signal import log_status_on_signal


async def test_the_signal_logs_how_many_tasks_and_jobs_there_are(caplog: pytest.LogCaptureFixture) -> None:
    def told() -> list[logging.LogRecord]:
        return [record for record in caplog.records if record.name == log_status_on_signal.__module__]

    with caplog.at_level("INFO", log_status_on_signal.__module__), log_status_on_signal(lambda: 3):
        os.kill(os.getpid(), signal.SIGUSR1)
        async with asyncio.timeout(600):
            while not told():  # noqa: ASYNC110 - a log record sends no event
                await asyncio.sleep(0.01)
    (record,) = told()
    assert record.message == "worker status"
    assert vars(record)["jobs"] == 3
    assert vars(record)["tasks"] == len(asyncio.all_tasks())
