"""What privacy and security cost, and whether what is forgotten is gone.

- purge: p99 of a call's write while the purge empties a store of 100,000 calls, over p99 without.
- flood: turns of six calls beside 1,000 event streams, requests that never end and a viewer who sends
  requests without pause, over turns without these.
- forget: a byte search of the store's files for a caller's words and number, before and after `baton forget`.
- redaction: a byte search for numbers and addresses said to a role that redacts, and a turn's time.
- recording: a recorded call with two handoffs and a killed agent, each track compared with the caller's own
  tape; a caller who refuses; what the recorder costs, and turns with it over turns without.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from bench.support.command import parser_of, parts_given, run
from bench.support.report import json_line
from bench.support.statistics import ratio
from bench.trust.flooding import beside_a_flood
from bench.trust.forgetting import words_found
from bench.trust.purging import filled, purge_p99_ratio
from bench.trust.recording import recorded_calls
from bench.trust.redacting import redacted_words_found
from local.demo.progress import Progress

NAME = "bench-trust"
_PARTS = ("purge", "forget", "flood", "redaction", "recording")
_FIGURES = (
    "track_error_ms",
    "frames_without_consent",
    "core_share",
    "turn_ratio",
    "words_found",
    "tone_error_ms",
    "purge_p99_ratio",
    "flood_turn_ratio",
)
"""Figures that have a limit. A figure that was not measured is null."""
_CALLS, _TALK_S, _STREAMS, _SLOW_HEADS = 6, 45.0, 1_000, 200
_RECORDED_CALLS = 4  # what two cores carry well (docs/measurements.md)


async def main(console: Console, given: argparse.Namespace, parts: Sequence[str]) -> None:
    """Run these parts and show the figures. Raises: BatonError."""
    progress = Progress(console)
    found: dict[str, object] = {}
    with tempfile.TemporaryDirectory(prefix="bench-trust-") as name:
        folder = Path(name)
        if "purge" in parts:
            progress.step(f"filling a store with {given.calls:,} calls")
            url = filled(folder / "purge.db", given.calls)
            beside, without, emptied = await purge_p99_ratio(url)
            progress.step(f"a write's p99: {beside:.1f} ms with the purge, {without:.1f} ms without")
            found |= {
                "purge_p99_ratio": ratio(beside, without),
                "purge_p99_ms": round(beside, 2),
                "write_p99_ms": round(without, 2),
                "purged_meanwhile": emptied,
            }
        if "forget" in parts:
            gone = await words_found(folder)
            progress.step(f"byte searches that hit: {gone.before} before, {gone.after} after")
            found |= {
                "words_found": gone.after,
                "words_found_before": gone.before,
                "calls_stay": gone.calls_stay,
            }
        if "flood" in parts:
            calls = await beside_a_flood(
                folder,
                calls=_CALLS,
                seconds=_TALK_S,
                streams=_STREAMS,
                heads=_SLOW_HEADS,
                progress=progress,
            )
            found |= calls.figures()
        if "recording" in parts:
            recorded = await recorded_calls(folder, calls=_RECORDED_CALLS, seconds=_TALK_S, progress=progress)
            found |= recorded.figures()
        if "redaction" in parts:
            said = await redacted_words_found(folder)
            progress.step(f"byte searches that hit: {said.redacted} redacted, {said.kept} without the switch")
            found |= {
                "redacted_words_found": said.redacted,
                "unredacted_words_found": said.kept,
                "order_numbers_stay": said.order_numbers_stay,
                "redaction_p50_ms": round(said.turn_p50_ms, 2),
                "redaction_p99_ms": round(said.turn_p99_ms, 2),
            }
            found["words_found"] = int(str(found.get("words_found", 0))) + said.redacted
    progress.note(json_line("all figures", found), style="")
    progress.note(json_line(NAME, {figure: found.get(figure) for figure in _FIGURES}), style="")


def command() -> int:
    """Return the exit code: 0 whatever the figures are, 1 if something was not measured, 2 on bad input."""
    parser = parser_of("trust", __doc__)
    parser.add_argument("--calls", type=int, default=100_000, help="calls in the store (default 100000)")
    given, parts = parts_given(parser, _PARTS)
    return run(NAME, main(Console(), given, parts), lambda _: 0)


if __name__ == "__main__":
    raise SystemExit(command())
