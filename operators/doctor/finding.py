"""The finding of one check. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from errors import BadInput, OutOfReach


class Verdict(StrEnum):
    """The result of a check."""

    WELL = "well"
    WRONG = "wrong"
    SKIPPED = "skipped"  # something it needs is wrong


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the doctor. `advice` says what to do, and is empty if all is well."""

    check: str
    verdict: Verdict
    detail: str
    advice: str = ""
    bad_input: bool = False  # a setting or a file is wrong

    @classmethod
    def well(cls, check: str, detail: str) -> Finding:
        return cls(check, Verdict.WELL, detail)

    @classmethod
    def wrong(cls, check: str, error: BadInput) -> Finding:
        written = not isinstance(error, OutOfReach)
        return cls(check, Verdict.WRONG, f"{error.where}: {error.wrong}", error.right, bad_input=written)

    @classmethod
    def skipped(cls, check: str, needed: str) -> Finding:
        return cls(check, Verdict.SKIPPED, f"not checked: needs {needed}")


def exit_code(findings: Sequence[Finding]) -> int:
    """Return 0: all is well · 1: something does not answer · 2: a setting or a file is wrong."""
    if any(finding.bad_input for finding in findings):
        return 2
    return 0 if all(finding.verdict is Verdict.WELL for finding in findings) else 1
