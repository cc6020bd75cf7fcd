"""An offer at a person's desk: the card to read while it rings, and the token for the person's own room."""

from __future__ import annotations

from pydantic import BaseModel, Field

from agents.roster.roster import Roster
from operators.acts.desk_card import card_of, own_offer
from operators.acts.room_tokens import persons_token
from operators.api.route_guards import OurParts, Who, desk_router
from operators.api.schemas.people import OfferPath
from operators.api.schemas.problems import refuses
from operators.api.schemas.requests import Nothing
from operators.refused import Refused
from persistence.people import OfferId, Person
from persistence.records import CALLER, OPERATOR, RoleName

router = desk_router("desk")


class SaidBefore(BaseModel):
    speaker: str = Field(description="a role's spoken name; empty: the caller")
    words: str


class SaidFact(BaseModel):
    name: str
    value: str
    source: str = Field(description="where the fact comes from; said: by people in the call")


class OfferCard(BaseModel):
    """What a person reads before they take the caller."""

    role: str = Field(description="the spoken name of the role that rings")
    back_to: str = Field(description="the spoken name of the role that hands over")
    matter: str
    mood: str
    facts: list[SaidFact]
    turns: list[SaidBefore] = Field(description="the last ones")
    waits_since: int = Field(description="when the caller began to wait, ms UTC")
    call_back: bool = Field(description="the caller is called back: they ring once it is accepted")
    asked_by: str | None = Field(
        description="who asks the person into a talk of theirs; null: a caller waits"
    )


class RoomAccess(BaseModel):
    token: str
    url: str = Field(description="address of livekit-server")


@router.get(
    "/desk/offers/{offer_id}/card",
    operation_id="show_offer_card",
    responses=refuses("unknown-offer", "offer-over", "not-valid"),
)
async def card(parts: OurParts, who: Who, offer_id: OfferPath) -> OfferCard:
    """Show what the call is about, while it rings at your desk or you have the caller."""
    found = await card_of(parts.context, Person(who.name), OfferId(offer_id))
    parts.gate.log.reads(who.name, who.key, call=found.offer.call_id)
    roster = parts.roster
    return OfferCard(
        role=_name(roster, found.offer.role),
        back_to=_name(roster, found.handoff.from_role) if found.handoff else "",
        matter=found.matter,
        mood=found.mood,
        facts=[SaidFact(name=name, value=value, source="said") for name, value in found.facts.items()],
        turns=[SaidBefore(speaker=_name(roster, turn.speaker), words=turn.text) for turn in found.turns],
        waits_since=found.waits_since,
        call_back=found.call_back,
        asked_by=found.asked_by,
    )


@router.post(
    "/desk/offers/{offer_id}/token",
    status_code=201,
    operation_id="join_own_room",
    responses=refuses("unknown-offer", "offer-over", "not-valid"),
)
async def token(parts: OurParts, who: Who, offer_id: OfferPath, body: Nothing | None = None) -> RoomAccess:
    """Get a token for your own room, once you have accepted the offer, until the talk is over."""
    offer = await own_offer(parts.context, Person(who.name), OfferId(offer_id))
    if any(OfferId(dial.id) == offer.id for dial in await parts.context.store.dials(offer.call_id)):
        raise Refused("offer-over", "this talk is on the telephone", taken_by=offer.person)
    if not offer.is_talk:
        raise Refused("offer-over", "accept it first; a talk that is over has no room", taken_by=None)
    url = parts.settings.console.livekit_url or parts.settings.livekit.url
    return RoomAccess(token=persons_token(parts.door, offer.id), url=url)


def _name(roster: Roster, speaker: str) -> str:
    if speaker in {CALLER, OPERATOR}:
        return "" if speaker == CALLER else "an operator"
    role = roster.roles.get(RoleName(speaker))
    return role.name if role else speaker
