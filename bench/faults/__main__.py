"""`python -m bench.faults [--only A6,C3]`: drive the catalogue of faults on the real stack, row by row.

The drivers are the tests that are marked with a row, including those marked `long`.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import pytest
from rich.console import Console

from bench.faults.catalogue import catalogue, chosen
from bench.faults.plugin import FaultRun
from bench.faults.show import Show
from errors import BadInput
from local.native_exit import exit_now

_TESTS = Path(__file__).parents[2] / "tests"
# In place of the project's own options: also runs slow tests, and drops pytest's own report.
OPTIONS = (
    *("-p", "no:terminal", "-p", "no:schemathesis", "-p", "no:valkey"),
    *("-o", "addopts=", "--import-mode=importlib", "--strict-markers"),
)


def main() -> int:
    """Return the exit code: 0 if every row passed, 1 if not, 2 on bad input."""
    parser = argparse.ArgumentParser(prog="python -m bench.faults", description=__doc__)
    parser.add_argument("--only", default="", help="rows, such as A6 or A6,C3 (default: all)")
    try:
        rows = chosen(catalogue(), parser.parse_args().only.split(","))
    except BadInput as error:
        sys.stderr.write(f"faults: {error}\n")
        return 2
    run = FaultRun(rows, Show(Console(highlight=False)))
    return int(pytest.main([str(_TESTS), *OPTIONS], plugins=[run]))


if __name__ == "__main__":
    exit_now(main())
