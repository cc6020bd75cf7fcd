"""Turns every error of a request into a problem document."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import asdict, is_dataclass
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException

from errors import HandoffOpen, HandoffsSpent, LineFailed, OnHold, StoreError
from operators.act_refused import ActRefused
from operators.api.middleware import TOO_LARGE, route_of
from operators.api.routes import ROUTERS
from operators.api.schemas import problem_page
from operators.api.schemas.problems import problem
from operators.refused import Refused

log = logging.getLogger(__name__)


def install(app: FastAPI) -> None:
    for error in (ActRefused, HandoffOpen, HandoffsSpent, OnHold):
        app.add_exception_handler(error, _refused_act)
    app.add_exception_handler(Refused, _refused)
    app.add_exception_handler(StoreError, _store_trouble)
    app.add_exception_handler(LineFailed, _livekit_trouble)
    app.add_exception_handler(RequestValidationError, _not_valid)
    app.add_exception_handler(HTTPException, _other)
    app.add_exception_handler(Exception, _our_mistake)


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, Refused)
    return problem_page.answer(request, error)


async def _refused_act(_: Request, error: Exception) -> Response:
    assert isinstance(error, ActRefused | HandoffOpen | HandoffsSpent | OnHold)
    extras = asdict(error) if is_dataclass(error) else {}
    return problem(Refused(error.kind, str(error), **extras))


async def _store_trouble(request: Request, error: Exception) -> Response:
    log.warning(
        "the store did not answer", extra={"path": route_of(request.scope), "error": type(error).__name__}
    )
    detail = "it is locked, full or gone; as far as is known, nothing has changed; try again"
    return problem(Refused("store-trouble", detail, headers={"Retry-After": "1"}))


async def _livekit_trouble(_: Request, error: Exception) -> Response:
    return problem(Refused("livekit-out-of-reach", str(error)))


async def _not_valid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    errors = [_explained(request, one) for one in error.errors()]
    detail = "; ".join(f"{one['pointer']}: {one['detail']}" for one in errors[:3])
    return problem(Refused("not-valid", detail, errors=errors))


async def _other(request: Request, error: Exception) -> Response:
    """Answer a refusal by the framework itself."""
    assert isinstance(error, HTTPException)
    allowed = ", ".join(_methods(request))
    refused = {
        404: Refused("unknown-page", "openapi.json lists every address"),
        405: Refused("method-not-allowed", f"this address takes {allowed}", headers={"Allow": allowed}),
        413: Refused("body-too-large", TOO_LARGE, headers={"Connection": "close"}),
    }
    other = Refused("not-valid", "the body cannot be read", errors=[])
    return problem_page.answer(request, refused.get(error.status_code, other))


async def _our_mistake(_: Request, __: Exception) -> Response:
    return problem(Refused("our-mistake", "see the service's log; as far as is known, nothing has changed"))


def _methods(request: Request) -> Sequence[str]:
    """Return all methods of an address. Starlette reports only those of the first route that matches."""
    path = request.url.path
    routes = [route for router in ROUTERS for route in router.routes if isinstance(route, APIRoute)]
    return sorted(
        {method for route in routes if route.path_regex.match(path) for method in route.methods or ()}
    )


def _explained(request: Request, error: Mapping[str, Any]) -> dict[str, str]:
    """Return what is wrong and where: `#/words` in the body, `?limit` in the query, or a header's name."""
    place: Sequence[str | int] = error["loc"]
    within, rest = place[0], [str(step) for step in place[1:]]
    detail = str(error["msg"]).removeprefix("Value error, ")
    if error["type"] == "extra_forbidden":
        detail = f"unknown field; known are {', '.join(_known_fields(request)) or 'none'}"
    if error["type"] == "json_invalid":
        return {"pointer": "#", "detail": f"not valid JSON ({error['ctx']['error']})"}
    mark = {"body": "#/", "query": "?", "path": "/"}.get(str(within), "")
    return {"pointer": (mark + "/".join(rest)).removesuffix("/"), "detail": detail}


def _known_fields(request: Request) -> Sequence[str]:
    route = request.scope.get("route")
    body = route.body_field if isinstance(route, APIRoute) else None
    return list(getattr(body.field_info.annotation, "model_fields", {})) if body else []
