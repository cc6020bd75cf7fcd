"""Three kinds of routes, by who may use them. Authorization comes before any of the body is read.

FastAPI's Security() cannot do that: its get_request_handler reads the body before it solves dependencies.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping
from typing import Annotated, Any, ClassVar

from fastapi import APIRouter, Depends, Request, Response
from fastapi.routing import APIRoute

from operators.api.resources import Parts
from operators.api.schemas.problems import refuses
from operators.auth.gate import COOKIE
from persistence.records import Operator, OperatorRole

Handler = Callable[[Request], Coroutine[Any, Any, Response]]

_ALWAYS = ("unknown-host", "body-too-large", "our-mistake")
_WITH_TOKEN = ("token-missing", "token-unknown", "too-many-attempts", "foreign-origin", "store-trouble")

# Only for the OpenAPI document: Gate handles both.
SECURITY_SCHEMES = {
    "bearer": {"type": "http", "scheme": "bearer", "description": "an operator's token, for programs"},
    "cookie": {
        "type": "apiKey",
        "in": "cookie",
        "name": COOKIE,
        "description": "set by POST /session, for the console",
    },
}
_EITHER: Mapping[str, Any] = {"security": [{name: []} for name in SECURITY_SCHEMES]}


class Guarded(APIRoute):
    """`needs`: the role that the token must have; None admits everybody."""

    needs: ClassVar[OperatorRole | None] = None

    def __init__(self, *arguments: Any, **options: Any) -> None:
        if self.needs is not None:
            options["openapi_extra"] = {**_EITHER, **(options.get("openapi_extra") or {})}
        super().__init__(*arguments, **options)

    def get_route_handler(self) -> Handler:
        handle, needs = super().get_route_handler(), self.needs
        if needs is None:
            return handle

        async def admitted(request: Request) -> Response:
            request.state.operator = await parts_of(request).gate.admit(request, needs)
            return await handle(request)

        return admitted


class Watching(Guarded):
    """For viewers and operators."""

    needs = OperatorRole.VIEWER


class Acting(Guarded):
    """For operators."""

    needs = OperatorRole.OPERATOR


def open_router() -> APIRouter:
    """For everybody: the routes show nothing, or check the token themselves."""
    return APIRouter(route_class=Guarded, responses=refuses(*_ALWAYS))


def watching_router(tag: str) -> APIRouter:
    return _router(Watching, tag, *_WITH_TOKEN)


def acting_router(tag: str) -> APIRouter:
    return _router(Acting, tag, *_WITH_TOKEN, "may-only-watch")


def _router(route_class: type[Guarded], tag: str, *kinds: str) -> APIRouter:
    return APIRouter(
        route_class=route_class,
        tags=[tag],
        responses=refuses(*_ALWAYS, *kinds),
    )


def parts_of(request: Request) -> Parts:
    parts = request.app.state.parts
    assert isinstance(parts, Parts)
    return parts


async def _who(request: Request) -> Operator:
    operator = request.state.operator
    assert isinstance(operator, Operator)
    return operator


async def _parts(request: Request) -> Parts:
    return parts_of(request)


Who = Annotated[Operator, Depends(_who)]
OurParts = Annotated[Parts, Depends(_parts)]
