"""Orders that make the stand-in fail a share of all requests, in every way it can."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

import aiohttp

SHARE = 1 / 3

WAYS: Mapping[str, Sequence[Mapping[str, Any]]] = {
    "chat": [
        {"kind": "rate_limited", "retry_after_s": 0.3},
        {"kind": "rate_limited", "retry_after_s": 20},
        {"kind": "no_capacity"},
        {"kind": "server_error", "status": 500},
        {"kind": "tool_use_failed"},
        {"kind": "error_event", "after_chunks": 1},
        {"kind": "cut"},
        {"kind": "cut", "reset": True, "after_chunks": 3},
        {"kind": "stall"},
        {"kind": "ends_early", "after_chunks": 2},
        {"kind": "empty"},
    ],
    "transcriptions": [
        {"kind": "rate_limited", "retry_after_s": 0.3},
        {"kind": "rate_limited", "retry_after_s": 20},
        {"kind": "no_capacity"},
        {"kind": "server_error", "status": 502},
        {"kind": "cut"},
        {"kind": "stall"},
    ],
    "speech": [
        {"kind": "rate_limited", "retry_after_s": 0.3},
        {"kind": "rate_limited", "retry_after_s": 20},
        {"kind": "no_capacity"},
        {"kind": "server_error", "status": 503},
        {"kind": "cut", "after_chunks": 2},
        {"kind": "stall"},
        {"kind": "ends_early"},
        {"kind": "bad_wav"},
        {"kind": "empty"},
    ],
}
"""Ways to fail, by endpoint. Some fail after words have been sent, when a retry is impossible."""

_ALWAYS = 100_000


def orders(seed: int, share: float = SHARE) -> list[dict[str, Any]]:
    """Return orders for `POST /control/faults`: `share` of an endpoint's requests fail, each way as often."""
    made: list[dict[str, Any]] = []
    for endpoint, ways in WAYS.items():
        each = share / len(ways)
        for place, way in enumerate(ways):
            # An order only sees requests that the orders before it let pass.
            left = each / (1 - place * each)
            made.append(
                {"endpoint": endpoint, **way, "count": _ALWAYS, "share": left, "seed": seed + len(made)}
            )
    return made


@asynccontextmanager
async def failing(stand_in: aiohttp.ClientSession, seed: int, share: float = SHARE) -> AsyncIterator[None]:
    """Make `share` of the stand-in's requests fail until the block ends (0: none). Afterwards none fails."""
    if share:
        await (await stand_in.post("/control/faults", json=orders(seed, share))).read()
    try:
        yield
    finally:
        await (await stand_in.delete("/control/faults")).read()
