"""A person is called by telephone: on a real livekit-server, with real SIP phones at the other ends."""

from __future__ import annotations

import asyncio
import os
import signal
import time
import wave
from pathlib import Path

import numpy as np
import pytest

from persistence.phones import REASONS, DialState
from persistence.records import HandoffState
from tests.phone.called_world import EXTENSION, PhoneWorld
from tests.support.conversation import Conversation, conversation, until
from tests.support.running import busy_processes, new_process

pytestmark = pytest.mark.asyncio(loop_scope="session")

CANCELLED_WITHIN_S = 6.0
"""Long before the telephone would stop ringing by itself, even on a busy machine."""
HOLD_S = 2.5
"""Longer than the 1.5 s after which a missing voice counts as lost (agents/call/person_holder.py); a
telephone's does not."""


async def is_told(world: PhoneWorld, talk: Conversation, number: int, outcome: DialState) -> None:
    """Check that the call's `number`-th handoff ends with this outcome, and that the front desk says so."""
    said = len(await talk.turns())
    await world.hands_over(talk)
    dial = await world.dial_in(talk, outcome, number=number)
    row = await talk.handoff(HandoffState.DECLINED, number=number)
    (attempt,) = await world.store.attempts(row.id)
    assert attempt.reason == REASONS[outcome]
    await world.nobody_is_left(dial.call_id)
    await goes_on(talk, said)


async def goes_on(talk: Conversation, said: int) -> None:
    """Wait until the front desk has said what became of a handoff. `said`: the number of turns before it."""

    async def told() -> bool:
        return len(await talk.turns()) >= said + 2  # the hold line, and the explanation

    await until(told, "words after a handoff that did not happen")
    await talk.listens()


@pytest.mark.fault("T1")
@pytest.mark.fault("T2")
@pytest.mark.fault("T3")
async def test_a_person_is_called_until_one_accepts_and_talks_through_a_hold(world: PhoneWorld) -> None:
    """Busy, a wrong number, a cancelled handoff, then an answer by a menu, key 1, a hold, and the end."""
    phone = world.phone
    invited, ended_before, keys_before = len(phone.all("invited")), len(phone.all("ended")), phone.keys
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
        ended = await phone.until("ended", times=ended_before + 3)
        assert ended.more["code"] == 487
        assert ended.at - asked_at < CANCELLED_WITHIN_S
        await world.dial_in(talk, DialState.CANCELLED, number=3)
        await world.nobody_is_left(row.call_id)
        await goes_on(talk, said)

        await phone.answers()
        await world.hands_over(talk)
        await world.dial_in(talk, DialState.ANSWERED, number=4)
        assert phone.keys == keys_before + EXTENSION.strip("w"), "the extension, before anybody is spoken to"
        await world.accepts(row.call_id)
        await talk.handoff(HandoffState.COMPLETED, number=4)
        await world.dial_in(talk, DialState.ACCEPTED, number=4)
        assert len(phone.all("invited")) == invited + 4, "each dial is one INVITE"
        assert (await talk.call()).holder_role == "on-call"

        await phone.hold()
        await asyncio.sleep(HOLD_S)
        await phone.take_back()
        assert len(phone.all("ended")) == ended_before + 3, "a hold ends nothing"
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
    await world.phone.answers(
        0.5, hangs_up_after_s=2.5
    )  # after its extension's keys: before them, it does not count as answered
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


@pytest.mark.long
@pytest.mark.fault("T9")
async def test_a_gateway_that_dies_while_it_rings_gives_the_caller_back(world: PhoneWorld) -> None:
    """The last test: nothing tells the telephone to stop ringing."""
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
    """Write a second of a pure tone."""
    rate = 8_000
    samples = 12_000 * np.sin(2 * np.pi * 1_000 * np.arange(rate) / rate)
    with wave.open(str(wav), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(samples.astype(np.int16).tobytes())
    return wav
