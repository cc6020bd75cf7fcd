"""The service as an ASGI application: routes, error handlers, middleware."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from starlette.types import ASGIApp

from operators.api import error_handlers as handlers
from operators.api.middleware import hardened
from operators.api.resources import open_parts
from operators.api.route_guards import SECURITY_SCHEMES
from operators.api.routes import ROUTERS
from operators.api.schemas.problems import Problem
from settings import ConsoleSettings, Settings
from transfer.ports import Clock

_ABOUT = """Watch calls; start, steer and cancel handoffs. Send an operator's token as a bearer token.

Every refusal is a problem document (RFC 9457), whose `type` is `urn:baton:problem:` followed by the kind.
Times are milliseconds UTC."""


_TITLE, _VERSION = "Baton", "0.1.0"


class Service(FastAPI):
    """FastAPI with our middleware outermost, even around Starlette's own error page."""

    def __init__(self, settings: Settings, clock: Clock | None) -> None:
        @asynccontextmanager
        async def life(_: FastAPI) -> AsyncIterator[None]:
            async with open_parts(settings, clock) as parts:
                self.state.parts = parts
                self.openapi()  # building the document takes long: not on the first request
                yield

        super().__init__(
            title=_TITLE,
            version=_VERSION,
            description=_ABOUT,
            lifespan=life,
            openapi_url=None,  # has its own route, behind a token; docs pages load foreign scripts
            redirect_slashes=False,
        )
        self._settings = settings

    def build_middleware_stack(self) -> ASGIApp:
        return hardened_by(self._settings, super().build_middleware_stack())

    def openapi(self) -> dict[str, Any]:
        return _document()


@cache
def _document() -> dict[str, Any]:
    """Make the document once per process: all services have the same routes."""
    routes = [route for router in ROUTERS for route in router.routes]
    document = get_openapi(title=_TITLE, version=_VERSION, description=_ABOUT, routes=routes)
    document["components"]["schemas"]["Problem"] = Problem.model_json_schema()
    document["components"]["securitySchemes"] = SECURITY_SCHEMES
    return document


def make_app(settings: Settings, clock: Clock | None = None) -> Service:
    """Return the service. Its lifespan opens its resources. Raises: BadInput."""
    app = Service(settings, clock)
    handlers.install(app)
    for router in ROUTERS:
        # Not include_router, which matches every request twice, router by router, on the event loop.
        app.router.routes.extend(router.routes)
    return app


def hardened_by(settings: Settings, app: ASGIApp) -> ASGIApp:
    """Return the app behind the middleware that all answers go through."""
    return hardened(
        app,
        livekit_url=settings.console.livekit_url or settings.livekit.url,
        names=names_of(settings.console),
        call_page_origins=settings.call_page.foreign_origins,
        own_tls=settings.console.certificate is not None,
    )


def names_of(console: ConsoleSettings) -> list[str]:
    """Return the host names that the service answers to, in addition to the machine's own."""
    return [console.host, *console.names.split()]
