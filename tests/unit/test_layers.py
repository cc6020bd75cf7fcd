"""Imports point down: the layers of docs/architecture.md, kept by reading every import."""

from __future__ import annotations

import ast
from pathlib import Path

ROOT = Path(__file__).parents[2]
LAYERS = [
    {"errors"},
    {"settings"},
    {"persistence"},
    {"transfer"},
    {"agents"},
    {"operators", "worker"},
    {"local"},
    {"bench"},
]
"""From the lowest up. A part may import what is below it, and itself."""
LEVEL = {name: level for level, names in enumerate(LAYERS) for name in names}


def imports_of(path: Path) -> set[str]:
    nodes = ast.walk(ast.parse(path.read_text()))
    return {
        name
        for node in nodes
        for name in (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else []
        )
    }


def sources() -> list[Path]:
    found = [ROOT / f"{name}.py" for name in LEVEL if (ROOT / f"{name}.py").is_file()]
    return found + [path for name in LEVEL for path in sorted((ROOT / name).rglob("*.py"))]


def test_imports_point_down() -> None:
    for path in sources():
        part = path.relative_to(ROOT).parts[0].removesuffix(".py")
        for name in imports_of(path):
            top = name.partition(".")[0]
            if top in LEVEL and top != part:
                assert LEVEL[top] < LEVEL[part], f"{path.relative_to(ROOT)} imports {name}"


def test_the_core_of_the_handoff_knows_no_livekit() -> None:
    for path in sorted((ROOT / "transfer").glob("*.py")):
        if not path.name.startswith("livekit_"):
            assert not {name for name in imports_of(path) if name.startswith("livekit")}, path.name
