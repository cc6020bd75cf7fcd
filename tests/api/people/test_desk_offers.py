"""What a person reads while an offer rings, and the token for their own room."""

from __future__ import annotations

import logging

import httpx
import jwt
import pytest

from operators.auth.security_log import LOGGER, Happened
from persistence.records import CALLER
from tests.api.people.test_desk import ANNA, BEN, available, ben, desk, rung
from tests.support.api.desk import Desk, problem
from transfer.desk_protocol import person_in, room_of

__all__ = ["ben", "desk"]  # fixtures
LIFE_S = 60


async def test_the_card_tells_what_it_is_about_to_whom_it_rings_and_to_nobody_else(
    desk: Desk,
    ben: httpx.AsyncClient,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO, LOGGER)
    await available(desk.anna)
    entry, (offer,) = await rung(desk, ANNA)
    for words in ("My <b>bill</b> is wrong.", "Twice."):
        at = desk.clock.at
        await desk.store.append_turn(offer.call_id, CALLER, words, started_at=at, ended_at=at)
    card = (await desk.anna.get(f"/desk/offers/{offer.id}/card")).json()
    assert card["role"] == "the service team"
    assert [(turn["speaker"], turn["words"]) for turn in card["turns"]] == [
        ("", "My <b>bill</b> is wrong."),
        ("", "Twice."),
    ]
    assert card["waits_since"] == entry.started_at
    assert caplog.text.count(Happened.TRANSCRIPT_READ) == 1
    problem(await ben.get(f"/desk/offers/{offer.id}/card"), "unknown-offer")
    await desk.anna.post(f"/desk/offers/{offer.id}/decline", json={"reason": "lunch"})
    problem(await desk.anna.get(f"/desk/offers/{offer.id}/card"), "offer-over")


async def test_only_who_has_accepted_gets_a_token_and_it_opens_their_own_room_alone(
    desk: Desk,
    ben: httpx.AsyncClient,
) -> None:
    await available(desk.anna, ben)
    _, (annas, bens) = await rung(desk, ANNA, BEN)
    problem(await desk.anna.post(f"/desk/offers/{annas.id}/token"), "offer-over")
    await desk.anna.post(f"/desk/offers/{annas.id}/accept")
    problem(await ben.post(f"/desk/offers/{bens.id}/token"), "offer-over")
    problem(await ben.post(f"/desk/offers/{annas.id}/token"), "unknown-offer")
    made = await desk.anna.post(f"/desk/offers/{annas.id}/token")
    assert made.status_code == 201
    claims = jwt.decode(made.json()["token"], options={"verify_signature": False})
    assert claims["sub"] == person_in(annas.id)
    assert claims["video"] == {
        "roomJoin": True,
        "room": room_of(annas.id),
        "canPublish": True,
        "canSubscribe": True,
        "canPublishData": True,
        "canPublishSources": ["microphone"],
        "canUpdateOwnMetadata": False,
    }
    assert claims["exp"] - claims["nbf"] <= LIFE_S
