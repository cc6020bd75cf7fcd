"""What the service reports about its health, with a token and without one, and how often it checks."""

from __future__ import annotations

import asyncio

import pytest

from errors import OutOfReach
from operators.api import health
from operators.api.health import Health
from operators.doctor.examine import Check
from persistence.records import WorkerId
from settings import Settings
from tests.support.api.desk import Desk, problem


class Counted:
    """A check that always passes and counts how often it ran."""

    def __init__(self) -> None:
        self.count = 0

    async def look(self, _: Settings) -> str:
        self.count += 1
        await asyncio.sleep(0.01)
        return "it answers"


async def test_without_a_token_one_only_learns_whether_all_is_well(desk: Desk) -> None:
    answer = await desk.nobody.get("/health")
    assert (answer.status_code, answer.json()) == (
        200,
        {"well": False, "wrong": ["livekit", "groq", "workers"], "checks": None},
    )


async def test_with_a_token_one_learns_what_is_not_and_what_to_do(desk: Desk) -> None:
    report = (await desk.vera.get("/health")).json()
    assert not report["well"]
    found = {check["check"]: check for check in report["checks"]}
    verdicts = {name: check["verdict"] for name, check in found.items()}
    assert verdicts == {
        "settings": "well",
        "roster": "well",
        "store": "well",
        "livekit": "wrong",
        "groq": "wrong",
        "models": "skipped",
        "workers": "wrong",
        "limits": "well",
    }
    assert "LIVEKIT_URL" in found["livekit"]["detail"]
    assert all(check["advice"] for check in found.values() if check["verdict"] == "wrong")
    assert found["store"]["detail"] == "it accepts writes; 0 calls are open"


async def test_workers_are_known_by_their_leases_wherever_they_run(desk: Desk) -> None:
    store = desk.parts.context.store
    for number, draining in enumerate((False, True)):
        await store.keep_lease(
            WorkerId(f"worker-{number}"), f"host-{number}", lease_s=60, draining=draining, room_for=3
        )
    await store.keep_lease(WorkerId("worker-9"), "host-9", lease_s=60, draining=False)
    await store.end_lease(WorkerId("worker-9"))
    checks = (await desk.vera.get("/health")).json()["checks"]
    (workers,) = [check for check in checks if check["check"] == "workers"]
    assert (workers["verdict"], workers["detail"]) == (
        "well",
        "1 take calls, on host-0, with room for 3 more; 1 drain",
    )


async def test_a_days_limit_that_is_spent_is_said_with_its_model_and_time(desk: Desk) -> None:
    store = desk.parts.context.store
    await store.note_spent_limit("ours", "whisper-large-v3", day=False, for_s=20)
    await store.note_spent_limit("ours", "openai/gpt-oss-120b", day=True, for_s=2_170)
    checks = (await desk.vera.get("/health")).json()["checks"]
    (limits,) = [check for check in checks if check["check"] == "limits"]
    assert limits["verdict"] == "wrong"
    assert limits["detail"] == (
        "GROQ_API_KEY: the day's limit of openai/gpt-oss-120b is spent for 37 minutes; "
        "a limit of a minute or an hour of whisper-large-v3 is spent for 20 s"
    )
    assert limits["advice"].startswith("wait, or choose a larger plan")


async def test_finding_16_who_polls_makes_the_store_write_once_a_minute_and_trouble_is_looked_at_again(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried: list[str] = []
    trouble: list[Exception] = []

    def tries(url: str, *, wait_s: float) -> None:
        tried.append(url)
        if trouble:
            raise trouble.pop()

    monkeypatch.setattr(health, "check_writable", tries)
    monkeypatch.setattr(health, "FRESH_S", 0.0)

    async def store() -> str:
        checks = (await desk.vera.get("/health")).json()["checks"]
        (found,) = [check["verdict"] for check in checks if check["check"] == "store"]
        return str(found)

    assert [await store() for _ in range(3)] == ["well"] * 3
    assert len(tried) == 1
    monkeypatch.setattr(health, "WRITES_EVERY_S", 0.0)
    trouble.append(OutOfReach("BATON_STORE", "the disk is full", "make room there"))
    assert await store() == "wrong"
    monkeypatch.setattr(health, "WRITES_EVERY_S", 60.0)
    assert [await store() for _ in range(3)] == ["well"] * 3
    assert len(tried) == 3, "once in trouble, once when it was over"


async def test_a_token_that_is_not_known_learns_nothing(desk: Desk) -> None:
    desk.nobody.headers["Authorization"] = "Bearer baton_guess"
    problem(await desk.nobody.get("/health"), "token-unknown")


async def test_whoever_polls_does_not_ask_more_often(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    counted = Counted()
    here = Health(desk.parts.settings, [Check("groq", frozenset(), counted.look)])
    await asyncio.gather(*(here.report() for _ in range(20)))
    assert (await here.report()).well
    assert counted.count == 1
    monkeypatch.setattr(health, "FRESH_S", 0.0)
    await here.report()
    assert counted.count == 2
