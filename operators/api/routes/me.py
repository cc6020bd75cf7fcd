"""Signing in and out in a browser, and who is signed in."""

from __future__ import annotations

from fastapi import Request, Response

from operators.api.console_files import AUDIO, NO_AUDIO
from operators.api.route_guards import OurParts, Who, open_router, watching_router
from operators.api.schemas.problems import refuses
from operators.api.schemas.requests import SignIn
from operators.api.schemas.responses import Audio, Me
from operators.auth.gate import COOKIE, check_origin

session = open_router()
router = watching_router("session")

_DAYS_S = 30 * 24 * 3600
_SIGNED_IN = refuses("token-unknown", "too-many-attempts", "foreign-origin", "not-valid", "store-trouble")


@session.post("/session", status_code=204, tags=["session"], operation_id="sign_in", responses=_SIGNED_IN)
async def sign_in(request: Request, parts: OurParts, body: SignIn) -> Response:
    """Store a token in the console's cookie."""
    check_origin(request, needed=False)
    await parts.gate.known(request, body.token.strip())
    answer = Response(status_code=204)
    _set(request, answer, body.token.strip(), _DAYS_S)
    return answer


@session.delete("/session", status_code=204, tags=["session"], operation_id="sign_out")
async def sign_out(request: Request) -> Response:
    """Remove the cookie."""
    answer = Response(status_code=204)
    _set(request, answer, "", 0)
    return answer


@router.get("/me", operation_id="me")
async def me(parts: OurParts, who: Who) -> Me:
    """Whose token this is, and whether sound is available."""
    available = AUDIO in parts.pages
    return Me(
        name=who.name,
        role=who.role,
        audio=Audio(available=available, reason=None if available else NO_AUDIO),
        hints=parts.settings.call_page.suggested,
    )


def _set(request: Request, answer: Response, token: str, age_s: int) -> None:
    # Only the browser knows whether the page came over TLS: a proxy in front of us may do it.
    page = request.headers.get("origin") or request.url.scheme
    answer.set_cookie(
        COOKIE, token, max_age=age_s, httponly=True, samesite="strict", secure=page.startswith("https")
    )
