"""The name under which callers of the local stack call its worker."""

from __future__ import annotations

from typing import Any

import pytest

from local.stack import Stack

NOT_RUNNING: Any = None


def stack(env: dict[str, str]) -> Stack:
    return Stack(NOT_RUNNING, "", NOT_RUNNING, env, "", ())


def test_worker_is_called_by_the_name_that_the_environment_gives_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BATON_AGENT_NAME", "ours")
    assert stack({}).agent_name == "ours"


def test_name_that_the_stack_gives_comes_before_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BATON_AGENT_NAME", "ours")
    assert stack({"BATON_AGENT_NAME": "theirs"}).agent_name == "theirs"
