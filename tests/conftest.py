"""Fixtures and hooks for every test."""

from __future__ import annotations

import asyncio
import os
import tempfile
from collections.abc import Callable, Generator, Iterator
from pathlib import Path

import hypothesis
import psycopg
import pytest

from local.native_exit import exit_now
from local.postgres import postgres
from persistence.engines import migrate
from settings import ENV_FILE
from tests.program_logs import logged_since
from tests.support.fault_report import FaultReport, telling

# Tests, and the programs they start, ignore a developer's .env.
os.environ[ENV_FILE] = ""

# No deadline: it would time a test, and an example may take long on a busy machine.
hypothesis.settings.register_profile("untimed", deadline=None, derandomize="CI" in os.environ)
hypothesis.settings.register_profile("at-length", deadline=None, max_examples=2_000)
hypothesis.settings.load_profile("untimed")

_ended: list[int] = []


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    _ended.append(int(session.exitstatus))


@pytest.hookimpl(trylast=True)
def pytest_unconfigure() -> None:
    """Exits before the interpreter is torn down: LiveKit's native threads could abort it then."""
    if _ended and _ended[0] in {pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED}:
        exit_now(_ended[0])


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Shows with a failure what the programs logged during the test."""
    report = yield
    factory: pytest.TempPathFactory | None = getattr(item.config, "_tmp_path_factory", None)
    if report.failed and factory is not None:
        logged = logged_since(factory.getbasetemp(), call.start)
        report.sections.append(("logs of programs", "\n".join(logged)))
    return report


@pytest.fixture(scope="session", autouse=True)
def main_loop() -> Iterator[None]:
    """Provides a loop outside of tests. Otherwise pytest-asyncio would make one and leave it open."""
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    yield
    asyncio.set_event_loop(None)
    loop.close()


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """Runs a Postgres for this test process, once a test needs it."""
    # Not in pytest's folder: a socket's path must be short.
    with tempfile.TemporaryDirectory(prefix="baton-postgres-") as folder, postgres(Path(folder)) as url:
        yield url


@pytest.fixture(scope="session")
def emptied(postgres_url: str) -> Iterator[Callable[[], str]]:
    """Makes Baton's tables. Each call removes earlier tests' rows and returns the database's address."""
    migrate(postgres_url)
    with psycopg.connect(postgres_url, autocommit=True) as connection:

        def empty() -> str:
            connection.execute(_EMPTY)
            return postgres_url

        yield empty


@pytest.fixture
def empty_postgres(emptied: Callable[[], str]) -> str:
    """Returns the address of a database with Baton's tables and no rows."""
    return emptied()


_EMPTY = """
SET session_replication_role = replica; -- no triggers: TRUNCATE would take ten times as long
DELETE FROM events; DELETE FROM turns; DELETE FROM attempts; DELETE FROM handoffs; DELETE FROM troubles;
DELETE FROM operator_requests; DELETE FROM tool_uses; DELETE FROM costs; DELETE FROM listeners;
DELETE FROM recording_segments; DELETE FROM recordings; DELETE FROM operator_sessions; DELETE FROM offers;
DELETE FROM dials; DELETE FROM messages; DELETE FROM queue; DELETE FROM presence; DELETE FROM calls;
DELETE FROM call_counts; DELETE FROM workers; DELETE FROM operators; DELETE FROM spent_limits;
DELETE FROM writers;
ALTER TABLE events ALTER COLUMN id RESTART
"""


@pytest.fixture(autouse=True)
def fault_report(
    request: pytest.FixtureRequest, record_property: Callable[[str, object], None]
) -> Iterator[FaultReport]:
    """Collects what the caller heard of the test's fault. Without a `fault` marker it keeps nothing."""
    marked = request.node.get_closest_marker("fault") is not None
    with telling(FaultReport(record_property if marked else None)) as report:
        yield report
