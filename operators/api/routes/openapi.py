"""The OpenAPI document."""

from __future__ import annotations

from typing import Any

from fastapi import Request

from operators.api.route_guards import known_router

router = known_router("service")


@router.get("/openapi.json", operation_id="openapi")
async def openapi(request: Request) -> dict[str, Any]:
    """Show this document."""
    document = request.app.openapi()
    assert isinstance(document, dict)
    return document
