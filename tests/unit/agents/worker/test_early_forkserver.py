"""The process that job processes are forked from, started before LiveKit would."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from multiprocessing import forkserver

import psutil
import pytest

from agents.worker.early_forkserver import process_id, started
from errors import BadInput

MODULES = ["agents.worker.preload", "agents.worker.preload", "agents.worker.fast_loop"]


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[Sequence[str]]:
    """Use a forkserver of this test's own; return the lists of modules that it has to import."""
    own: forkserver.ForkServer = forkserver.ForkServer()
    lists: list[Sequence[str]] = []
    monkeypatch.setattr(forkserver, "_forkserver", own)
    monkeypatch.setattr(forkserver, "set_forkserver_preload", lists.append)
    monkeypatch.setattr(forkserver, "ensure_running", own.ensure_running)
    return lists


def running() -> psutil.Process:
    pid = process_id()
    assert pid is not None
    return psutil.Process(pid)


def refuse() -> None:
    raise BadInput("GROQ_API_KEY", "it is refused", "write another")


def test_it_runs_on_after_the_block_and_imports_what_livekit_would_tell_it(told: list[Sequence[str]]) -> None:
    with started(MODULES):
        pass
    ours = running()
    assert ours.is_running()
    ours.kill()
    ours.wait()
    (modules,) = told
    assert list(modules) == [
        "agents.worker.preload",
        "agents.worker.fast_loop",
        "livekit.agents.ipc._preload",
        "livekit.agents.ipc._preload_freeze",
    ]


def test_it_ends_with_a_block_that_fails(told: list[Sequence[str]]) -> None:
    ours: list[psutil.Process] = []
    with suppress(BadInput), started(MODULES):
        ours.append(running())
        refuse()
    _, alive = psutil.wait_procs(ours, timeout=600)
    assert ours
    assert not alive
