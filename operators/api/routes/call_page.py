"""The call page, its files, and a visitor's token. All of it is 404 unless a setting turns it on."""

from __future__ import annotations

import uuid

from fastapi import Request, Response
from pydantic import BaseModel, Field

from operators.acts.room_tokens import visitor_token
from operators.api.resources import CallPage, Parts
from operators.api.route_guards import OurParts, open_router
from operators.api.routes.console import KnownTag, answer_with
from operators.api.schemas.problems import refuses
from operators.api.schemas.requests import VisitorCall
from operators.auth.gate import host_of
from operators.call_page.admission import ROOMS
from operators.call_page.interrupted import caller_of, may_go_on
from operators.call_page.page_files import PAGE
from operators.refused import Refused

router = open_router()

_REFUSED = refuses(
    "unknown-page",
    "foreign-origin",
    "too-many-calls",
    "lines-busy",
    "call-over",
    "not-valid",
    "livekit-out-of-reach",
    "store-trouble",
)


class VisitorToken(BaseModel):
    token: str
    url: str = Field(description="address of livekit-server")
    longest_call_s: float = Field(description="seconds after which the agent ends the call")


@router.api_route("/call", methods=["GET", "HEAD"], include_in_schema=False)
async def page(parts: OurParts, known: KnownTag = None) -> Response:
    return answer_with(call_page_of(parts).files.get(PAGE), known)


@router.post("/call/tokens", status_code=201, operation_id="call_from_page", responses=_REFUSED)
async def call(request: Request, parts: OurParts, body: VisitorCall | None = None) -> VisitorToken:
    """Get a token for one call in a new room, or for a call that a reload of the page interrupted.

    Needs no sign-in. The request must come from the call page itself, or from a listed origin.
    """
    call_page = call_page_of(parts)
    check_origin(request, call_page)
    longest_call_s = call_page.settings.longest_call_s
    if body is not None and body.again is not None:
        room, identity = await _interrupted(parts, call_page, body.again)
    else:
        room, identity = f"{ROOMS}{uuid.uuid4().hex}", None
        await call_page.admission.admit(request.client.host if request.client else "", room)
    made = await visitor_token(
        parts.context, parts.door, room=room, identity=identity, longest_call_s=longest_call_s
    )
    url = parts.settings.console.livekit_url or parts.settings.livekit.url
    return VisitorToken(token=made.token, url=url, longest_call_s=longest_call_s)


@router.api_route("/call/tokens", methods=["OPTIONS"], include_in_schema=False)
async def preflight(request: Request, parts: OurParts) -> Response:
    """Answer a browser's preflight, so that a page of a listed origin may send JSON."""
    check_origin(request, call_page_of(parts))
    allowed = {"Access-Control-Allow-Methods": "POST", "Access-Control-Allow-Headers": "Content-Type"}
    return Response(status_code=204, headers={**allowed, "Access-Control-Max-Age": "600"})


# A file's name has a dot, so that the address of the tokens is not a file's, and still answers 405.
@router.api_route("/call/{stem}.{kind}", methods=["GET", "HEAD"], include_in_schema=False)
async def file(parts: OurParts, stem: str, kind: str, known: KnownTag = None) -> Response:
    return answer_with(call_page_of(parts).files.get(f"{stem}.{kind}"), known)


async def _interrupted(parts: Parts, call_page: CallPage, token: str) -> tuple[str, str]:
    """Return the room and the caller's identity of the interrupted call. Raises: Refused, StoreError."""
    door, longest_call_s = parts.door, call_page.settings.longest_call_s
    caller = caller_of(token, api_key=door.api_key, api_secret=door.api_secret, longest_call_s=longest_call_s)
    if caller is not None:
        call_page.admission.admit_again(caller.room)
        before = await parts.context.store.latest_call_in(caller.room)
        departure_s = parts.settings.call.departure_s
        if may_go_on(before, caller, departure_s=departure_s, now=parts.context.clock.now_ms()):
            return caller.room, caller.identity
    raise Refused("call-over", "the call is over, or cannot go on; start a new one")


def call_page_of(parts: Parts) -> CallPage:
    """Return what the call page needs. Raises: Refused, while it is off."""
    if parts.call_page is None:
        raise Refused("unknown-page", "there is no call page; BATON_CALL_PAGE_ORIGINS turns it on")
    return parts.call_page


def check_origin(request: Request, call_page: CallPage) -> None:
    """Check where a request comes from. Raises: Refused.

    A browser always sends the origin. `null`, from a sandboxed frame or a file, does not count as one.
    """
    origin = request.headers.get("origin", "")
    own = host_of(origin) == request.headers.get("host", "").lower() != ""
    if not own and origin not in call_page.settings.foreign_origins:
        raise Refused("foreign-origin", "BATON_CALL_PAGE_ORIGINS does not list the page that asked")
