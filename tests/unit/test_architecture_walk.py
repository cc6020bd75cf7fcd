"""The walk of one handoff in docs/architecture.md: its files exist, and each uses the next."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
HEADING = "## One handoff, file by file\n"
MOST_FILES = 14
MOST_WORDS = 900

STEP = re.compile(
    r"^(?P<number>\d+)\. `(?P<path>[\w/]+\.py)`, `(?P<function>\w+)`"
    r"(?: \((?P<how>called|dispatched) by (?P<source>\d+)(?: via `(?P<via>\w+)`)?\))?: \S",
)


@dataclass(frozen=True)
class Step:
    path: Path
    function: str
    dispatched: bool
    source: int | None  # the step that leads here
    via: str | None  # the type through which both files meet

    @property
    def source_text(self) -> str:
        return self.path.read_text()


def walk() -> dict[int, Step]:
    page = (ROOT / "docs" / "architecture.md").read_text()
    section = page.partition(HEADING)[2].partition("\n## ")[0]
    steps: dict[int, Step] = {}
    for line in (line for line in section.splitlines() if re.match(r"\d+\. ", line)):
        match = STEP.match(line)
        assert match, f"not in the form of a step: {line}"
        number = int(match["number"])
        assert number == len(steps) + 1, f"out of order: {line}"
        before = number - 1 if number > 1 else None
        source = int(match["source"]) if match["source"] else before
        steps[number] = Step(
            ROOT / match["path"], match["function"], match["how"] == "dispatched", source, match["via"]
        )
    return steps


def defined(path: Path) -> set[str]:
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    return {node.name for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, kinds)}


def used(path: Path) -> set[str]:
    """Return every name and attribute that a file uses. Definitions and imports do not count."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Name):
            names.add(node.id)
        elif isinstance(node, ast.Attribute):
            names.add(node.attr)
    return names


def imported(path: Path) -> set[str]:
    return {
        node.module
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ImportFrom) and node.module
    }


def test_it_is_one_page() -> None:
    assert len((ROOT / "docs" / "architecture.md").read_text(encoding="utf-8").split()) <= MOST_WORDS


def test_the_walk_names_few_files_each_once_and_all_exist() -> None:
    paths = [step.path for step in walk().values()]
    assert 0 < len(paths) <= MOST_FILES
    assert len(set(paths)) == len(paths)
    assert [path for path in paths if not path.is_file()] == []


def test_each_step_names_a_function_of_its_file() -> None:
    for number, step in walk().items():
        assert step.function in defined(step.path), f"step {number}: {step.path.name} has no {step.function}"


def test_each_step_is_reached_from_the_step_that_it_names() -> None:
    steps = walk()
    for number, step in steps.items():
        if step.source is None:
            continue
        assert step.source < number, f"step {number} is reached from a later one"
        caller = steps[step.source].path
        if not step.dispatched:
            assert step.function in used(caller), (
                f"step {number}: {caller.name} does not call {step.function}"
            )
        if step.via is None:
            module = ".".join(step.path.relative_to(ROOT).with_suffix("").parts)
            assert module in imported(caller), f"step {number}: {caller.name} does not import {module}"
        else:
            assert step.via in used(caller), f"step {number}: {caller.name} does not use {step.via}"
            # A class that serves a Protocol names it in its docstring.
            assert re.search(rf"\b{step.via}\b", step.source_text), f"step {number}: no {step.via}"


def test_a_dispatch_is_the_only_hop_without_a_call() -> None:
    assert [step.path.name for step in walk().values() if step.dispatched] == ["worker.py"]
