"""Fixtures and hooks for every test."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Iterator

import pytest
from xdist.scheduler import LoadScopeScheduling

from local.native_exit import exit_now
from settings import ENV_FILE
from tests.support.fault_report import FaultReport, telling

# Tests, and the programs they start, ignore a developer's .env.
os.environ[ENV_FILE] = ""

_ended: list[int] = []


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> object:
    """With `--dist loadscope`, a folder's tests stay in one test process, where they share one stack."""
    if config.getoption("dist") != "loadscope":
        return None
    scheduler = LoadScopeScheduling(config, log)
    scheduler._split_scope = folder_of
    return scheduler


def folder_of(nodeid: str) -> str:
    return nodeid.partition("::")[0].rpartition("/")[0]


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    _ended.append(int(session.exitstatus))


@pytest.hookimpl(trylast=True)
def pytest_unconfigure() -> None:
    """Exits before the interpreter is torn down: LiveKit's native threads could abort it then."""
    if _ended and _ended[0] in {pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED}:
        exit_now(_ended[0])


@pytest.fixture(scope="session", autouse=True)
def main_loop() -> Iterator[None]:
    """Provides a loop outside of tests. Otherwise pytest-asyncio would make one and leave it open."""
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    yield
    asyncio.set_event_loop(None)
    loop.close()


@pytest.fixture(autouse=True)
def fault_report(
    request: pytest.FixtureRequest, record_property: Callable[[str, object], None]
) -> Iterator[FaultReport]:
    """Collects what the caller heard of the test's fault. Without a `fault` marker nothing is kept."""
    marked = request.node.get_closest_marker("fault") is not None
    with telling(FaultReport(record_property if marked else None)) as report:
        yield report
