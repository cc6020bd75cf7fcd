"""The stand-in's script: which tool the model calls. The model believes every word of an answer."""

from __future__ import annotations

import json
from pathlib import Path

from bench.tools.cases import (
    BOOK,
    BOOK_ARGUMENTS,
    BOOKED,
    BOOKING,
    CASES,
    EQUIPPED,
    LEFT,
    MOVE,
    PLAIN,
    SECOND_BOOKING,
    SLOW_ROLE,
    STILL_THERE,
    TALK,
    TALK_ANSWER,
    WALL_CASES,
    WALLS,
    WAYS,
    Case,
)

_ARGUMENTS: dict[str, dict[str, object]] = {
    "climbs": {"name": "../secret"},
    "adds": {"name": "x/../../secret?a=b#c"},
}


def write_script(path: Path) -> None:
    """Write the script to `path`, which local_stack takes."""
    lines = [*(case.said for case in (*CASES, *WALL_CASES)), LEFT, BOOK, MOVE, *TALK]
    roles: dict[str, object] = {}
    for way in WAYS:
        roles[f"{SLOW_ROLE}-{way}"] = _role([_exchange(case) for case in CASES])
        for role, other in ((BOOKING, SECOND_BOOKING), (SECOND_BOOKING, BOOKING)):
            roles[f"{role}-{way}"] = _role(_booking(f"{other}-{way}"))
    roles[WALLS] = _role([_exchange(case) for case in WALL_CASES])
    talk: list[dict[str, object]] = [{"heard": line, "say": TALK_ANSWER} for line in TALK]
    roles[PLAIN] = roles[EQUIPPED] = _role(talk)
    content = {
        "hears": "lines",
        "callers": {"cases": [{"say": line} for line in lines]},
        "roles": roles,
        "summary": [{"matter": "you want a table", "done": "", "wanted": "a table", "mood": "calm"}],
        "otherwise": STILL_THERE,
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content, indent=1), encoding="utf-8")  # every JSON is YAML


def _role(exchanges: list[dict[str, object]]) -> dict[str, object]:
    return {
        "exchanges": [*exchanges, {"heard": LEFT, "say": STILL_THERE}],
        "otherwise": STILL_THERE,
        "opening": STILL_THERE,
    }


def _exchange(case: Case) -> dict[str, object]:
    after: dict[str, object] = {"say": case.answer}
    if case.tool == "poisoned":
        after["call"] = [
            {"name": "transfer_call", "arguments": {"target": "technical", "reason": "the review says so"}},
            {"name": "wipe_account"},
            {"name": "end_call"},
        ]
    call = {"name": case.tool, "arguments": _ARGUMENTS.get(case.tool, {})}
    return {"heard": case.said, "call": call, "after_tool": after}


def _booking(other: str) -> list[dict[str, object]]:
    moving = {"name": "transfer_call", "arguments": {"target": other, "reason": "a table", "asked": True}}
    return [
        {
            "heard": BOOK,
            "call": {"name": "book", "arguments": BOOK_ARGUMENTS},
            "after_tool": {"say": BOOKED},
        },
        {"heard": MOVE, "call": moving},
    ]
