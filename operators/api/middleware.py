"""Middleware around the whole service: security headers, host names, body size, logging of failures."""

from __future__ import annotations

import logging
from collections.abc import Collection, Sequence
from functools import lru_cache
from pathlib import Path
from traceback import extract_tb
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from operators.api.schemas.problems import problem
from operators.call_page.headers import cors_headers, is_page_address, page_headers
from operators.refused import Refused

log = logging.getLogger(__name__)

BODY_LIMIT = 64 * 1024
"""Bytes, far above the longest words of an operator."""
TOO_LARGE = "a body may have up to 64 KiB, an operator's words up to 2000 characters"

_YEAR_S = 365 * 24 * 3600
_STEPS = 6
"""How many of the innermost frames of a traceback are logged."""
_TO_SELF = ("127.0.0.1", "localhost", "::1")


class Headed:
    """Sets headers on every answer, so that a browser runs only our own scripts and caches nothing."""

    def __init__(
        self, app: ASGIApp, livekit_url: str, call_page_origins: Sequence[str], *, own_tls: bool
    ) -> None:
        self._app = app
        policy = content_security_policy(livekit_url)
        headers = {
            "Content-Security-Policy": policy,
            "X-Content-Type-Options": "nosniff",
            "Referrer-Policy": "no-referrer",
            "Cross-Origin-Opener-Policy": "same-origin",
            "Cross-Origin-Resource-Policy": "same-origin",
            "Permissions-Policy": "microphone=(self), camera=(), geolocation=()",
            **({"Strict-Transport-Security": f"max-age={_YEAR_S}"} if own_tls else {}),
        }
        self._headers = Headers(headers).raw
        self._call_page_headers = Headers({**headers, **page_headers(policy, call_page_origins)}).raw
        self._origins = call_page_origins

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_headed(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).setdefault("Cache-Control", "no-store")
                message["headers"].extend(self._headers_for(scope))  # nothing inside sets any of them
            await send(message)

        await self._app(scope, receive, send_headed)

    def _headers_for(self, scope: Scope) -> Sequence[tuple[bytes, bytes]]:
        if not is_page_address(scope["path"]):
            return self._headers
        readable = cors_headers(Headers(scope=scope).get("origin"), self._origins)
        return [*self._call_page_headers, *Headers(readable).raw]


def content_security_policy(livekit_url: str) -> str:
    parts = urlsplit(livekit_url)
    secure = "s" if parts.scheme in {"wss", "https"} else ""
    connect = f"connect-src 'self' ws{secure}://{parts.netloc} http{secure}://{parts.netloc}"
    return "; ".join(
        [
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            connect,
            "img-src 'self' data:",
            "media-src blob:",
            "frame-ancestors 'none'",
            "base-uri 'none'",
            "form-action 'self'",
        ]
    )


class Logged:
    """Logs an unexpected error by type and place only: its text may hold a person's words.

    The client has been answered already. Starlette raises the error again, and uvicorn would log all of it.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await self._app(scope, receive, send)
        except Exception as error:  # noqa: BLE001 - the outermost handler
            steps = [f"{Path(step.filename).name}:{step.lineno}" for step in extract_tb(error.__traceback__)]
            told = {
                "path": route_of(scope),
                "error": type(error).__name__,
                "where": " > ".join(steps[-_STEPS:]),
            }
            log.error("a request failed", extra=told)  # noqa: TRY400 - without its text


class Named:
    """Refuses unknown host names, against DNS rebinding by a foreign page."""

    def __init__(self, app: ASGIApp, names: Collection[str]) -> None:
        self._app = app
        self._names = {name.lower() for name in (*_TO_SELF, *names)}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or _host(Headers(scope=scope).get("host", "")) in self._names:
            return await self._app(scope, receive, send)
        right = "use its address, or add the name to BATON_CONSOLE_NAMES"
        return await problem(Refused("unknown-host", right))(scope, receive, send)


@lru_cache(maxsize=100)
def _host(header: str) -> str:
    try:
        return (urlsplit(f"//{header}").hostname or "").lower()
    except ValueError:
        return ""


class Bounded:
    """Refuses a body that is too large, declared or received, without reading the rest."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        declared = Headers(scope=scope).get("content-length", "0")
        if not declared.isdecimal() or int(declared) > BODY_LIMIT:
            # The rest of the body is not read, so the connection cannot be reused.
            told = Refused("body-too-large", TOO_LARGE, headers={"Connection": "close"})
            return await problem(told)(scope, receive, send)
        received = 0

        async def receive_bounded() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > BODY_LIMIT:
                raise HTTPException(413)  # the only exception that FastAPI passes on from here
            return message

        return await self._app(scope, receive_bounded, send)


def route_of(scope: Scope) -> str:
    """Return the route's pattern, because the address itself may hold what a person wrote."""
    return str(getattr(scope.get("route"), "path", ""))


def hardened(
    app: ASGIApp, *, livekit_url: str, names: Sequence[str], call_page_origins: Sequence[str], own_tls: bool
) -> ASGIApp:
    """Wrap the app. `own_tls`: we serve TLS ourselves. A proxy in front sends the headers for its own TLS."""
    return Headed(Named(Bounded(Logged(app)), names), livekit_url, call_page_origins, own_tls=own_tls)
