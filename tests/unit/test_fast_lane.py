"""The fast lane's folders need no server and no browser. `make test` runs every folder."""

from __future__ import annotations

import ast
import re
import subprocess
from pathlib import Path

import pytest

from tests.support.slowest import slowest

ROOT = Path(__file__).parents[2]
STARTS_ONE = {"livekit_server", "local_servers", "local_stack", "running_worker", "chromium"}

REPORT = """<testsuites><testsuite>
<testcase classname="tests.a" name="one" time="0.5"/><testcase classname="tests.a" name="two" time="2.0"/>
<testcase classname="tests.a" name="one" time="3.0"/>
</testsuite></testsuites>"""


def fast_folders() -> list[str]:
    found = re.search(r"^FAST := \$\(addprefix tests/,(.*)\)$", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert found
    return found[1].split()


def imported(file: Path) -> set[str]:
    nodes = ast.walk(ast.parse(file.read_text(encoding="utf-8")))
    return {alias.name for node in nodes if isinstance(node, ast.ImportFrom) for alias in node.names}


@pytest.mark.parametrize("folder", fast_folders())
def test_no_test_of_the_fast_lane_starts_a_server(folder: str) -> None:
    files = list((ROOT / "tests" / folder).rglob("*.py"))
    assert files
    assert not {file.name: found for file in files if (found := imported(file) & STARTS_ONE)}


def test_make_test_runs_each_folder_once_and_each_file_with_tests_that_run_alone_once_more() -> None:
    dry_run = subprocess.run(["make", "-n", "test"], cwd=ROOT, capture_output=True, text=True, check=True)
    before, _, after = dry_run.stdout.partition("--alone ")
    alone, _, after = after.partition(" -m ")
    folders = {file.parent.relative_to(ROOT / "tests").parts[0] for file in ROOT.glob("tests/*/**/test_*.py")}
    named = [word.removeprefix("tests/") for word in (before + after).split()]

    assert folders
    assert {folder: named.count(folder) for folder in folders} == dict.fromkeys(folders, 1)
    marked = {
        str(file.relative_to(ROOT))
        for folder in folders - set(fast_folders())
        for file in ROOT.glob(f"tests/{folder}/**/test_*.py")
        if "mark.alone" in file.read_text(encoding="utf-8")
    }
    assert marked
    assert {word for word in alone.split() if word.endswith(".py")} == marked


def test_times_of_a_test_and_its_subtests_are_added_and_the_slowest_comes_first(tmp_path: Path) -> None:
    file = tmp_path / "fast.xml"
    file.write_text(REPORT, encoding="utf-8")
    assert slowest([file], 2) == [(3.5, "tests.a::one"), (2.0, "tests.a::two")]
