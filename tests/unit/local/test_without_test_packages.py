"""`make demo` and `make dev` need no package of the tests, and a command waits for no long import."""

from __future__ import annotations

import subprocess
import sys

import pytest

_TESTS_ONLY = ("pytest", "playwright", "schemathesis", "hypothesis", "trustme", "looptime", "mypy", "ruff")
_SECONDS = ("livekit.agents", "openai")
"""Importing them takes over a second: every command, and every start of a stack, would wait for it."""


READS_A_ROSTER = "from operators import roster as r; from settings import Settings; r.roster_of(Settings())"
"""Baton's own, whose billing desk has a Python tool."""


def imported_without(module: str, *blocked: str, then: str = "pass") -> None:
    program = f"import sys; sys.modules |= dict.fromkeys({blocked!r}); import {module}; {then}"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("module", ["local.demo.__main__", "local.dev", "worker"])
def test_program_imports_nothing_that_only_the_tests_need(module: str) -> None:
    imported_without(module, *_TESTS_ONLY)


@pytest.mark.parametrize("module", ["operators.cli", "operators.api.server", "local.groq_standin.__main__"])
def test_command_line_service_and_stand_in_do_not_import_livekits_agents_either(module: str) -> None:
    imported_without(module, *_TESTS_ONLY, *_SECONDS)


def test_service_knows_the_roles_without_their_code() -> None:
    imported_without("operators.api.server", *_SECONDS, then=READS_A_ROSTER)
