"""What the stand-in for Groq says and hears in the benchmark's calls."""

from __future__ import annotations

from pathlib import Path

import yaml

from bench.phone.answers import Answers
from bench.phone.lines import FRONT_DESK, REASON


def write_script(path: Path, answers: Answers) -> Path:
    content = {
        "hears": "lines",
        **answers.script(),
        "roles": {FRONT_DESK: {"otherwise": "One moment.", "opening": "One moment."}},
        "summary": [
            {"matter": REASON, "done": "", "wanted": "The caller wants it back.", "mood": "calm", "facts": []}
        ],
        "otherwise": "One moment.",
    }
    path.write_text(yaml.safe_dump(content), encoding="utf-8")
    return path
