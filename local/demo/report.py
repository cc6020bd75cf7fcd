"""The demo's results: the recording, the picture, the report, a table and one line of JSON."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from local.caller.caller import Caller, mix
from local.caller.inbox import Received
from local.demo.checks import Check
from local.demo.measures import Heard, Measures, Recorded
from local.demo.picture import picture, role_names
from local.measure.recording import write_call
from local.timeline.picture import draw

FIGURES = ("time_to_target_ms", "on_hold_ms", "music_ms", "seam_ms", "silence_ms")
"""The store's figures of a handoff, in ms."""


@dataclass(frozen=True, slots=True)
class Findings:
    """Everything known about one demo call."""

    groq: str  # "stand-in" or "groq"
    heard: Heard
    recorded: Recorded
    measures: Measures
    leaked: Sequence[Received]
    checks: Sequence[Check]

    @property
    def outcome(self) -> str:
        return str(self.recorded.handoffs[0].state) if self.recorded.handoffs else "no handoff"

    @property
    def failed(self) -> Sequence[Check]:
        return [check for check in self.checks if not check.holds]


def write_files(folder: Path, caller: Caller, findings: Findings, *, zero_at: int) -> Sequence[Path]:
    """Write call.wav, timeline.svg and report.json, and return their paths. Raises: OSError."""
    files = [folder / name for name in ("call.wav", "timeline.svg", "report.json")]
    write_call(files[0], caller=caller.said(), heard=mix([caller.audio(), caller.audio(music=True)]))
    drawn = picture(caller, findings.heard, findings.recorded, findings.measures, zero_at=zero_at)
    files[1].write_text(draw(drawn), encoding="utf-8")
    report = json.dumps(_report(findings, zero_at=zero_at), indent=2, ensure_ascii=False)
    files[2].write_text(report + "\n", encoding="utf-8")
    return files


def last_line(findings: Findings) -> str:
    return f"demo: {json.dumps(_figures(findings))}"


def show_table(console: Console, findings: Findings, files: Sequence[Path]) -> None:
    """Print the measures, the checks and the paths of the files."""
    measured = Table(box=SIMPLE_HEAD, title_justify="left", show_header=False, pad_edge=False)
    for name, value in _readable(findings):
        measured.add_row(name, value)
    console.print(measured)
    for check in findings.checks:
        word, style = ("holds ", "green") if check.holds else ("FAILED", "bold red")
        found = "" if check.holds else f": {check.found}"
        console.print(Text.assemble((word, style), f"  {check.claim}{found}"), soft_wrap=True)
    console.print()
    for file in files:
        console.print(Text(os.path.relpath(file)), soft_wrap=True)


def _readable(findings: Findings) -> Sequence[tuple[str, str]]:
    measures = findings.measures
    return [
        ("outcome", findings.outcome),
        ("the call ended by", str(findings.recorded.call.ended_how or "it has not ended")),
        ("greeting, after connecting", _seconds(measures.greeting_ms)),
        ("second agent ready, after the request", _seconds(measures.ready_ms)),
        ("second agent speaks, after the request", _seconds(_stored(findings, "time_to_target_ms"))),
        ("on hold", _seconds(_stored(findings, "on_hold_ms"))),
        ("of that with music", _seconds(_stored(findings, "music_ms"))),
        ("seam between the two agents", _seconds(measures.seam_ms)),
        ("longest silence after the greeting", _seconds(measures.longest_silence_ms)),
        ("replies, after the caller's last sound", "  ".join(_seconds(turn) for turn in measures.turn_ms)),
        ("model, hearing and voices by", findings.groq),
    ]


def _figures(findings: Findings) -> dict[str, Any]:
    return {
        "outcome": findings.outcome,
        **asdict(findings.measures),
        "store": {name: _stored(findings, name) for name in FIGURES},
        "leaked_items": len(findings.leaked),
        "groq": findings.groq,
    }


def _report(findings: Findings, *, zero_at: int) -> dict[str, Any]:
    """Return the report. Times are in ms since the caller connected. It contains nobody's words."""
    heard, recorded = findings.heard, findings.recorded
    names = dict(zip(heard.voices, role_names(recorded), strict=False))
    return {
        **_figures(findings),
        "ended_how": recorded.call.ended_how,
        "checks": [asdict(check) for check in findings.checks],
        "states": [
            {"state": event.moved_to, "at_ms": event.at - zero_at}
            for event in recorded.events
            if event.kind == "handoff"
        ],
        "sounds": {
            "caller": [asdict(span) for span in heard.caller],
            **{names.get(who, who): [asdict(span) for span in spans] for who, spans in heard.voices.items()},
            "music": [asdict(span) for span in heard.music],
        },
    }


def _stored(findings: Findings, name: str) -> int | None:
    """Return the store's figure for the handoff; None if there was no handoff, or it was not measured."""
    handoff = next(iter(findings.recorded.handoffs), None)
    return None if handoff is None else getattr(handoff, name)


def _seconds(length_ms: int | None) -> str:
    return "did not happen" if length_ms is None else f"{length_ms / 1000:.2f} s"
