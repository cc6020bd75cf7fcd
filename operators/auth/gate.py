"""Authorizes requests: a bearer token or the console's cookie. Viewers may watch, operators may also act."""

from __future__ import annotations

import math
from urllib.parse import urlsplit

from fastapi import Request

from operators.auth.access import token_hash
from operators.auth.rate_limit import Slowdown
from operators.refused import Refused
from persistence.contract.operators import OperatorStore
from persistence.records import Operator, OperatorRole
from transfer.ports import Clock

COOKIE = "baton_session"
_SAFE = {"GET", "HEAD", "OPTIONS"}
_ASKS = {"WWW-Authenticate": 'Bearer realm="baton"'}


class Gate:
    """Made once per service."""

    def __init__(self, store: OperatorStore, clock: Clock) -> None:
        self._store = store
        self._slowdown = Slowdown(clock)

    async def admit(self, request: Request, needs: OperatorRole) -> Operator:
        """The operator whose token the request carries. Raises: Refused."""
        operator = await self.known(request, token_of(request))
        if needs is OperatorRole.OPERATOR:
            check_may_act(operator)
        return operator

    async def known(self, request: Request, token: str | None) -> Operator:
        """The operator whose token this is. Raises: Refused: it is missing, unknown, or rate-limited."""
        if token is None:
            raise Refused("token-missing", "send it as a bearer token, or sign in", headers=_ASKS)
        address, hashed = request.client.host if request.client else "", token_hash(token)
        if wait_ms := self._slowdown.wait_ms(address, hashed):
            wait_s = math.ceil(wait_ms / 1000)
            detail = f"try again in {wait_s} s"
            raise Refused("too-many-attempts", detail, headers={"Retry-After": str(wait_s)})
        operator = await self._store.operator_of(hashed)
        if operator is None:
            self._slowdown.failed(address, hashed)
            told = {"WWW-Authenticate": f'{_ASKS["WWW-Authenticate"]}, error="invalid_token"'}
            right = "it may be misspelt, or revoked; an operator makes a new one with: baton operators add"
            raise Refused("token-unknown", right, headers=told)
        self._slowdown.passed(address, hashed)
        return operator

    async def still_welcome(self, operator: Operator) -> bool:
        """Whether the operator's token is still valid. Raises: StoreError."""
        return await self._store.operator_of(operator.token_hash) is not None


def token_of(request: Request) -> str | None:
    """The token of a request. Raises: Refused, if a foreign page sent the cookie."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and token.strip():
        return token.strip()
    cookie = request.cookies.get(COOKIE)
    if cookie and request.method not in _SAFE:
        check_origin(request, needed=True)
    return cookie or None


def check_origin(request: Request, *, needed: bool) -> None:
    """Check that the request comes from our own page, according to the browser. Raises: Refused.

    The port counts, because to a browser another service on this machine is the same site.
    """
    origin = request.headers.get("origin")
    if origin is not None:
        same = urlsplit(origin).netloc.lower() == request.headers.get("host", "").lower()
    else:
        same = request.headers.get("sec-fetch-site") == "same-origin" or not needed
    if not same:
        right = "with the cookie, only the console's own page may do this; a program sends a bearer token"
        raise Refused("foreign-origin", right)


def check_may_act(operator: Operator) -> None:
    """Raises: Refused."""
    if operator.role is not OperatorRole.OPERATOR:
        told = {"WWW-Authenticate": f'{_ASKS["WWW-Authenticate"]}, error="insufficient_scope"'}
        detail = f"{operator.name} is a viewer; this needs the token of an operator"
        raise Refused("may-only-watch", detail, headers=told)
