"""Authorizes requests by a bearer token or a browser's session. Each route requires a right."""

from __future__ import annotations

import math
from dataclasses import dataclass
from urllib.parse import urlsplit

from fastapi import Request, Response

from operators.auth.access import token_hash
from operators.auth.limits import Limits
from operators.auth.rate_limit import Slowdown
from operators.auth.security_log import Happened, SecurityLog
from operators.auth.sessions import Sessions, has_expired
from operators.refused import Refused
from persistence.access import RIGHT_OF, Listener, Operator, Right, Rights, Session
from persistence.contract.operators import OperatorStore
from settings import AccessSettings
from transfer.ports import Clock

COOKIE = "baton_session"
HOST_COOKIE = f"__Host-{COOKIE}"
"""The cookie's name over TLS: browsers accept it only from this host, and never send it without TLS."""

_SAFE = {"GET", "HEAD", "OPTIONS"}
_ASKS = {"WWW-Authenticate": 'Bearer realm="baton"'}
_TOLD = {"WWW-Authenticate": f'{_ASKS["WWW-Authenticate"]}, error="invalid_token"'}


@dataclass(frozen=True, slots=True)
class Access:
    """The operator behind a request. `session` is None for a program with a token."""

    operator: Operator
    session: Session | None = None

    @property
    def name(self) -> str:
        return self.operator.name

    @property
    def rights(self) -> Rights:
        return self.operator.rights

    @property
    def key(self) -> str:
        """The hash of the session, or of the token if there is no session."""
        return self.operator.token_hash if self.session is None else self.session.hash


class Gate:
    """Made once per service."""

    def __init__(self, store: OperatorStore, clock: Clock, settings: AccessSettings) -> None:
        self._store = store
        self._clock = clock
        self._slowdown = Slowdown(clock)
        self.sessions = Sessions(store, clock, settings)
        self.log = SecurityLog(clock)
        self.limits = Limits(settings, clock)

    async def admit(self, request: Request, needs: Rights) -> Access:
        """Return the request's operator if they have one of these rights. Raises: Refused."""
        access = await self.who(request)
        if not access.rights & needs:
            raise self.lacking(request, access, needs)
        return access

    def check_right(self, request: Request, access: Access, right: Right) -> None:
        """Check that the operator has this right. Raises: Refused."""
        if right not in access.rights:
            raise self.lacking(request, access, frozenset({right}))

    async def who(self, request: Request) -> Access:
        """Return the request's operator. Raises: Refused: the token or session is missing, unknown or over.

        Refused also if a wrong guess comes too early.
        """
        try:
            if token := bearer_of(request):
                return Access(await self.owner(request, token))
            if secret := session_of(request):
                return await self._signed_in(request, secret)
        except Refused as refused:
            if refused.kind == "foreign-origin":
                self._refuses(request, "", refused.kind)
            raise
        raise Refused("token-missing", "send it as a bearer token, or sign in", headers=_ASKS)

    async def owner(self, request: Request, token: str) -> Operator:
        """Return the operator who owns this token. Raises: Refused."""
        operator = await self._store.operator_of(token_hash(token))
        if operator is None:
            raise self._unknown(request)
        if has_expired(operator, self._clock.now_ms()):
            self._refuses(request, operator.name, "token-expired")
            right = f"a new one is made with: baton operators renew {operator.name!r}"
            raise Refused("token-expired", right, headers=_TOLD)
        return operator

    async def _signed_in(self, request: Request, secret: str) -> Access:
        found = await self.sessions.find(secret)
        if found is None:
            raise self._unknown(request)
        session, operator = found
        if operator is None:
            self._refuses(request, session.name, "session-over", session=session.id)
            raise Refused(
                "session-over", "it has ended, or was not used for long; sign in again", headers=_TOLD
            )
        await self.sessions.used(session)
        return Access(operator, session)

    def _unknown(self, request: Request) -> Refused:
        """Return the refusal of a wrong guess. One that comes too early is not judged and not logged."""
        if early := self.too_early(request):
            return early
        self.failed(request)
        right = "it may be misspelt, or revoked; an operator makes a new one with: baton operators add"
        return Refused("token-unknown", right, headers=_TOLD)

    def too_early(self, request: Request) -> Refused | None:
        """Return the refusal if this address must still wait after its last wrong guess, else None."""
        wait_ms = self._slowdown.wait_ms(address_of(request))
        if not wait_ms:
            return None
        wait_s = math.ceil(wait_ms / 1000)
        detail = f"try again in {wait_s} s"
        return Refused("too-many-attempts", detail, headers={"Retry-After": str(wait_s)})

    def failed(self, request: Request) -> None:
        """Record a wrong guess: this address has to wait before its next one."""
        address = address_of(request)
        self._slowdown.failed(address)
        self.log.tell(Happened.GUESS, "", address=address, path=path_of(request))

    def lacking(self, request: Request, access: Access, needs: Rights) -> Refused:
        self._refuses(request, access.name, "right-missing", needs=_words(needs))
        told = {"WWW-Authenticate": f'{_ASKS["WWW-Authenticate"]}, error="insufficient_scope"'}
        held = _words(access.rights) or "nothing"
        detail = f"the token of {access.name} holds {held}; this needs {_words(needs)}"
        return Refused(
            "right-missing", detail, headers=told, needs=[right for right in Right if right in needs]
        )

    def _refuses(self, request: Request, by: str, why: str, **facts: str) -> None:
        told = {"address": address_of(request), "path": path_of(request), **facts}
        self.log.tell(Happened.REFUSAL, by, why=why, **told)

    async def still_welcome(self, access: Access, right: Right) -> bool:
        """Whether a stream may go on: its session or token is valid, with the right. Raises: StoreError."""
        if access.session is not None and not await self.sessions.is_open(access.session):
            return False
        operator = await self._store.operator_of(access.operator.token_hash)
        return operator is not None and self._holds(operator, right)

    async def may_listen(self, listener: Listener) -> bool:
        """Whether the session or token behind a listener is valid and has the rights. Raises: StoreError.

        The rights include the one to speak in the listener's mode: removing the listener stops their voice,
        whichever holder the call has.
        """
        if listener.key is None:
            return True
        session = await self._store.session_of(listener.key)
        if session is not None:
            operator = await self.sessions.owner(session)
        else:
            operator = await self._store.operator_of(listener.key)
        needs = {Right.LISTEN, RIGHT_OF.get(listener.mode, Right.LISTEN)}
        return operator is not None and all(self._holds(operator, right) for right in needs)

    def may_take_calls(self, operator: Operator) -> bool:
        """Whether a person of this name may have a caller. A newer token than they began with also counts."""
        return operator.revoked_at is None and self._holds(operator, Right.DESK)

    def listener_moved(self, listener: Listener) -> None:
        told = {"moved_to": str(listener.state), "listener": listener.identity, "call": listener.call_id}
        self.log.tell(Happened.LISTENING, listener.name, **told)

    def _holds(self, operator: Operator, right: Right) -> bool:
        return right in operator.rights and not has_expired(operator, self._clock.now_ms())


