"""What the benchmark's tools do, the same way by Python, HTTP and MCP; and the ledger of what happened."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from pathlib import Path

from bench.tools.cases import BOOK_TAKES_S, INJECTION

_SECONDS = {"short": 0.2, "three": 3.0, "thirty": 30.0}
_MEGABYTE = 1_000_000


def note(ledger: Path, **what: str) -> None:
    """Append one line, in one write, so that several processes' lines do not mix."""
    with ledger.open("ab", buffering=0) as file:
        file.write(json.dumps(what).encode() + b"\n")


async def answer_of(case: str) -> str:
    """Return what the case says, after the time that it takes. Raises: RuntimeError, for the broken one."""
    if case == "never":
        await asyncio.Event().wait()
    await asyncio.sleep(_SECONDS.get(case, 0))
    match case:
        case "broken":
            raise RuntimeError("the sensor is gone")
        case "megabyte":
            return "price " * (_MEGABYTE // 6)
        case "garbled":
            return '<html>{"state": <br>'
        case "poisoned":
            return INJECTION
    return json.dumps({"state": f"{case} is found"})


async def book(ledger: Path, key: str, way: str) -> str:
    """Make a booking, which takes a while. What must not happen twice begins here."""
    note(ledger, what="began", key=key, way=way)
    await asyncio.sleep(BOOK_TAKES_S)
    note(ledger, what="ended", key=key, way=way)
    return "booked"


def noted(ledger: Path) -> Sequence[dict[str, str]]:
    """Return all lines of the ledger so far."""
    if not ledger.exists():
        return []
    return [json.loads(line) for line in ledger.read_text(encoding="utf-8").splitlines()]
