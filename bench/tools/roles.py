"""Writes the benchmark's roster: a role for each part and way, with its tools."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.knowledge.questions import DOCUMENTS
from bench.tools.cases import (
    BOOKING,
    CASES,
    EQUIPPED,
    PLAIN,
    SECOND_BOOKING,
    SLOW_ROLE,
    WALLS,
    WAYS,
)
from local.shorter_roster import make_roster

_PROJECT = Path(__file__).parents[2]
_ROLE = """---
role: {role}
name: the {name} desk
voice: diana
greeting: "Hello, how can I help you?"
opening: "This is the {name} desk. I understand that {{matter}}."
transfers_to: [{targets}]
{tools}
---
You are the {name} desk. Use your tools.
"""
_PYTHON = '''
from pathlib import Path

from bench.tools.answers import answer_of
from bench.tools.answers import book as book_there
from bench.tools.answers import note

LEDGER = Path({ledger!r})
{cases}

async def book(table: str, idempotency_key: str) -> str:
    """Books a table."""
    return await book_there(LEDGER, idempotency_key, "python")


async def wipe_account() -> str:
    """Wipes the caller's account."""
    note(LEDGER, what="wiped", key="", way="python")
    return "wiped"
'''
_PYTHON_CASE = '''

async def {tool}() -> str:
    """Looks {tool} up. Use it when the caller asks for it."""
    return await answer_of({tool!r})
'''


@dataclass(frozen=True, slots=True)
class Places:
    """Where the tools' servers are: their port, the port of the host that no file names, and their ledger."""

    port: int
    other: int
    ledger: Path
    own_name: str

    @property
    def at(self) -> str:
        return f"http://127.0.0.1:{self.port}"


def write_roster(folder: Path, places: Places) -> Path:
    """Write the project's roles with shorter lines, and the benchmark's. `folder` must not exist."""
    make_roster(folder)
    (folder / "tools").mkdir(exist_ok=True)
    cases = "".join(_PYTHON_CASE.format(tool=case.tool) for case in CASES)
    (folder / "tools" / "bench.py").write_text(_PYTHON.format(ledger=str(places.ledger), cases=cases))
    shutil.copytree(DOCUMENTS, folder / "bench-answers")
    for way in WAYS:
        tools = [_entry(way, places, case.tool, f"limit_s: {case.limit_s:g}") for case in CASES]
        tools.append(_entry(way, places, "wipe_account", "once: true", method="POST", path="/wipe"))
        _write(folder, f"{SLOW_ROLE}-{way}", tools, ["technical"])
        book = _entry(
            way, places, "book", "once: true", "limit_s: 8", method="POST", path="/book", needs="table"
        )
        _write(folder, f"{BOOKING}-{way}", [book], [f"{SECOND_BOOKING}-{way}"])
        _write(folder, f"{SECOND_BOOKING}-{way}", [book], [f"{BOOKING}-{way}"])
    _write(folder, WALLS, _walls(places), ["technical"])
    _write(folder, PLAIN, [], ["technical"])
    equipped = [_entry(way, places, case.tool) for way, case in zip(WAYS, CASES, strict=False)]
    _write(folder, EQUIPPED, equipped, ["technical"], "knowledge: bench-answers")
    return folder


def _write(folder: Path, role: str, tools: Sequence[str], targets: Sequence[str], *more: str) -> None:
    name = role.replace("-", " ").replace(SECOND_BOOKING, "reservations")
    lines = "\n".join([*(["tools:", *tools] if tools else []), *more])
    text = _ROLE.format(role=role, name=name, targets=", ".join(targets), tools=lines)
    (folder / f"{role}.md").write_text(text.replace("\n\n---", "\n---"), encoding="utf-8")


def _entry(
    way: str, places: Places, tool: str, *rules: str, method: str = "GET", path: str = "", needs: str = ""
) -> str:
    """Return one entry of `tools`, indented."""
    if way == "python":
        head = [f"python: tools/bench.py:{tool}"]
    elif way == "mcp":
        head = ["mcp:", f"  address: {places.at}/mcp", f"  allow: [{tool}]"]
    else:
        head = _http(tool, f"{places.at}{path or f'/cases/{tool}'}", method, needs, keeps=tool == "garbled")
    first, *rest = [*head, *rules]
    return "\n".join([f"  - {first}", *(f"    {line}" for line in rest)])


def _http(tool: str, address: str, method: str, needs: str, *, keeps: bool = False) -> list[str]:
    lines = [
        "http:",
        f"  name: {tool}",
        f'  description: "Looks {tool} up. Use it when the caller asks for it."',
        f"  method: {method}",
        f"  address: {address}",
    ]
    if needs:
        what = f"{{type: object, properties: {{{needs}: {{type: string}}}}, required: [{needs}]}}"
        lines.append(f"  parameters: {what}")
    return [*lines, "  keeps: [state]"] if keeps else lines


def _walls(places: Places) -> list[str]:
    """Return the ways out: each leads to the host that no file names, or to what its path does not have."""
    ways_out = {
        "leads_away": f"{places.at}/leads/localhost?port={places.other}",
        "leads_inside": f"{places.at}/leads/127.0.0.2?port={places.other}",
        "by_number": f"http://127.1:{places.other}/secret",
        "by_name": f"http://{places.own_name}:{places.other}/secret",
    }
    entries = [_indented(_http(tool, f'"{address}"', "GET", "")) for tool, address in ways_out.items()]
    named = f'"{places.at}/files/{{name}}"'
    entries += [_indented(_http(tool, named, "GET", "name")) for tool in ("climbs", "adds")]
    moved = [f"  address: {places.at}/leads/localhost?port={places.other}", "  allow: [short]"]
    return [*entries, _indented(["mcp:", *moved])]


def _indented(lines: Sequence[str]) -> str:
    first, *rest = lines
    return "\n".join([f"  - {first}", *(f"    {line}" for line in rest)])


def server_command(places: Places) -> list[str]:
    """Return the command that starts the tools' servers."""
    return [sys.executable, "-m", "bench.tools.server", str(places.port), str(places.other)]
