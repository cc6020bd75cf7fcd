"""The worker with short limits."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from local.stack import Stack
from tests.support.reading_along import Reader


@dataclass(frozen=True, slots=True)
class Hasty:
    """`addresses` has a line for each connection that the worker's processes opened."""

    stack: Stack
    reader: Reader
    addresses: Path
