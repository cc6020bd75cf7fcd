"""The kinds of routes, by the right they need. Authorization comes before any of the body is read.

FastAPI's Security() cannot do that: its get_request_handler reads the body before it solves dependencies.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping
from typing import Annotated, Any, ClassVar

from fastapi import APIRouter, Depends, Request, Response
from fastapi.routing import APIRoute

from operators.api.resources import Parts
from operators.api.schemas.problems import refuses
from operators.auth.gate import COOKIE, HOST_COOKIE, Access
from persistence.access import Right, Rights

Handler = Callable[[Request], Coroutine[Any, Any, Response]]

_ALWAYS = ("unknown-host", "body-too-large", "our-mistake")
WITH_TOKEN = (
    "token-missing",
    "token-unknown",
    "token-expired",
    "session-over",
    "too-many-attempts",
    "limit-reached",
    "foreign-origin",
    "store-trouble",
)

# Only for the OpenAPI document: Gate handles both.
SECURITY_SCHEMES = {
    "bearer": {"type": "http", "scheme": "bearer", "description": "an operator's token, for programs"},
    "cookie": {
        "type": "apiKey",
        "in": "cookie",
        "name": COOKIE,
        "description": f"a session, begun by POST /session, for the console; over TLS {HOST_COOKIE}",
    },
}
_EITHER: Mapping[str, Any] = {"security": [{name: []} for name in SECURITY_SCHEMES]}


class Guarded(APIRoute):
    """`needs`: the token must hold one of these rights; None admits everybody."""

    needs: ClassVar[Rights | None] = None
    writes: ClassVar[bool] = False

    def __init__(self, *arguments: Any, **options: Any) -> None:
        if self.needs is not None:
            options["openapi_extra"] = {**_EITHER, **(options.get("openapi_extra") or {})}
        super().__init__(*arguments, **options)

    def get_route_handler(self) -> Handler:
        handle, needs, writes = super().get_route_handler(), self.needs, self.writes
        if needs is None:
            return handle

        async def admitted(request: Request) -> Response:
            gate = parts_of(request).gate
            request.state.access = access = await gate.admit(request, needs)
            told = gate.limits.count(access.name, "requests")
            if writes:
                told = gate.limits.count(access.name, "acts")
            answer = await handle(request)
            answer.headers.update(told)
            return answer

        return admitted


class Known(Guarded):
    """For everybody who is signed in, with any right."""

    needs = frozenset(Right)


class Measuring(Guarded):
    needs = frozenset({Right.METRICS})


class Watching(Guarded):
    needs = frozenset({Right.READ})


class Playing(Guarded):
    """For operators who may hear calls, live or afterwards."""

    needs = frozenset({Right.LISTEN})


class AtDesk(Guarded):
    """For a person who takes calls. They change only what is their own."""

    needs = frozenset({Right.DESK})
    writes = True


class WithMessages(Guarded):
    """For operators, and for the people that callers have left messages for."""

    needs = frozenset({Right.ACT, Right.DESK})
    writes = True


class Flooring(Guarded):
    """For operators who watch calls, and for the people who take calls."""

    needs = frozenset({Right.READ, Right.DESK})


class Joining(Guarded):
    """For making tokens to rooms. Which right is needed depends on the token's kind."""

    needs = frozenset({Right.LISTEN, Right.ACT})
    writes = True


class Coaching(Guarded):
    """For a listener that the agent or the person may hear."""

    needs = frozenset({Right.COACH})
    writes = True


class Barging(Guarded):
    """For a listener that the caller may hear as well."""

    needs = frozenset({Right.BARGE})
    writes = True


class TakingOver(Guarded):
    """For a listener who may speak in place of the call's holder or person."""

    needs = frozenset({Right.TAKE_OVER})
    writes = True


class Supervising(Guarded):
    """For listeners who may be heard in any of these ways."""

    needs = frozenset({Right.COACH, Right.BARGE, Right.TAKE_OVER})
    writes = True


class Acting(Guarded):
    needs = frozenset({Right.ACT})
    writes = True


class WithData(Guarded):
    """For operators who may export and remove what is stored about a caller."""

    needs = frozenset({Right.DATA})
    writes = True


def open_router() -> APIRouter:
    """Return a router for everybody: its routes show nothing, or check the token themselves."""
    return APIRouter(route_class=Guarded, responses=refuses(*_ALWAYS))


def known_router(tag: str) -> APIRouter:
    return _router(Known, tag)


def metrics_router(tag: str) -> APIRouter:
    return _router(Measuring, tag)


def watching_router(tag: str) -> APIRouter:
    return _router(Watching, tag)


def playing_router(tag: str) -> APIRouter:
    return _router(Playing, tag)


def desk_router(tag: str) -> APIRouter:
    return _router(AtDesk, tag)


def floor_router(tag: str) -> APIRouter:
    return _router(Flooring, tag)


def messages_router(tag: str) -> APIRouter:
    return _router(WithMessages, tag)


def joining_router(tag: str) -> APIRouter:
    return _router(Joining, tag)


def coaching_router(tag: str) -> APIRouter:
    return _router(Coaching, tag)


def barging_router(tag: str) -> APIRouter:
    return _router(Barging, tag)


def taking_over_router(tag: str) -> APIRouter:
    return _router(TakingOver, tag)


def supervising_router(tag: str) -> APIRouter:
    return _router(Supervising, tag)


def acting_router(tag: str) -> APIRouter:
    return _router(Acting, tag)


def data_router(tag: str) -> APIRouter:
    return _router(WithData, tag)


def _router(route_class: type[Guarded], tag: str) -> APIRouter:
    lacking = () if route_class is Known else ("right-missing",)
    return APIRouter(
        route_class=route_class,
        tags=[tag],
        responses=refuses(*_ALWAYS, *WITH_TOKEN, *lacking),
    )


def parts_of(request: Request) -> Parts:
    parts = request.app.state.parts
    assert isinstance(parts, Parts)
    return parts


async def _who(request: Request) -> Access:
    access = request.state.access
    assert isinstance(access, Access)
    return access


async def _parts(request: Request) -> Parts:
    return parts_of(request)


Who = Annotated[Access, Depends(_who)]
OurParts = Annotated[Parts, Depends(_parts)]
