"""Makes the stand-in's script from the cases: it knows every line in the voice that says it."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path

from bench.turns.cases import (
    ASK_FOR_READING,
    HANDOFF_LINES,
    OTHERWISE,
    READING,
    Cases,
    Line,
)
from bench.turns.voices import VOICES
from local.groq_standin.script import Script, parse_script

FIRST, SECOND = "front-desk", "billing"
_MATTER = "you were charged twice for your last invoice"
_BREATH_S = 0.5  # Orpheus' (canopyai/Orpheus-TTS#299)


def write_script(path: Path, rounds: Iterable[Cases]) -> Script:
    """Write the script to `path`, which local_stack takes. Raises: OSError."""
    lines = {line: None for cases in rounds for line in cases.lines()}
    asking = [Line((ASK_FOR_READING,), voice) for voice in VOICES]
    content: dict[str, object] = {
        "hears": "lines",
        "breath_s": _BREATH_S,
        "voices": {voice.name: asdict(voice.spoken) for voice in VOICES},
        "callers": {
            "cases": [_caller_line(line) for line in (*asking, *lines)],
            "target": [{"say": HANDOFF_LINES[0], "to": SECOND}],
        },
        "roles": {FIRST: _role(), SECOND: _role()},
        "summary": [{"matter": _MATTER, "done": "", "wanted": "the money back", "mood": "calm"}],
    }
    script = parse_script(content)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content, indent=1), encoding="utf-8")  # every JSON is YAML
    return script


def _caller_line(line: Line) -> dict[str, object]:
    return {"say": list(line.parts), "pause_s": line.pause_s, "voice": line.voice.name}


def _role() -> dict[str, object]:
    arguments = {"target": SECOND, "reason": _MATTER}
    return {
        "exchanges": [
            {"heard": ASK_FOR_READING, "say": READING},
            {"heard": list(HANDOFF_LINES), "call": {"name": "transfer_call", "arguments": arguments}},
        ],
        "otherwise": OTHERWISE,
    }
