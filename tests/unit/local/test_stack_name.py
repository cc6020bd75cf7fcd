"""The agent name of the local stack's worker."""

from __future__ import annotations

from typing import Any

import pytest

from local.stack import Stack

NOT_RUNNING: Any = None


def stack(env: dict[str, str]) -> Stack:
    return Stack(NOT_RUNNING, "", NOT_RUNNING, env, "", ())


def test_the_worker_takes_its_name_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BATON_AGENT_NAME", "ours")
    assert stack({}).agent_name == "ours"


def test_the_stacks_own_name_takes_precedence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BATON_AGENT_NAME", "ours")
    assert stack({"BATON_AGENT_NAME": "theirs"}).agent_name == "theirs"
