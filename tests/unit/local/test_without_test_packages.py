"""`make demo` and `make dev` install no package that only the tests need."""

from __future__ import annotations

import subprocess
import sys

import pytest

_TESTS_ONLY = ("pytest", "playwright", "schemathesis", "hypothesis", "trustme", "looptime", "mypy", "ruff")


@pytest.mark.parametrize("module", ["local.demo.__main__", "local.dev", "operators.cli", "worker"])
def test_program_imports_nothing_that_only_the_tests_need(module: str) -> None:
    blocked = f"import sys; sys.modules |= dict.fromkeys({_TESTS_ONLY!r}); import {module}"
    done = subprocess.run([sys.executable, "-c", blocked], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
