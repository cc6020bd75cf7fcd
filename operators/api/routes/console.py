"""The console's pages. They hold no data; they fetch it with a token."""

from __future__ import annotations

from typing import Annotated

from fastapi import Header, Response

from operators.api.console_files import PageFile
from operators.api.route_guards import OurParts, open_router
from operators.refused import Refused

router = open_router()

KnownTag = Annotated[str | None, Header(alias="If-None-Match")]


@router.api_route("/", methods=["GET", "HEAD"], include_in_schema=False)
async def console(parts: OurParts, known: KnownTag = None) -> Response:
    return answer_with(parts.pages.get("index.html"), known)


@router.api_route("/caller", methods=["GET", "HEAD"], include_in_schema=False)
async def caller(parts: OurParts, known: KnownTag = None) -> Response:
    return answer_with(parts.pages.get("caller.html"), known)


# Not /desk: that is the API's, as /calls and /handoffs are.
@router.api_route("/desk.html", methods=["GET", "HEAD"], include_in_schema=False)
async def desk(parts: OurParts, known: KnownTag = None) -> Response:
    return answer_with(parts.pages.get("desk.html"), known)


@router.api_route("/static/{path:path}", methods=["GET", "HEAD"], include_in_schema=False)
async def static(parts: OurParts, path: str, known: KnownTag = None) -> Response:
    return answer_with(parts.pages.get(path), known)


def answer_with(file: PageFile | None, known: str | None) -> Response:
    """Return the file, or 304 if the browser already has it. Raises: Refused, if there is no such file."""
    if file is None:
        raise Refused("unknown-page", "there is no such file")
    headers = {"ETag": file.tag, "Cache-Control": "no-cache"}
    if known == file.tag:
        return Response(status_code=304, headers=headers)
    return Response(file.content, headers=headers, media_type=file.media_type)