def _words(rights: Rights) -> str:
    return ", ".join(right for right in Right if right in rights)


def address_of(request: Request) -> str:
    """Return the client's address: the proxy's, if there is one that BATON_CONSOLE_PROXIES does not name."""
    return request.client.host if request.client else ""


def path_of(request: Request) -> str:
    """Return the route's pattern, because the URL itself may contain what a person wrote."""
    return str(getattr(request.scope.get("route"), "path", ""))


def bearer_of(request: Request) -> str | None:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() or None if scheme.lower() == "bearer" else None


def session_of(request: Request) -> str | None:
    """Return the secret in the cookie. Raises: Refused, if a foreign page sent the request."""
    secret = cookie_of(request)
    if secret and request.method not in _SAFE:
        check_origin(request, needed=True)
    return secret


def cookie_of(request: Request) -> str | None:
    """Return the session cookie. Over TLS, accept only the one that no neighbouring host can set."""
    own = request.cookies.get(HOST_COOKIE)
    return own or (None if request.url.scheme == "https" else request.cookies.get(COOKIE)) or None


def set_cookie(answer: Response, secret: str, *, age_s: int, secure: bool) -> None:
    """Set the session cookie. `secure`: the browser reaches the console over TLS."""
    name = HOST_COOKIE if secure else COOKIE
    answer.set_cookie(name, secret, max_age=age_s, httponly=True, samesite="strict", secure=secure)


def check_origin(request: Request, *, needed: bool) -> None:
    """Check that the request comes from our own page, according to the browser. Raises: Refused.

    The port counts, because to a browser another service on this machine is the same site.
    """
    origin = request.headers.get("origin")
    if origin is not None:
        same = _is_ours(origin, request)
    else:
        same = request.headers.get("sec-fetch-site") == "same-origin" or not needed
    if not same:
        right = "with the cookie, only the console's own page may do this; a program sends a bearer token"
        raise Refused("foreign-origin", right)


def _is_ours(origin: str, request: Request) -> bool:
    # A proxy may terminate TLS, so an https origin can be ours although we see http; never the reverse.
    scheme = origin.partition(":")[0]
    is_host = host_of(origin) == request.headers.get("host", "").lower()
    return is_host and scheme in {request.url.scheme, "https"}


def host_of(origin: str) -> str:
    """Return the origin's host with its port, or "" if it cannot be parsed."""
    try:
        return urlsplit(origin).netloc.lower()
    except ValueError:  # brackets without an address
        return ""
