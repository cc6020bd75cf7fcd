"""The part `queue` in virtual time: the tests of the queue's state machine, and of what callers are told."""

from __future__ import annotations

import asyncio
import sys
import xml.etree.ElementTree as ET
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from bench.support.environment import NotMeasured
from bench.support.statistics import median

_TESTS = ("tests/unit/people/test_queue_machine.py", "tests/unit/people/test_expected_wait.py")
_ROOT = Path(__file__).parents[2]
_MACHINE, _WAIT_ERROR = "test_queue_machine", "wait_error"
_SAID = {"overtaken": "was overtaken", "forgotten": "forgotten: ", "two_winners": ""}
"""The words in the report of a failed run of the machine. Any other failure counts as two winners."""


@dataclass(frozen=True, slots=True)
class Simulated:
    """`broken`: for each figure, 1 if the machine broke it. `wait_error`: the median day's."""

    broken: Mapping[str, int]
    wait_error: float


async def simulated(folder: Path) -> Simulated:
    """Run the machine 2,000 times, and the simulated days. Raises: NotMeasured."""
    report = folder / "people.xml"
    pytest = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "pytest", *_TESTS, "-q", "-p", "no:cacheprovider"),
        *("--hypothesis-profile", "at-length", f"--junitxml={report}"),
        cwd=_ROOT,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await pytest.communicate()
    if not report.is_file():
        raise NotMeasured(f"the tests of the queue did not run: {said.decode()[-500:]}")
    return read_report(report.read_text(encoding="utf-8"))


def read_report(report: str) -> Simulated:
    """Read pytest's report. Pure. Raises: NotMeasured: no day was simulated."""
    cases = list(ET.fromstring(report).iter("testcase"))
    broken = dict.fromkeys(_SAID, 0)
    for case in cases:
        failures = (
            (*case.iter("failure"), *case.iter("error")) if _MACHINE in case.get("classname", "") else ()
        )
        for failed in failures:
            why = f"{failed.get('message', '')} {failed.text or ''}"
            broken[next(name for name, words in _SAID.items() if words in why)] += 1
    days = [
        float(one.get("value", ""))
        for case in cases
        for one in case.iter("property")
        if one.get("name") == _WAIT_ERROR
    ]
    if not days:
        raise NotMeasured("no simulated day has an error of the spoken wait")
    return Simulated(broken, median(days))
