"""`make demo` and `make dev` need none of the tests' packages, and no command waits for a long import."""

from __future__ import annotations

import subprocess
import sys

_TESTS_ONLY = ("pytest", "playwright", "schemathesis", "hypothesis", "trustme", "looptime", "mypy", "ruff")
_SECONDS = ("livekit.agents", "openai")
"""Importing these takes over a second, and every command and every start of a stack would wait for it."""


READS_A_ROSTER = "from operators import roster as r; from settings import Settings; r.roster_of(Settings())"
"""Reads Baton's own roster, whose billing desk has a Python tool."""


def imported_without(blocked: tuple[str, ...], *modules: str, then: str = "pass") -> None:
    """Import the modules in one new interpreter, because starting one takes seconds."""
    program = f"import sys; sys.modules |= dict.fromkeys({blocked!r}); import {', '.join(modules)}; {then}"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr


def test_programs_import_nothing_that_only_the_tests_need() -> None:
    imported_without(_TESTS_ONLY, "local.demo.__main__", "local.dev", "worker")


def test_command_line_service_and_stand_in_do_not_import_livekits_agents_either() -> None:
    imported_without(
        _TESTS_ONLY + _SECONDS,
        *("operators.cli", "operators.api.server", "local.groq_standin.__main__"),
        then=READS_A_ROSTER,  # the service knows the roles without their code
    )
