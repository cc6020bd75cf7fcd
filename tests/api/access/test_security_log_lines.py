"""Each act of an operator at the service is a line of the security log, without words, numbers or tokens."""

from __future__ import annotations

import json
import logging
from dataclasses import replace

import pytest

from operators.auth.security_log import LOGGER, Happened
from persistence.records import CALLER, CallEnd
from tests.contract.building import HOLDER, START, a_call
from tests.support.api.desk import ADDRESS, ANNA, VERA, Desk

NUMBER, WORDS = "+49 170 1234567", "the red parrot bites"


async def test_finding_8_who_comes_in_reads_listens_takes_out_and_is_refused_is_told(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, LOGGER)
    call = replace(a_call(room="room-1"), caller_number=NUMBER)
    await desk.store.open_call(call)
    await desk.store.append_turn(call.id, CALLER, WORDS, started_at=START, ended_at=START)

    await desk.nobody.post("/session", json={"token": desk.tokens[ANNA]})
    await desk.nobody.delete("/session", headers={"Origin": ADDRESS})
    await desk.nobody.get("/me", headers={"Authorization": "Bearer a-guess-of-somebody"})
    await desk.vera.get(f"/calls/{call.id}")
    await desk.vera.post("/tokens", json={"kind": "listener", "room": "room-1"})
    await desk.vera.post("/people/forget", json={"caller": NUMBER})
    await desk.anna.get("/handoffs.csv")
    await desk.anna.post("/people/export", json={"caller": NUMBER})
    await desk.store.end_call(call.id, CallEnd.GOODBYE, job=HOLDER, at=START)
    await desk.anna.post("/people/forget", json={"caller": NUMBER})

    lines = [record.getMessage() for record in caplog.records if record.name == LOGGER]
    told = [json.loads(line) for line in lines]
    assert [(one["event"], one["by"]) for one in told] == [
        (Happened.SIGN_IN, ANNA),
        (Happened.SIGN_OUT, ANNA),
        (Happened.GUESS, ""),
        (Happened.TRANSCRIPT_READ, VERA),
        (Happened.LISTENING, VERA),
        (Happened.REFUSAL, VERA),
        (Happened.EXPORT, ANNA),
        (Happened.EXPORT, ANNA),
        (Happened.ERASURE, ANNA),
    ]
    secrets = {NUMBER, "1234567", WORDS, "a-guess-of-somebody", *desk.tokens.values()}
    assert not [line for line in lines for secret in secrets if secret in line]
