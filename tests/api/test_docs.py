"""docs/operators.md names every address and every kind of problem, and none that does not exist."""

from __future__ import annotations

import re
from pathlib import Path

from fastapi.routing import APIRoute

from operators.api.routes import ROUTERS
from operators.api.schemas.problems import KINDS

TEXT = (Path(__file__).parents[2] / "docs" / "operators.md").read_text(encoding="utf-8")


def test_every_kind_of_problem_is_told_with_its_status() -> None:
    told = {
        (kind, int(status))
        for kinds, status in re.findall(r"^\| (`[^|]+`) \| (\d{3}) \|", TEXT, re.MULTILINE)
        for kind in re.findall(r"`([^`]+)`", kinds)
    }
    assert told == {(name, kind.status) for name, kind in KINDS.items()}


def test_every_address_is_told() -> None:
    known = {
        f"{method} {route.path.replace(':path', '')}"
        for router in ROUTERS
        for route in router.routes
        if isinstance(route, APIRoute) and route.include_in_schema
        for method in route.methods or ()
    }
    told = {
        f"{method} {path.partition('?')[0]}"
        for method, path in re.findall(r"`(GET|POST|DELETE) (/[^ `]*)", TEXT)
    }
    told |= {f"GET {path}" for path in re.findall(r"`curl (?:-H \"\$A\" )?\$B(/[a-z]+)`", TEXT)}
    assert told == known
