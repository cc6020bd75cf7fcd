from __future__ import annotations

import asyncio
import os
import signal

import pytest

from agents.worker.status_signal import reporting


async def test_signal_is_answered_with_what_the_worker_holds(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("INFO", "agents.worker.status_signal"), reporting(lambda: 3):
        os.kill(os.getpid(), signal.SIGUSR1)
        async with asyncio.timeout(5):
            while not caplog.records:  # noqa: ASYNC110 - a log tells nobody
                await asyncio.sleep(0.01)
    (record,) = caplog.records
    assert record.message == "what the worker holds"
    assert vars(record)["jobs"] == 3
    assert vars(record)["tasks"] == len(asyncio.all_tasks())
