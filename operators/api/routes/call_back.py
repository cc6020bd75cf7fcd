"""The link for a call back: shows whether it rings, and gives its caller a token to answer."""

from __future__ import annotations

import uuid
from typing import Literal

from fastapi import Request
from pydantic import BaseModel, Field

from agents.roster.waiting_lines import spoken_minutes
from operators.acts.call_backs import LinkState, look
from operators.acts.room_tokens import visitor_token
from operators.api.route_guards import OurParts, open_router
from operators.api.routes.call_page import VisitorToken, call_page_of, check_origin
from operators.api.schemas.problems import refuses
from operators.api.schemas.requests import Link
from operators.call_page.admission import ROOMS
from operators.refused import Refused

router = open_router()

_REFUSED = refuses("unknown-page", "foreign-origin", "too-many-calls", "not-valid", "store-trouble")


class CallBackView(BaseModel):
    """The state of a call back. `place` and `minutes` are null while they are not known."""

    state: Literal["waiting", "ringing", "over"]
    place: int | None = Field(description="in the queue, from 1")
    minutes: int | None = Field(description="about how long it takes, rounded up")


@router.post("/call/back", operation_id="look_at_call_back", responses=_REFUSED)
async def show(request: Request, parts: OurParts, body: Link) -> CallBackView:
    """Show the state of this link's call back. A page polls this every few seconds, and rings if told to."""
    call_page = call_page_of(parts)
    check_origin(request, call_page)
    call_page.admission.look(_address(request))
    seen = await look(parts.context, body.link)
    minutes = None if not seen.expected_wait_ms else spoken_minutes(seen.expected_wait_ms)
    return CallBackView(state=seen.state.value, place=seen.place, minutes=minutes)


@router.post(
    "/call/back/answer",
    status_code=201,
    operation_id="answer_call_back",
    responses=_REFUSED | refuses("call-over"),
)
async def answer(request: Request, parts: OurParts, body: Link) -> VisitorToken:
    """Answer a call back that rings: get a token for a new call, in which the person is put through."""
    call_page = call_page_of(parts)
    check_origin(request, call_page)
    call_page.admission.look(_address(request))
    seen = await look(parts.context, body.link)
    if seen.state is not LinkState.RINGING or seen.offer is None:
        raise Refused("call-over", "it does not ring now")
    room, longest_call_s = f"{ROOMS}{uuid.uuid4().hex}", call_page.settings.longest_call_s
    made = await visitor_token(
        parts.context,
        parts.door,
        room=room,
        identity=None,
        longest_call_s=longest_call_s,
        call_back=seen.offer,
    )
    url = parts.settings.console.livekit_url or parts.settings.livekit.url
    return VisitorToken(token=made.token, url=url, longest_call_s=longest_call_s)


def _address(request: Request) -> str:
    return request.client.host if request.client else ""
