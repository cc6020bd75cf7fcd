"""`python -m bench.phone`: what callers by telephone get.

- digits: numbers of 12 digits, typed on softphones with echoes and a late end key; and secret ones, typed in
  whole calls, searched for byte by byte in every file that the stack wrote.

The test gateway of local/phone takes livekit-sip's place, which is not run.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from bench.phone.digits import digits
from bench.support.command import parser_of, parts_given, run
from bench.support.report import json_line
from local.demo.progress import Progress

NAME = "bench-phone"
PARTS = ("digits",)


async def main(console: Console, given: argparse.Namespace, parts: Sequence[str]) -> None:
    """Raises: BatonError."""
    progress = Progress(console)
    found: dict[str, object] = {}
    with tempfile.TemporaryDirectory(prefix="bench-phone-") as name:
        if "digits" in parts:
            found |= await digits(progress, Path(name), runs=given.runs, secrets=given.secrets)
    progress.note(json_line(NAME, {**found, "parts": list(parts)}), style="")


if __name__ == "__main__":
    parser = parser_of("phone", __doc__)
    parser.add_argument("--runs", type=int, default=100, help="numbers typed (default 100)")
    parser.add_argument("--secrets", type=int, default=3, help="calls with a secret number (default 3)")
    asked, wanted = parts_given(parser, PARTS)
    raise SystemExit(run(NAME, main(Console(highlight=False), asked, wanted), lambda _: 0))
