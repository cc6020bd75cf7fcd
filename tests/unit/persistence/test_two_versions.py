"""A newer program migrates Postgres while one of the version before keeps running."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest

from persistence.engines import migrate
from persistence.postgres import migrate as migrating
from persistence.postgres.migrate import MIGRATIONS, SERVES, VERSION

BEFORE = """
SELECT id FROM keep_lease(p_id => %s, p_host => 'east', p_lease_ms => 60000, p_draining => 0, p_room_for => 1)
"""
CALLED = """
SELECT id, holder_job FROM open_call(
    p_id => %s, p_room => %s, p_caller => 'caller', p_caller_name => '', p_caller_number => '',
    p_found_by => '', p_holder_role => 'front-desk', p_holder_job => 'job', p_worker => 'worker-1',
    p_started_at => 1, p_queued_at => NULL
)
"""
ENDED = "SELECT id FROM end_call(p_at => 2, p_how => 'caller_left', p_job => 'job', p_id => %s)"
FOUND = "SELECT id, host, started_at, lease_until, draining, room_for FROM workers"


@pytest.fixture
def earlier(postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A database as left by the oldest version that these tables still serve."""
    with psycopg.connect(postgres_url, autocommit=True) as admin:
        admin.execute("CREATE DATABASE earlier")
        url = postgres_url.replace("/postgres?", "/earlier?")
        with monkeypatch.context() as then:
            then.setattr(migrating, "MIGRATIONS", MIGRATIONS[:SERVES])
            then.setattr(migrating, "VERSION", SERVES)
            migrate(url)
        yield url
        admin.execute("DROP DATABASE earlier WITH (FORCE)")


def test_a_process_of_the_version_before_goes_on_beside_a_newer_one(earlier: str) -> None:
    with psycopg.connect(earlier, autocommit=True) as process:
        for number in range(10):  # often enough for Postgres to keep the plan
            process.execute(BEFORE, (f"worker-{number}",))
            process.execute(FOUND)
            is_carried(process, number)
        migrate(earlier)
        version = process.execute("SELECT version, serves FROM baton_store").fetchone()
        assert version == (VERSION, SERVES)
        for number in range(5, 15):
            assert process.execute(BEFORE, (f"worker-{number}",)).fetchone() == (f"worker-{number}",)
            is_carried(process, 100 + number)
        assert len(process.execute(FOUND).fetchall()) == 15
        assert process.execute("SELECT DISTINCT protocol FROM workers").fetchall() == [(1,)]


def is_carried(process: psycopg.Connection, number: int) -> None:
    """Check that a call can begin and end."""
    opened = process.execute(CALLED, (f"call-{number}", f"room-{number}")).fetchone()
    assert opened == (f"call-{number}", "job")
    assert process.execute(ENDED, (f"call-{number}",)).fetchone() == (f"call-{number}",)
