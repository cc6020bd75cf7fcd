"""Problem documents (RFC 9457): one kind for each thing that can go wrong."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fastapi import Response
from pydantic import BaseModel, ConfigDict, Field

from operators.refused import Refused

MEDIA_TYPE = "application/problem+json"


@dataclass(frozen=True, slots=True)
class Kind:
    status: int
    title: str


KINDS: Mapping[str, Kind] = {
    # Authorization
    "token-missing": Kind(401, "A token is needed"),
    "token-unknown": Kind(401, "This token is not known"),
    "token-expired": Kind(401, "This token has expired"),
    "session-over": Kind(401, "The session is over"),
    "signed-in-already": Kind(409, "Somebody else is signed in here"),
    "too-many-attempts": Kind(429, "Too many attempts with tokens that are not known"),
    "right-missing": Kind(403, "The token lacks a right"),
    "limit-reached": Kind(429, "This operator has reached a limit"),
    "foreign-origin": Kind(403, "The request comes from another page"),
    "identity-refused": Kind(403, "The company's sign-in cannot be taken"),
    "identity-without-rights": Kind(403, "This identity has no rights here"),
    "provider-out-of-reach": Kind(502, "The company's sign-in does not answer"),
    # The call page, which anybody may use
    "too-many-calls": Kind(429, "Too many calls from this address"),
    "lines-busy": Kind(503, "All lines are busy"),
    # The request
    "unknown-host": Kind(421, "The service is not reached under this name"),
    "unknown-page": Kind(404, "There is nothing at this address"),
    "method-not-allowed": Kind(405, "This cannot be done to this address"),
    "not-valid": Kind(422, "The request is not valid"),
    "cursor-unknown": Kind(422, "This cursor was not given out here"),
    "body-too-large": Kind(413, "The body is too large"),
    # Its subject; the acts raise their own errors for these
    "unknown-call": Kind(404, "There is no such call"),
    "unknown-handoff": Kind(404, "There is no such handoff"),
    "unknown-caller": Kind(404, "Nothing is stored about this caller"),
    "unknown-room": Kind(404, "There is no such room"),
    "call-over": Kind(409, "The call is over"),
    "no-open-call": Kind(409, "There is no open call in this room"),
    "room-taken": Kind(409, "This room is not for another caller"),
    "no-call-back": Kind(409, "Nobody has to call this caller back"),
    "handoff-open": Kind(409, "A handoff is already open"),
    "handoffs-spent": Kind(409, "The call has had all its handoffs"),
    "on-hold": Kind(409, "The caller is on hold"),
    "in-line": Kind(409, "The caller waits in line"),
    "not-on-hold": Kind(409, "The caller is not on hold"),
    "supervised": Kind(409, "Another supervisor is heard in this call"),
    "not-listening": Kind(409, "You do not listen to this call"),
    "several-callers": Kind(409, "This could be several callers"),
    "on-legal-hold": Kind(409, "The call is under legal hold"),
    "no-legal-hold": Kind(409, "The call is under no legal hold"),
    "not-recorded": Kind(409, "The recording is not in a state in which this can be done"),
    "no-recording": Kind(404, "There is no such recording"),
    "no-such-range": Kind(416, "The recording has no such part"),
    "recording-out-of-reach": Kind(503, "The recordings cannot be read here"),
    "already-removed": Kind(409, "What was said is gone"),
    "unknown-offer": Kind(404, "There is no such offer"),
    "offer-over": Kind(409, "The offer can no longer be answered this way"),
    "unknown-message": Kind(404, "There is no such message"),
    "message-moved": Kind(409, "The message is already in this state, or somebody else has it"),
    "second-person": Kind(409, "Another person is in this talk, or is asked in"),
    "nobody-else": Kind(409, "Nobody else has the caller"),
    "not-available-yet": Kind(409, "The person cannot be available yet"),
    "no-presence": Kind(404, "The person has not been at a desk"),
    "code-unknown": Kind(422, "The role has no such code"),
    "stale-state": Kind(409, "The handoff is not in a state in which this can be done"),
    "target-not-allowed": Kind(422, "This role cannot be chosen"),
    "person-not-allowed": Kind(422, "This person cannot be chosen"),
    "words-refused": Kind(422, "These words cannot be taken"),
    "keys-refused": Kind(422, "These keys cannot be pressed"),
    "keys-not-sent": Kind(409, "The keys were not sent"),
    # The environment
    "livekit-out-of-reach": Kind(502, "LiveKit does not answer"),
    "store-trouble": Kind(503, "The store does not answer"),
    "not-ready": Kind(503, "The service is not ready yet"),
    "our-mistake": Kind(500, "Something went wrong in the service"),
}


class Problem(BaseModel):
    """A problem document. `type` names its kind; some kinds have further members."""

    model_config = ConfigDict(extra="allow")

    type: str = Field(
        description="urn:baton:problem: followed by the kind", examples=["urn:baton:problem:call-over"]
    )
    title: str
    status: int
    detail: str = Field(description="what is wrong, and how to fix it")


def problem(refused: Refused) -> Response:
    """Return the answer to a refused request."""
    kind = KINDS[refused.kind]
    document: dict[str, Any] = {
        "type": f"urn:baton:problem:{refused.kind}",
        "title": kind.title,
        "status": kind.status,
        "detail": refused.detail,
        **refused.extras,
    }
    # In ASCII: the request may contain lone surrogates, which no encoding can write.
    return Response(json.dumps(document), kind.status, refused.headers, MEDIA_TYPE)


def refuses(*kinds: str) -> dict[int | str, dict[str, Any]]:
    """Return the OpenAPI responses for a route's refusals."""
    by_status: dict[int | str, list[str]] = {}
    for name in kinds:
        by_status.setdefault(KINDS[name].status, []).append(name)
    content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {
        status: {
            "description": "; ".join(f"`{name}`: {KINDS[name].title}" for name in names),
            "content": content,
        }
        for status, names in by_status.items()
    }
