"""Requests generated from the OpenAPI document, with each right: no 500, and no access without the right."""

from __future__ import annotations

from typing import Any

import httpx
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from operators.auth.access import add_operator
from persistence.access import Right, Rights
from tests.api.test_who_may import GUARDED, QUERY
from tests.contract.building import a_call
from tests.support.api.desk import Desk, client

Case = Any
"""A `schemathesis.Case`: its own annotations leave the type parameters open."""

EXAMPLES = 5
"""Examples for each operation and right: enough for each kind of field to be valid once and wrong once."""
NEEDS: dict[tuple[str, str], Rights] = {
    (method, route.path.replace(":path", "")): getattr(route, "needs", frozenset())
    for method, route in GUARDED
}


def made_up(document: dict[str, Any]) -> list[Case]:
    """Return the same requests on each run."""
    cases: list[Case] = []
    result: Any  # for each operation
    for result in schemathesis.openapi.from_dict(document).get_all_operations():
        cases += _of(result.ok().as_strategy())
    return cases


def _of(strategy: st.SearchStrategy[Case]) -> list[Case]:
    found: list[Case] = []

    @settings(
        max_examples=EXAMPLES,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(strategy)
    def keep(case: Case) -> None:
        found.append(case)

    keep()
    return found


async def test_finding_2_each_right_over_the_whole_api(desk: Desk) -> None:
    await desk.store.open_call(a_call(room="room-1"))
    cases = made_up(desk.app.openapi())
    for right in Right:
        token = await add_operator(desk.store, f"solo {right}", frozenset({right}), desk.clock)
        async with client(desk.app, token) as solo:
            tried = [await _try(solo, case, right) for case in cases]
        assert sum(tried) > 0.9 * len(cases) > 150, "httpx sends nearly all of them"


async def _try(solo: httpx.AsyncClient, case: Case, right: Right) -> bool:
    key = (case.method.upper(), case.path)
    answer = await _asked(solo, case)
    if answer is None:
        return False
    assert answer.status_code != 500, (key, answer.text)
    if key in NEEDS and right not in NEEDS[key]:
        assert answer.status_code == 403, (key, right, answer.text)
    return True


async def _asked(solo: httpx.AsyncClient, case: Case) -> httpx.Response | None:
    """Send the request. None: httpx itself refuses to send it."""
    given = case.as_transport_kwargs(base_url=str(solo.base_url))
    sent = {
        name: given[name]
        for name in ("method", "url", "params", "json", "content", "data")
        if given.get(name)
    }
    if case.path in QUERY:
        sent["params"] = {**(sent.get("params") or {}), "call": "nobody"}
    if isinstance(sent.get("data"), bytes | str):
        sent["content"] = sent.pop("data")
    kept = {
        name: value for name, value in (given.get("headers") or {}).items() if name.lower() != "authorization"
    }
    try:
        return await solo.request(**sent, headers=kept)
    except (httpx.InvalidURL, httpx.LocalProtocolError, UnicodeError, ValueError, TypeError):
        return None
