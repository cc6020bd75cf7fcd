"""The roster."""

from __future__ import annotations

from operators.api.route_guards import OurParts, watching_router
from operators.api.schemas.responses import RoleSeen

router = watching_router("roster")


@router.get("/roster", operation_id="roster")
async def roster(parts: OurParts) -> list[RoleSeen]:
    """List the roles that can take calls, from the roster's files."""
    by_name = parts.roster.at_desks
    return [
        RoleSeen(
            role=role.id,
            name=role.name,
            voice=role.voice,
            transfers_to=list(role.transfers_to),
            greeting=role.greeting,
            people=list(by_name.get(role.id, ())),
        )
        for role in parts.roster.roles.values()
    ]
