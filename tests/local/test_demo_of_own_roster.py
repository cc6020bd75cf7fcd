"""`python -m local.demo` on a user's roster: another language, a folder with a blank, no script."""

from __future__ import annotations

import json
import os
import sys
import wave
from asyncio import create_subprocess_exec, timeout
from asyncio.subprocess import DEVNULL, PIPE
from pathlib import Path

import pytest

from local import shorter_roster
from local.demo import __main__ as demo
from tests.start.starting import is_ours

PROJECT = Path(__file__).parents[2]
LIMIT_S = 180.0
ROLE = """---
role: {role}
name: {name}
voice: {voice}
greeting: "Grüß Gott, hier ist {name}."
opening: "Hier ist {name}. Ich höre: {{matter}}."
transfers_to: [{targets}]
---
Sie sind {name}.
"""
DOCUMENT = """# Router
Unsere Router kosten vierzig Euro.

# Preise
Im ersten Monat ist alles kostenlos.
"""
ROLES = (
    ("empfang", "der Empfang", "hannah", "rechnung, technik"),
    ("rechnung", "das Büro für Rückfragen", "troy", "empfang"),
    ("technik", "die Störungsstelle", "daniel", ""),
)


@pytest.fixture
def roster(tmp_path: Path) -> Path:
    folder = tmp_path / "unsere Büros"
    shorter_roster.make_roster(folder)
    for shipped in ("front-desk.md", "billing.md", "technical.md"):
        (folder / shipped).unlink()
    for role, name, voice, targets in ROLES:
        text = ROLE.format(role=role, name=name, voice=voice, targets=targets)
        (folder / f"{role}.md").write_text(text, encoding="utf-8")
    (folder / "README.md").write_text("# Unsere Rollen\n", encoding="utf-8")
    (folder / "Antworten").mkdir()
    (folder / "Antworten" / "Preise.md").write_text(DOCUMENT, encoding="utf-8")
    asked = folder / "rechnung.md"
    text = asked.read_text(encoding="utf-8").replace("transfers_to:", "knowledge: Antworten/\ntransfers_to:")
    asked.write_text(text, encoding="utf-8")
    return folder


@pytest.mark.long
async def test_the_demo_asks_the_first_role_for_its_target_by_name_and_records_the_handoff(
    roster: Path,
) -> None:
    env = {name: value for name, value in os.environ.items() if not is_ours(name)}
    process = await create_subprocess_exec(
        *(sys.executable, "-m", "local.demo"),
        cwd=PROJECT,
        env={**env, "BATON_ENV_FILE": "", "BATON_ROSTER_FOLDER": str(roster)},
        stdin=DEVNULL,
        stdout=PIPE,
        stderr=PIPE,
    )
    try:
        async with timeout(LIMIT_S):
            out, errors = await process.communicate()
    finally:
        if process.returncode is None:
            process.terminate()
            await process.wait()
    told = out.decode()
    assert (process.returncode, errors.decode()) == (0, ""), told
    assert "empfang answers, and is asked for rechnung (das Büro für Rückfragen)" in told
    assert "caller: “please put me through to das Büro für Rückfragen”" in told
    assert "caller: “tell me about router”" in told
    report = json.loads((demo.FOLDER / "report.json").read_text(encoding="utf-8"))
    assert all(check["holds"] for check in report["checks"])
    assert report["outcome"] == "completed"
    assert {"empfang", "rechnung"} <= set(report["sounds"])
    with wave.open(str(demo.FOLDER / "call.wav")) as recorded:
        assert recorded.getnframes() / recorded.getframerate() > 20
