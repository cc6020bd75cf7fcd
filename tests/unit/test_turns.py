"""As many processes run tests at a time as the machine can bear; one more waits for its turn."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from tests.turns import TURNS, Turns, pytest_configure


@pytest.fixture(autouse=True)
def fast_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.turns._count_s", lambda: 0.011)


def test_whoever_has_no_turn_waits_until_another_ends_its_last_test(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    testing, waiting = [Turns(tmp_path) for _ in range(TURNS)], Turns(tmp_path)
    set_up, call = (pytest.CallInfo.from_call(lambda: None, when) for when in ("setup", "call"))
    for process in testing:
        process.pytest_runtest_makereport(set_up)
    waited: list[float] = []
    last: list[Any] = [object(), None]  # the item after the next test, and the one after the last

    def while_it_waits(seconds: float) -> None:
        waited.append(seconds)
        testing[0].pytest_runtest_teardown(last.pop(0))

    monkeypatch.setattr("time.sleep", while_it_waits)
    for phase in (set_up, call, set_up):
        waiting.pytest_runtest_makereport(phase)

    assert (len(waited), last) == (2, [])


def test_beside_what_computes_the_last_turn_is_given_once_the_machine_is_fast(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Turns(tmp_path).compute()
    testing, waiting = [Turns(tmp_path) for _ in range(TURNS - 1)], Turns(tmp_path)
    counts_s, now_s = [0.019, 0.019, 0.011], [0.0]
    monkeypatch.setattr("tests.turns._count_s", lambda: counts_s[0])
    monkeypatch.setattr("time.monotonic", lambda: now_s[0])
    for process in testing:
        process.take()

    def while_it_waits(_: float) -> None:
        counts_s.pop(0)
        now_s[0] += 10.0

    monkeypatch.setattr("time.sleep", while_it_waits)
    waiting.take()
    assert counts_s == [0.011]


def test_what_computed_slows_nobody_down_once_it_has_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cleanups: list[Callable[[], None]] = []
    given = {"--turns": tmp_path, "--computing": True, "--alone": False}
    config = SimpleNamespace(getoption=given.__getitem__, add_cleanup=cleanups.append)
    pytest_configure(cast(pytest.Config, config))
    monkeypatch.setattr("tests.turns._count_s", lambda: 0.019)
    (ends,) = cleanups
    waited: list[float] = []

    def while_it_waits(seconds: float) -> None:
        waited.append(seconds)
        ends()

    monkeypatch.setattr("time.sleep", while_it_waits)
    for process in [Turns(tmp_path) for _ in range(TURNS)]:
        process.take()
    assert len(waited) == 1


def test_who_takes_all_turns_waits_until_nobody_has_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    testing, alone = [Turns(tmp_path) for _ in range(TURNS)], Turns(tmp_path, wanted=TURNS)
    for process in testing:
        process.take()
    monkeypatch.setattr("time.sleep", lambda _: testing.pop().give_back())
    alone.take()

    assert testing == []


def test_who_takes_all_turns_waits_for_what_computes_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    computing, alone = Turns(tmp_path), Turns(tmp_path, wanted=TURNS)
    computing.compute()
    waited: list[float] = []

    def while_it_waits(seconds: float) -> None:
        waited.append(seconds)
        computing.end_computing()

    monkeypatch.setattr("time.sleep", while_it_waits)
    alone.take()
    assert len(waited) == 1


def test_a_worker_of_what_computes_tells_nobody_by_itself(tmp_path: Path) -> None:
    given = {"--turns": tmp_path, "--computing": True, "--alone": False}
    pytest_configure(cast(pytest.Config, SimpleNamespace(getoption=given.__getitem__, workerinput={})))
    assert not list(tmp_path.iterdir())
