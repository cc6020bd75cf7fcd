"""A person is called by telephone: on a real livekit-server, with real SIP phones at the other ends."""

from __future__ import annotations

import asyncio
import os
import signal
import time
import wave
from collections.abc import AsyncIterator
from pathlib import Path

import numpy as np
import pytest
import pytest_asyncio

from bench.phone.secrets import OURS, lead_to
from local.phone.softphone import Softphone, softphone
from persistence.phones import REASONS, Dial, DialState, Refer
from persistence.records import Call, CallEnd, HandoffState
from tests.phone.called_world import EXTENSION, LEAVES, PhoneWorld, phone_world
from tests.support.conversation import Conversation, conversation, until
from tests.support.running import busy_processes, new_process

pytestmark = pytest.mark.asyncio(loop_scope="session")

CANCELLED_WITHIN_S = 6.0
"""Long before it would stop ringing by itself, also on a busy machine."""
HOLD_S = 2.5
"""A voice that is missing for 1.5 s counts as lost (agents/call/person_holder.py), but no telephone's."""


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def world(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[PhoneWorld]:
    async with phone_world(tmp_path_factory.mktemp("phone")) as running:
        await lead_to(running.stack)
        yield running


async def is_told(world: PhoneWorld, talk: Conversation, number: int, outcome: DialState) -> None:
    """The `number`-th handoff of the call ends with this outcome, and the front desk says so."""
    said = len(await talk.turns())
    await world.hands_over(talk)
    dial = await world.dial_in(talk, outcome, number=number)
    row = await talk.handoff(HandoffState.DECLINED, number=number)
    (attempt,) = await world.store.attempts(row.id)
    assert attempt.reason == REASONS[outcome]
    await world.nobody_is_left(dial.call_id)
    await goes_on(talk, said)


async def goes_on(talk: Conversation, said: int) -> None:
    """The front desk has told the caller what became of a handoff. `said`: the turns before it."""

    async def told() -> bool:
        return len(await talk.turns()) >= said + 2  # the hold line, and what became of it

    await until(told, "words after a handoff that did not happen")
    await talk.listens()


@pytest.mark.fault("T1")
@pytest.mark.fault("T2")
@pytest.mark.fault("T3")
async def test_a_person_is_called_until_one_accepts_and_talks_through_a_hold(world: PhoneWorld) -> None:
    """Busy, a wrong number, a cancelled handoff, then an answer by a menu, key 1, a hold, and the end."""
    phone = world.phone
    async with conversation(world.stack) as talk:
        await talk.is_greeted()
        for number, (code, outcome) in enumerate(
            [(486, DialState.BUSY), (404, DialState.WRONG_NUMBER)], start=1
        ):
            await phone.refuses(code)
            await is_told(world, talk, number, outcome)

        await phone.rings_on()
        said = len(await talk.turns())
        row = await world.hands_over(talk)
        await world.dial_in(talk, DialState.RINGING, number=3)
        asked_at = time.monotonic()
        await world.cancels(row)
        ended = await phone.until("ended", times=3)
        assert ended.more["code"] == 487
        assert ended.at - asked_at < CANCELLED_WITHIN_S
        await world.dial_in(talk, DialState.CANCELLED, number=3)
        await world.nobody_is_left(row.call_id)
        await goes_on(talk, said)

        await phone.answers()
        await world.hands_over(talk)
        await world.dial_in(talk, DialState.ANSWERED, number=4)
        assert phone.keys == EXTENSION.strip("w"), "the extension, before anybody is spoken to"
        await world.accepts(row.call_id)
        await talk.handoff(HandoffState.COMPLETED, number=4)
        await world.dial_in(talk, DialState.ACCEPTED, number=4)
        assert len(phone.all("invited")) == 4, "each dial is one INVITE"
        assert (await talk.call()).holder_role == "on-call"

        await phone.hold()
        await asyncio.sleep(HOLD_S)
        await phone.take_back()
        assert len(phone.all("ended")) == 3, "a hold ends nothing"
        assert "on-call" not in {turn.speaker for turn in await talk.turns()}, "nor is anybody missed"
        await phone.hang_up()
        call = await talk.ended()
        assert [dial.state for dial in await world.store.dials(call.id)][-1] is DialState.TALKED
        await world.nobody_is_left(call.id)


@pytest.mark.long
@pytest.mark.fault("T1")
@pytest.mark.parametrize(
    ("code", "outcome"),
    [
        (480, DialState.UNREACHABLE),
        (403, DialState.TRUNK_REFUSED),
        (488, DialState.UNREACHABLE),
        (500, DialState.UNREACHABLE),
        (503, DialState.UNREACHABLE),
        (600, DialState.BUSY),
        (603, DialState.DECLINED),
    ],
)
async def test_each_refusal_is_told_apart(world: PhoneWorld, code: int, outcome: DialState) -> None:
    await world.phone.refuses(code, 0.5)
    async with conversation(world.stack) as talk:
        await talk.is_greeted()
        await is_told(world, talk, 1, outcome)


@pytest.mark.long
@pytest.mark.fault("T4")
async def test_a_telephone_that_nobody_answers_stops_ringing(world: PhoneWorld) -> None:
    await world.phone.rings_on()
    async with conversation(world.stack) as talk:
        await talk.is_greeted()
        await is_told(world, talk, 1, DialState.NO_ANSWER)


@pytest.mark.long
@pytest.mark.fault("T5")
async def test_a_telephone_that_is_answered_and_put_down_gets_no_caller(world: PhoneWorld) -> None:
    await world.phone.answers(0.5, hangs_up_after_s=0.5)
    async with conversation(world.stack) as talk:
        await talk.is_greeted()
        await is_told(world, talk, 1, DialState.HUNG_UP)


@pytest.mark.long
@pytest.mark.fault("T6")
async def test_a_telephone_that_is_answered_and_silent_gets_no_caller(world: PhoneWorld) -> None:
    await world.phone.answers()
    async with conversation(world.stack) as talk:
        await talk.is_greeted()
        await is_told(world, talk, 1, DialState.SILENT)


@pytest.mark.long
@pytest.mark.fault("T7")
async def test_a_caller_who_hangs_up_while_it_rings_is_rung_for_no_more(world: PhoneWorld) -> None:
    phone = world.phone
    before = len(phone.all("ended"))
    await phone.rings_on()
    async with conversation(world.stack) as talk:
        await talk.is_greeted()
        await world.hands_over(talk)
        await world.dial_in(talk, DialState.RINGING)
        call = await talk.call()
        await talk.caller.hang_up()
        ended = await phone.until("ended", times=before + 1)
        assert ended.more["code"] == 487
        await world.nobody_is_left(call.id)
        assert [dial.state for dial in await world.store.dials(call.id)] == [DialState.CANCELLED]


@pytest.mark.long
@pytest.mark.fault("T8")
async def test_a_mailboxs_beep_ends_the_call_and_nobody_is_bridged(world: PhoneWorld, tmp_path: Path) -> None:
    await world.phone.answers()
    async with conversation(world.stack) as talk:
        await talk.is_greeted()
        await world.hands_over(talk)
        await world.dial_in(talk, DialState.ANSWERED)
        await world.phone.play(a_beep(tmp_path / "beep.wav"))
        await world.dial_in(talk, DialState.MACHINE)
        await talk.handoff(HandoffState.DECLINED)
        await talk.is_told("nobody answers the telephone")


@pytest.mark.long
@pytest.mark.fault("T10")
async def test_a_proxy_that_is_killed_while_it_rings_leaves_no_telephone_ringing(world: PhoneWorld) -> None:
    phone = world.phone
    before = len(phone.all("ended"))
    await phone.rings_on()
    async with conversation(world.stack) as talk:
        await talk.is_greeted()
        known = busy_processes(world.stack)
        await world.hands_over(talk)
        await world.dial_in(talk, DialState.RINGING)
        os.kill(await new_process(world.stack, known), signal.SIGKILL)
        await phone.until("ended", times=before + 1, limit_s=30)
        dial = await world.dial_in(talk, DialState.CANCELLED)
        await world.nobody_is_left(dial.call_id)
        assert len(await world.dials(talk)) == 1


@pytest.mark.long
@pytest.mark.fault("T11")
async def test_a_proxy_that_is_killed_in_the_talk_is_a_gap_to_both_and_no_hang_up(world: PhoneWorld) -> None:
    phone = world.phone
    before = len(phone.all("ended"))
    await phone.answers()
    async with conversation(world.stack) as talk:
        await talk.is_greeted()
        known = busy_processes(world.stack)
        await world.hands_over(talk)
        await world.dial_in(talk, DialState.ANSWERED)
        await world.accepts((await talk.call()).id)
        row = await talk.handoff(HandoffState.COMPLETED)
        os.kill(await new_process(world.stack, known), signal.SIGKILL)

        async def another_has_it() -> bool:
            return (await talk.call()).holder_job != row.target_job

        await until(another_has_it, "another process in the talk")
        assert (await talk.call()).holder_role == "on-call"
        assert len(phone.all("ended")) == before
        await talk.is_told("cut off")
        await phone.hang_up()
        call = await talk.ended()
        (dial,) = await world.store.dials(call.id)
        assert dial.state is DialState.TALKED
        await world.nobody_is_left(call.id)


async def is_accepted(world: PhoneWorld, caller: Softphone) -> Call:
    """The caller calls in, is handed over, and the person called presses 1."""
    known = {call.id for call in await world.store.calls()}
    await caller.call(OURS, world.network.address)

    async def greeted() -> Call | None:
        for call in await world.store.calls(is_open=True):
            if call.id not in known and await world.store.turns(call.id):
                return call
        return None

    call = await until(greeted, "a caller by telephone who is greeted")
    await world.hands_over_call(call.id, to=LEAVES)
    await dial_of(world, call, lambda dial: dial.state is DialState.ANSWERED)
    await world.accepts(call.id)
    return call


async def dial_of(world: PhoneWorld, call: Call, fits: object) -> Dial:
    async def look() -> Dial | None:
        return next((dial for dial in await world.store.dials(call.id) if fits(dial)), None)  # type: ignore[operator]

    return await until(look, "the dial of the person who is called")


async def ended(world: PhoneWorld, call: Call) -> Call:
    async def look() -> Call | None:
        row = await world.store.call(call.id)
        return row if row is not None and row.ended_how is not None else None

    return await until(look, "the call's end")


@pytest.mark.fault("T28")
async def test_a_caller_whose_provider_refuses_stays_and_is_bridged_and_another_leaves(
    world: PhoneWorld,
) -> None:
    phone = world.phone
    async with softphone("+15550101") as caller:
        await phone.answers()
        await caller.takes_transfers(603)
        call = await is_accepted(world, caller)
        await dial_of(world, call, lambda dial: dial.refer is Refer.REFUSED)
        await until(lambda: bridged(world), "a caller who could not leave with the person")
        assert not caller.all("ended"), "the call stays up"
        await phone.hang_up()
        assert (await ended(world, call)).ended_how is CallEnd.GOODBYE
        await caller.until("ended")
        await world.nobody_is_left(call.id)

        invited = len(phone.all("invited"))
        await caller.takes_transfers(202)
        call = await is_accepted(world, caller)
        await dial_of(world, call, lambda dial: dial.refer is Refer.LEFT)
        assert (await ended(world, call)).ended_how is CallEnd.TRANSFERRED
        assert len(phone.all("invited")) == invited + 2, "ours, and the caller's own"
        await world.nobody_is_left(call.id)
        with_ours = len(phone.all("ended"))
        await caller.hang_up()
        await phone.until("ended", times=with_ours + 1)


async def bridged(world: PhoneWorld) -> bool:
    """The store has no row for it: until then, a person who hangs up gives the caller back."""
    return "a caller who could not leave is bridged" in world.stack.worker.log.read_text()


@pytest.mark.long
@pytest.mark.fault("T9")
async def test_a_gateway_that_dies_while_it_rings_gives_the_caller_back(world: PhoneWorld) -> None:
    """The last one: nobody tells the telephone that it should stop ringing."""
    await world.phone.rings_on()
    async with conversation(world.stack) as talk:
        await talk.is_greeted()
        await world.hands_over(talk)
        await world.dial_in(talk, DialState.RINGING)
        await world.network.gateway.kill()
        try:
            await talk.handoff(HandoffState.DECLINED)
            (dial,) = await world.dials(talk)
            assert dial.state in {DialState.UNREACHABLE, DialState.NO_ANSWER}
        finally:
            await world.network.gateway.start()


def a_beep(wav: Path) -> Path:
    """A second of a pure tone."""
    rate = 8_000
    samples = 12_000 * np.sin(2 * np.pi * 1_000 * np.arange(rate) / rate)
    with wave.open(str(wav), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(samples.astype(np.int16).tobytes())
    return wav
