"""Signing in with the company's own identity: to the provider, and back."""

from __future__ import annotations

import hmac

from fastapi import Request, Response

from operators.api.resources import Parts
from operators.api.route_guards import OurParts, open_router
from operators.api.schemas.problems import refuses
from operators.api.schemas.responses import WaysIn
from operators.auth.gate import address_of, set_cookie
from operators.auth.openid import ANSWER_PATH, Pending, Provider, new_pending, pending_of
from operators.auth.openid_rights import operator_of_identity
from operators.auth.security_log import Happened
from operators.refused import Refused
from persistence.access import Right

router = open_router()

PENDING_S = 600
"""How long a person may take to sign in at the provider."""
_COOKIE = "baton_sign_in"


@router.get("/sign-in", tags=["session"], operation_id="ways_in")
async def ways_in(parts: OurParts) -> WaysIn:
    """List the ways to sign in other than with a token."""
    return WaysIn(openid=parts.openid is not None)


@router.get("/sign-in/openid", include_in_schema=False)
async def begin(request: Request, parts: OurParts) -> Response:
    """Send the browser to the provider."""
    provider = _provider(parts)
    if request.headers.get("sec-fetch-site") == "cross-site":
        raise Refused("foreign-origin", "open the console, and sign in there")
    pending = new_pending()
    answer = _to(await provider.address(pending))
    _set(answer, provider, pending.written(), PENDING_S)
    return answer


@router.get(
    ANSWER_PATH,
    include_in_schema=False,
    responses=refuses("identity-refused", "identity-without-rights", "provider-out-of-reach"),
)
async def end(request: Request, parts: OurParts, state: str = "", code: str = "") -> Response:
    """Begin a session when the browser comes back, and show the console."""
    provider, gate = _provider(parts), parts.gate
    if early := gate.too_early(request):
        raise early
    try:
        identity = await provider.identity(_begun_here(request, provider, state, code), code)
        operator, new = await operator_of_identity(
            parts.context.store, identity, provider.settings, provider.rights, parts.context.clock
        )
    except Refused as refused:
        if refused.kind != "provider-out-of-reach":
            gate.failed(request)
        raise
    if new is not None:
        held = ",".join(right for right in Right if right in operator.rights)
        gate.log.tell(Happened.RIGHTS, "openid", operator=operator.name, what=new, rights=held)
    secret, begun = await gate.sessions.begin(operator)
    gate.log.tell(Happened.SIGN_IN, operator.name, session=begun.id, address=address_of(request))
    answer = _to("/")
    _set(answer, provider, "", 0)
    age_s = round(parts.settings.access.session_longest_s)
    set_cookie(answer, secret, age_s=age_s, secure=provider.secure)
    return answer


def _provider(parts: Parts) -> Provider:
    if parts.openid is None:
        raise Refused("unknown-page", "sign in with a token: no BATON_OPENID_ISSUER is set")
    return parts.openid


def _begun_here(request: Request, provider: Provider, state: str, code: str) -> Pending:
    """Return the sign-in that this same browser began. Raises: Refused."""
    pending = pending_of(request.cookies.get(_name(provider)))
    if pending is None or not hmac.compare_digest(pending.state.encode(), state.encode(errors="replace")):
        raise Refused("identity-refused", "this sign-in was started in another browser, or took too long")
    if not code:
        raise Refused("identity-refused", "the provider signed nobody in; sign in again")
    return pending


def _to(address: str) -> Response:
    return Response(status_code=303, headers={"Location": address})


def _set(answer: Response, provider: Provider, value: str, age_s: int) -> None:
    # Lax: the provider's page sends the browser back to us.
    secure = provider.secure
    answer.set_cookie(_name(provider), value, max_age=age_s, httponly=True, samesite="lax", secure=secure)


def _name(provider: Provider) -> str:
    return f"__Host-{_COOKIE}" if provider.secure else _COOKIE
