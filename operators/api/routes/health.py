"""Whether all is well."""

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
    """Whether all is well; with a token, also what is not, and what to do. As of a few seconds ago."""
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
