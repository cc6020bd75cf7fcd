"""Imports point down: the table below is the architecture, and every import is checked against it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]

LAYERS: list[tuple[str, str]] = [
    ("errors clock origins priority private_files", "the ground: no imports of ours"),
    ("settings tasks readiness unreachable", ""),
    ("recordings", "sound at rest: it knows no room and no store"),
    ("persistence.numbers persistence.words", "pure"),
    ("persistence.records", "the rows; the states of a handoff are words of the database"),
    (
        "persistence.access persistence.people persistence.recording",
        "the rows about who may use it, of people who take calls, and of recordings",
    ),
    (
        "persistence.phones persistence.messages",
        "the rows of people who are called, and of messages for people",
    ),
    ("persistence.contract", "Protocols alone"),
    (
        "persistence.write_queue persistence.retry persistence.sql",
        "the queue takes any store; what the engines share serves the contract",
    ),
    ("persistence.sqlite persistence.postgres", "two engines: neither knows the other"),
    (
        "persistence.passages",
        "an index of text in a file of its own: always SQLite's FTS5, whatever the store is",
    ),
    ("persistence.copying", "from one engine to the other"),
    ("persistence.engines", "the one module that knows which engines there are"),
    ("transfer.states transfer.protocol", "pure: no I/O, no clock"),
    ("transfer.page_protocol", "what a page and a holder tell each other"),
    (
        "transfer.desk_protocol transfer.keys_protocol transfer.supervision",
        "what a person's page and their proxy tell each other, and the service a holder; rooms",
    ),
    ("transfer.ports", "what a handoff needs of the world"),
    (
        "transfer.holder transfer.target transfer.livekit",
        "two sides that meet on the wire, never in an import",
    ),
    ("people", "the queue for people: rows alone, and the rule over them"),
    ("failover", "knows rooms and rows; a call's agents are dispatched, not imported"),
    ("agents.turns agents.words agents.tls", "pure: no LiveKit, no I/O; and the trusted certificates"),
    ("agents.redaction", "pure: people's numbers in a text"),
    ("agents.tools agents.knowledge", "what a role's files bring along: they know no roles and no calls"),
    ("agents.audio agents.roster", ""),
    ("agents.keys", "the keys of telephones: it knows no calls"),
    ("agents.groq", ""),
    ("agents.people", "a person's room, the bridge, and what they say; it knows no calls"),
    ("agents.phone", "people who are called by telephone: whom, what came of it, and who accepts"),
    ("agents.process", "what a job finds ready: settings, roster, client, lines"),
    ("agents.session", ""),
    (
        "agents.supervision",
        "who speaks in a role's place; it watches a session, and knows nothing of the call",
    ),
    ("agents.monitors", "they watch a session, and know nothing of the call that starts them"),
    ("agents.call", "joins session, monitors and handoff"),
    ("agents.jobs", "the four entrypoints"),
    ("agents.waiting", "a process of its own, for callers in line"),
    ("agents.recording", "a process of its own, that hears recorded calls"),
    ("agents.admission", "who gets in: it knows rows and rooms, and starts jobs by dispatch"),
    ("agents.worker", "the parent process: it starts jobs by dispatch"),
    ("operators.refused operators.act_refused operators.call_query operators.handoff_query", ""),
    (
        "operators.export operators.holds operators.costs operators.tool_uses operators.troubles "
        "operators.dev_stack operators.console_folder operators.spent_limits operators.roster",
        "",
    ),
    ("operators.floor_figures", "the figures of people, by day"),
    ("operators.floor", "the queue for people, as it is now, and Prometheus"),
    ("operators.person", "everything stored about one caller"),
    ("operators.recordings", ""),
    ("operators.phone", "the trunk and the rule by which people call"),
    ("operators.auth", "who may do what; the command line uses it without the API"),
    ("operators.call_page", "what anybody may do, without a token"),
    ("operators.acts operators.doctor", "each act once, for the API and the command line"),
    ("operators.api", ""),
    ("operators.cli worker", "two programs: neither imports the other; `baton serve` starts the API"),
    ("local", "the stack on one machine"),
    ("bench", ""),
]
"""The layers from the lowest up, with the reason where it is not obvious. Each imports only earlier rows."""

LEVEL = {part: level for level, (parts, _) in enumerate(LAYERS) for part in parts.split()}
TOPS = {part.partition(".")[0] for part in LEVEL}


def part_of(module: str) -> str | None:
    """The row of the table that a dotted module belongs to; None if it is not ours."""
    names = module.split(".")
    for length in (2, 1):
        if (part := ".".join(names[:length])) in LEVEL:
            return part
    return None


def imports_of(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def sources() -> list[Path]:
    files = [ROOT / f"{top}.py" for top in TOPS if (ROOT / f"{top}.py").is_file()]
    return files + [path for top in TOPS for path in sorted((ROOT / top).rglob("*.py"))]


def module_of(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts)


def test_imports_point_down() -> None:
    for path in sources():
        part = part_of(module_of(path))
        if part is None:
            assert path.name == "__init__.py", f"{path.relative_to(ROOT)} is in no row of the table"
            continue
        for name in imports_of(path):
            used = part_of(name)
            if used is not None and used != part:
                assert LEVEL[used] < LEVEL[part], f"{path.relative_to(ROOT)} imports {name}"


def test_the_core_of_the_handoff_knows_no_livekit() -> None:
    for path in sorted((ROOT / "transfer").rglob("*.py")):
        if path.parent.name != "livekit":
            assert not {name for name in imports_of(path) if name.startswith("livekit")}, path.name


def test_a_package_is_one_subject() -> None:
    crowded = {
        folder: count
        for folder in {path.parent for top in (*TOPS, "tests") for path in (ROOT / top).rglob("*.py")}
        if (count := len(list(folder.glob("*.py")))) > 20
    }
    assert not crowded


def test_a_file_is_read_in_one_sitting() -> None:
    """At most 400 lines. settings.py may be longer: people look things up in it, as in .env.example."""
    files = [path for top in (*TOPS, "tests") for path in (ROOT / top).rglob("*.py")]
    long = {
        str(path.relative_to(ROOT)): lines
        for path in (*files, *ROOT.glob("*.py"))
        if (lines := len(path.read_text(encoding="utf-8").splitlines())) > 400 and path.name != "settings.py"
    }
    assert not long
