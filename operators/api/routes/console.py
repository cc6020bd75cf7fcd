"""The console's pages. They hold no data; they fetch it with a token."""

from __future__ import annotations

from typing import Annotated

from fastapi import Header, Response

from operators.api.resources import Parts
from operators.api.route_guards import OurParts, open_router
from operators.refused import Refused

router = open_router()

_KNOWN = Annotated[str | None, Header(alias="If-None-Match")]


@router.api_route("/", methods=["GET", "HEAD"], include_in_schema=False)
async def console(parts: OurParts, known: _KNOWN = None) -> Response:
    return _file(parts, "index.html", known)


@router.api_route("/caller", methods=["GET", "HEAD"], include_in_schema=False)
async def caller(parts: OurParts, known: _KNOWN = None) -> Response:
    return _file(parts, "caller.html", known)


@router.api_route("/static/{path:path}", methods=["GET", "HEAD"], include_in_schema=False)
async def static(parts: OurParts, path: str, known: _KNOWN = None) -> Response:
    return _file(parts, path, known)


def _file(parts: Parts, path: str, known: str | None) -> Response:
    """Raises: Refused."""
    file = parts.pages.get(path)
    if file is None:
        raise Refused("unknown-page", "the console has no such file")
    headers = {"ETag": file.tag, "Cache-Control": "no-cache"}
    if known == file.tag:
        return Response(status_code=304, headers=headers)
    return Response(file.content, headers=headers, media_type=file.media_type)
