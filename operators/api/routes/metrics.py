"""Metrics for Prometheus."""

from __future__ import annotations

from fastapi import Response

from operators.api.route_guards import OurParts, metrics_router

router = metrics_router("service")

_TEXT = "text/plain; version=0.0.4; charset=utf-8"


@router.get(
    "/metrics",
    operation_id="metrics",
    response_class=Response,
    responses={200: {"content": {"text/plain": {"schema": {"type": "string"}}}}},
)
async def metrics(parts: OurParts) -> Response:
    """Show the metrics in Prometheus's text format. Scrape with a token that holds only `metrics`."""
    return Response(await parts.metrics.page(), media_type=_TEXT)
