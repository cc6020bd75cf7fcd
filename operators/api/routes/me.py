"""Signing in and out in a browser, and who is signed in."""

from __future__ import annotations

from fastapi import Request, Response

from operators.api.console_files import AUDIO, NO_AUDIO
from operators.api.resources import Parts
from operators.api.route_guards import OurParts, Who, known_router, open_router
from operators.api.schemas.problems import refuses
from operators.api.schemas.requests import SignIn
from operators.api.schemas.responses import Audio, Me
from operators.auth.gate import address_of, check_origin, cookie_of, set_cookie
from operators.auth.security_log import Happened
from operators.refused import Refused
from persistence.access import Operator, Right, Session

session = open_router()
router = known_router("session")

_SIGNED_IN = refuses(
    "token-unknown",
    "token-expired",
    "too-many-attempts",
    "signed-in-already",
    "foreign-origin",
    "not-valid",
    "store-trouble",
)


@session.post("/session", status_code=204, tags=["session"], operation_id="sign_in", responses=_SIGNED_IN)
async def sign_in(request: Request, parts: OurParts, body: SignIn) -> Response:
    """Begin a session, and put its secret into the console's cookie. It replaces this browser's session.

    If somebody else is signed in in this browser, this is refused unless `instead` is true.
    """
    check_origin(request, needed=False)
    operator = await parts.gate.owner(request, body.token.strip())
    before = await _signed_in(request, parts)
    if before is not None:
        old, theirs = before
        if theirs.name != operator.name and not body.instead:
            detail = (
                f"{theirs.name} is signed in here; ask them, then send `instead`: true for {operator.name}"
            )
            raise Refused("signed-in-already", detail, name=theirs.name, other=operator.name)
        await _end(request, parts, old)
    secret, begun = await parts.gate.sessions.begin(operator)
    parts.gate.log.tell(Happened.SIGN_IN, operator.name, session=begun.id, address=address_of(request))
    answer = Response(status_code=204)
    set_cookie(
        answer, secret, age_s=round(parts.settings.access.session_longest_s), secure=_is_secure(request)
    )
    return answer


@session.delete(
    "/session",
    status_code=204,
    tags=["session"],
    operation_id="sign_out",
    responses=refuses("foreign-origin", "store-trouble"),
)
async def sign_out(request: Request, parts: OurParts) -> Response:
    """End the session, and remove the cookie. It is no error if the session is already over."""
    if cookie_of(request):
        check_origin(request, needed=True)
    if found := await _signed_in(request, parts):
        await _end(request, parts, found[0])
    answer = Response(status_code=204)
    set_cookie(answer, "", age_s=0, secure=_is_secure(request))
    return answer


@router.get("/me", operation_id="me")
async def me(parts: OurParts, who: Who) -> Me:
    """Show whose token or session this is, what they may do, and whether sound is available."""
    available = AUDIO in parts.pages
    return Me(
        name=who.name,
        rights=[right for right in Right if right in who.rights],
        audio=Audio(available=available, reason=None if available else NO_AUDIO),
        hints=parts.settings.call_page.suggested,
    )


async def _signed_in(request: Request, parts: Parts) -> tuple[Session, Operator] | None:
    """Return the browser's open session. An unknown cookie does not count as a guess: it shows nothing."""
    secret = cookie_of(request)
    found = await parts.gate.sessions.find(secret) if secret else None
    return None if found is None or found[1] is None else (found[0], found[1])


async def _end(request: Request, parts: Parts, old: Session) -> None:
    await parts.gate.sessions.end(old, by=old.name)
    parts.gate.log.tell(Happened.SIGN_OUT, old.name, session=old.id, address=address_of(request))


def _is_secure(request: Request) -> bool:
    # Only the browser knows whether the page came over TLS: a proxy in front of us may do it.
    return (request.headers.get("origin") or request.url.scheme).startswith("https")
