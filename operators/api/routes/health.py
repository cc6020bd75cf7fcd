"""The health of the service and what it depends on."""

from __future__ import annotations

from fastapi import Request

from operators.api.route_guards import OurParts, open_router
from operators.api.schemas.problems import refuses
from operators.api.schemas.responses import Check, HealthReport
from operators.auth.gate import bearer_of, cookie_of
from operators.doctor.finding import Verdict
from persistence.access import Right

router = open_router()


@router.get(
    "/health",
    tags=["service"],
    operation_id="health",
    responses=refuses(
        "token-unknown", "token-expired", "session-over", "too-many-attempts", "store-trouble", "not-ready"
    ),
)
async def health(request: Request, parts: OurParts) -> HealthReport:
    """Report whether all is well, and which checks are not.

    With the right `read`, the report also has each check's details and advice. It may be a few seconds old.
    While the service waits for its store, every address answers `not-ready`.
    """
    is_known = bool(bearer_of(request) or cookie_of(request))
    reads = is_known and Right.READ in (await parts.gate.who(request)).rights
    report = await parts.health.report()
    wrong = [one.check for one in report.checks if one.verdict is Verdict.WRONG]
    if not reads:
        return HealthReport(well=report.well, wrong=wrong)
    checks = [
        Check(check=one.check, verdict=one.verdict, detail=one.detail, advice=one.advice)
        for one in report.checks
    ]
    return HealthReport(well=report.well, wrong=wrong, checks=checks)
