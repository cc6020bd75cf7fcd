"""The health of the service and what it depends on."""

from __future__ import annotations

from fastapi import Request

from operators.api.route_guards import OurParts, open_router
from operators.api.schemas.problems import refuses
from operators.api.schemas.responses import Check, HealthReport
from operators.auth.gate import token_of

router = open_router()


@router.get(
    "/health",
    tags=["service"],
    operation_id="health",
    responses=refuses("token-unknown", "too-many-attempts", "store-trouble"),
)
async def health(request: Request, parts: OurParts) -> HealthReport:
    """Whether all is well. With a token, also each check and what to do. Up to a few seconds old."""
    token = token_of(request)
    if token is not None:
        await parts.gate.known(request, token)
    report = await parts.health.report()
    if token is None:
        return HealthReport(well=report.well)
    checks = [
        Check(check=one.check, verdict=one.verdict, detail=one.detail, advice=one.advice)
        for one in report.checks
    ]
    return HealthReport(well=report.well, checks=checks)
