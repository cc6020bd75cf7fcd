"""Prints the slowest tests of a run, from the JUnit files that `make test` writes."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path
from xml.etree import ElementTree

COUNT = 20


def slowest(files: Iterable[Path], count: int = COUNT) -> list[tuple[float, str]]:
    """Return seconds and names, slowest first. A stack's start counts for the first test that uses it."""
    found: dict[str, float] = {}
    for file in files:
        for case in ElementTree.parse(file).iter("testcase"):
            name = f"{case.get('classname')}::{case.get('name')}"
            found[name] = found.get(name, 0.0) + float(case.get("time", 0))
    return sorted(((seconds, name) for name, seconds in found.items()), reverse=True)[:count]


def main(folder: Path) -> None:
    files = sorted(folder.glob("*.xml"))
    if not files:
        sys.exit(f"{folder} has no JUnit files; run make test first")
    for seconds, name in slowest(files):
        sys.stdout.write(f"{seconds:7.1f} s  {name}\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
