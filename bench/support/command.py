"""How a benchmark runs from the command line: its flags, its errors and its exit code."""

from __future__ import annotations

import argparse  # a few flags; typer would double the time until the first step
import asyncio
import logging
import sys
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, TypeVar

from errors import BadInput, BatonError

T = TypeVar("T")


def parser_of(name: str, about: str | None) -> argparse.ArgumentParser:
    """Return a parser for `python -m bench.NAME`, whose help is the module's docstring."""
    return argparse.ArgumentParser(
        prog=f"python -m bench.{name}",
        description=about,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )


def numbers_given(parser: argparse.ArgumentParser, **flags: tuple[int, str]) -> dict[str, int]:
    """Parse whole numbers of at least 1. `flags` maps each flag to its default and its meaning."""
    for name, (usual, what) in flags.items():
        parser.add_argument(
            f"--{name.replace('_', '-')}", type=int, default=usual, help=f"{what} (default {usual})"
        )
    given: dict[str, int] = vars(parser.parse_args())
    if wrong := [name.replace("_", "-") for name in flags if given[name] < 1]:
        parser.error(f"--{', --'.join(wrong)}: give 1 or more")
    return given


def parts_given(
    parser: argparse.ArgumentParser, parts: Sequence[str]
) -> tuple[argparse.Namespace, Sequence[str]]:
    """Parse with `--only PART,PART`. Returns the arguments, and the parts given, or all parts."""
    parser.add_argument("--only", default="", metavar="PARTS", help=f"some of {','.join(parts)}")
    given = parser.parse_args()
    wanted = [part for part in given.only.split(",") if part] or list(parts)
    if unknown := [part for part in wanted if part not in parts]:
        parser.error(f"--only: {', '.join(unknown)} is not a part; choose from {','.join(parts)}")
    return given, wanted


def run(
    name: str, main: Coroutine[Any, Any, T], exit_code: Callable[[T], int], *, sdk_log: int = logging.ERROR
) -> int:
    """Run a benchmark and return its exit code. A BatonError is reported: 2 on bad input, else 1.

    `sdk_log` is the level of LiveKit's log: its SDK reports as errors the end of a room, and handles that the
    server has dropped.
    """
    logging.getLogger("livekit").setLevel(sdk_log)
    try:
        return exit_code(asyncio.run(main))
    except BatonError as error:
        sys.stderr.write(f"{name}: {error}\n")
        return 2 if isinstance(error, BadInput) else 1


def report_failures(name: str, failures: Sequence[str]) -> int:
    """Report what was not measured. Returns the exit code: 1 if there was anything."""
    for failure in failures:
        sys.stderr.write(f"{name}: not measured: {failure}\n")
    return 1 if failures else 0
