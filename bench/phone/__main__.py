"""`python -m bench.phone`: people who are called by telephone, and callers who call by telephone.

- outcomes: each answer of a telephone or its network, and each part of it that dies, in rounds: whether the
  outcome is right, with one terminal row, and how long the caller hears nothing.
- cancel: from a cancelled handoff to CANCEL at the telephone; whether a number ever has two calls at once,
  including when handoffs restart and processes are killed.
- accept: from key 1 to the person's voice at the caller's; the bridge's delay both ways; a tone under the
  whisper, 60 dB lower at the caller's.
- machines: synthetic answers: people, mailboxes, menus, screening, ringing tones, silence; 80 with which the
  words were chosen, 38 that were held back from that, and 10 in German.
- ears: how each of these answers is classified by its sound alone, in virtual time.
- digits: numbers of 12 digits, typed on softphones with echoes and a late end key; and secret numbers, typed
  in whole calls and searched for byte by byte in every file that the stack wrote.

The test gateway of local/phone takes livekit-sip's place, which is not run.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.console import Console

from bench.phone.accept import accept
from bench.phone.answers import KINDS, SETS, answers
from bench.phone.cancelling import cancelling
from bench.phone.digits import digits
from bench.phone.ears import ears
from bench.phone.lines import open_lines
from bench.phone.machines import machines
from bench.phone.outcomes import outcomes
from bench.phone.script import write_script
from bench.support.command import parser_of, parts_given, run
from bench.support.report import json_line
from local.demo.progress import Progress

NAME = "bench-phone"
PARTS = ("outcomes", "cancel", "accept", "machines", "ears", "digits")
_CALLS = {"outcomes", "cancel", "accept", "machines"}
FIGURES = (
    "outcomes_right",
    "cancel_ms",
    "double_invites",
    "accept_p95_ms",
    "mouth_to_ear_ms",
    "whisper_leaks",
    "machines_bridged",
    "people_called_machines",
    "digits_exact",
    "secrets_found",
)
"""The figures in the last line. Those of a part that was not run are null."""


async def main(console: Console, given: argparse.Namespace, parts: Sequence[str]) -> None:
    """Run these parts and show the figures. Raises: BatonError."""
    progress = Progress(console)
    found: dict[str, object] = {}
    with tempfile.TemporaryDirectory(prefix="bench-phone-") as name:
        folder = Path(name)
        answered: dict[str, Any] = {
            "sets": given.sets.split(","),
            "kinds": given.kinds.split(","),
            "share": given.share,
        }
        if _CALLS & set(parts):
            found |= await _calls(progress, folder, given, parts, answered)
        if "ears" in parts:
            found |= await ears(progress, folder, **answered)
        if "digits" in parts:
            found |= await digits(progress, folder, runs=given.runs, secrets=given.secrets)
    for figure, value in found.items():
        if figure not in FIGURES:
            progress.note(f"{figure}: {value}", style="")
    progress.note(json_line(NAME, {figure: found.get(figure) for figure in FIGURES}), style="")


async def _calls(
    progress: Progress,
    folder: Path,
    given: argparse.Namespace,
    parts: Sequence[str],
    answered: dict[str, Any],
) -> dict[str, object]:
    found: dict[str, object] = {}
    script = write_script(folder / "script.yaml", answers())
    calls = folder / "calls"
    calls.mkdir()
    async with open_lines(calls, given.phones, script=script, on_step=progress.step) as lines:
        if "accept" in parts:
            found |= await accept(progress, lines, rounds=given.talks)
        if "machines" in parts:
            found |= await machines(progress, lines, **answered)
        if "cancel" in parts:
            found |= await cancelling(progress, lines, rounds=given.rounds)
        if "outcomes" in parts:
            found |= await outcomes(progress, lines, rounds=given.rounds)
    return found


def _share(written: str) -> tuple[int, int]:
    place, _, of = written.partition("/")
    if not 1 <= int(place) <= int(of or 0):
        raise ValueError
    return int(place), int(of)


if __name__ == "__main__":
    parser = parser_of("phone", __doc__)
    parser.add_argument("--rounds", type=int, default=10, help="rounds of outcomes and cancel (default 10)")
    parser.add_argument("--talks", type=int, default=20, help="talks of accept (default 20)")
    parser.add_argument("--phones", type=int, default=2, help="telephones, each with a call (default 2)")
    parser.add_argument(
        "--sets", default=",".join(SETS), help=f"answers of machines: some of {','.join(SETS)}"
    )
    parser.add_argument(
        "--kinds", default=",".join(KINDS), help=f"answers of machines: some of {','.join(KINDS)}"
    )
    parser.add_argument(
        "--share", type=_share, default=(1, 1), help="answers of machines: 2/3 is the second of every three"
    )
    parser.add_argument("--runs", type=int, default=100, help="numbers typed (default 100)")
    parser.add_argument("--secrets", type=int, default=3, help="calls with a secret number (default 3)")
    asked, wanted = parts_given(parser, PARTS)
    raise SystemExit(run(NAME, main(Console(highlight=False), asked, wanted), lambda _: 0))
