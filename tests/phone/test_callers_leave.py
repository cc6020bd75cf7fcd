"""A caller by telephone leaves for a person's telephone, after their yes or blindly; or cannot leave."""

from __future__ import annotations

import os
import signal

import pytest

from bench.phone.secrets import OURS, files_with
from local.phone.softphone import Softphone, softphone
from persistence.phones import REASONS, Dial, DialState, Refer
from persistence.records import Call, CallEnd, HandoffId
from tests.phone.called_world import LEAVES, SENDS, PhoneWorld
from tests.support.conversation import until
from tests.support.running import busy_processes, new_process
from transfer.states import TERMINAL

pytestmark = pytest.mark.asyncio(loop_scope="session")

PERSONS_KEYS, CALLERS_KEYS = "40w719283#", "*592836174"


async def calls_in(world: PhoneWorld, caller: Softphone) -> Call:
    """Call by telephone. Returns the call once the front desk has greeted the caller."""
    known = {call.id for call in await world.store.calls()}
    await caller.call(OURS, world.network.address)

    async def greeted() -> Call | None:
        for call in await world.store.calls(is_open=True):
            if call.id not in known and await world.store.turns(call.id):
                return call
        return None

    return await until(greeted, "a caller by telephone who is greeted")


async def is_accepted(world: PhoneWorld, caller: Softphone) -> Call:
    """Let the caller call in and be handed over, and let the called person press 1."""
    call = await calls_in(world, caller)
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


async def keys_reach_one_telephone(world: PhoneWorld, call: Call, caller: Softphone) -> None:
    """Check that keys for one telephone are heard only there, and are in no file of the stack."""
    before = {phone: phone.keys for phone in (world.phone, caller)}
    await world.presses(call.id, PERSONS_KEYS, "person")
    await world.presses(call.id, CALLERS_KEYS, "caller")
    assert world.phone.keys == before[world.phone] + PERSONS_KEYS.replace("w", "")
    assert caller.keys == before[caller] + CALLERS_KEYS
    assert files_with(world.folder, [PERSONS_KEYS, CALLERS_KEYS]) == []


@pytest.mark.fault("T28")
@pytest.mark.fault("T32")
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
        await keys_reach_one_telephone(world, call, caller)
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


async def bridged(world: PhoneWorld, before: int = 0) -> bool:
    """Whether a caller is bridged, from the log: no row says so. Before, a hang-up gives the caller back."""
    return world.stack.worker.log.read_text().count("a caller who could not leave is bridged") > before


@pytest.mark.long
@pytest.mark.fault("T28")
@pytest.mark.parametrize(("code", "refer"), [(486, Refer.BUSY), (603, Refer.REFUSED), (404, Refer.REFUSED)])
async def test_a_caller_whom_the_persons_telephone_refuses_is_bridged(
    world: PhoneWorld, code: int, refer: Refer
) -> None:
    """The caller's provider accepts the transfer, rings the person, and reports the result by NOTIFY."""
    phone = world.phone
    before = world.stack.worker.log.read_text().count("a caller who could not leave is bridged")
    async with softphone("+15550101") as caller:
        await phone.answers()
        call = await calls_in(world, caller)
        await world.hands_over_call(call.id, to=LEAVES)
        await dial_of(world, call, lambda dial: dial.state is DialState.ANSWERED)
        await phone.refuses(code)  # the second call
        await world.accepts(call.id)
        await dial_of(world, call, lambda dial: dial.refer is refer)
        await until(lambda: bridged(world, before), "a caller who could not leave with the person")
        assert not caller.all("ended")[1:], "their own call to the person alone"
        await phone.hang_up()
        assert (await ended(world, call)).ended_how is CallEnd.GOODBYE
        await world.nobody_is_left(call.id)


@pytest.mark.long
@pytest.mark.fault("T28")
async def test_a_proxy_that_is_killed_while_a_caller_leaves_is_a_gap_to_both(world: PhoneWorld) -> None:
    phone = world.phone
    async with softphone("+15550101") as caller:
        await phone.answers()
        call = await calls_in(world, caller)
        known = busy_processes(world.stack)
        await world.hands_over_call(call.id, to=LEAVES)
        await dial_of(world, call, lambda dial: dial.state is DialState.ANSWERED)
        await phone.rings_on()
        await world.accepts(call.id)
        await dial_of(world, call, lambda dial: dial.refer is Refer.ASKED)
        lost = (await row_of(world, call)).holder_job
        os.kill(await new_process(world.stack, known), signal.SIGKILL)

        async def another_has_it() -> bool:
            row = await row_of(world, call)
            return row.holder_job != lost and row.holder_role == LEAVES

        await until(another_has_it, "another process between the two")
        await is_told_by(world, call, "cut off")
        await phone.hang_up()
        assert (await ended(world, call)).ended_how is CallEnd.GOODBYE
        (dial,) = await world.store.dials(call.id)
        assert (dial.state, dial.refer) == (DialState.TALKED, Refer.ASKED)
        await world.nobody_is_left(call.id)


@pytest.mark.fault("T33")
async def test_a_caller_is_sent_to_a_number_at_once_and_stays_while_it_is_busy(world: PhoneWorld) -> None:
    """Nobody is asked first, and no call of ours rings the person."""
    phone = world.phone
    invited = len(phone.all("invited"))
    async with softphone("+15550101") as caller:
        await phone.refuses(486, 0.3)
        call = await calls_in(world, caller)
        await world.hands_over_call(call.id, to=SENDS)
        dial = await dial_of(world, call, lambda dial: dial.state is DialState.BUSY)
        assert dial.refer is Refer.BUSY
        (asked,) = caller.all("referred")
        assert asked.more["headers"]["Diversion"] == f"<sip:{OURS}@provider>"
        await is_told_by(world, call, "on another call")
        assert (await row_of(world, call)).holder_role == "front-desk"

        await phone.answers()
        await world.hands_over_call(call.id, to=SENDS)
        await dial_of(world, call, lambda dial: dial.refer is Refer.LEFT)
        assert (await ended(world, call)).ended_how is CallEnd.TRANSFERRED
        assert len(phone.all("invited")) == invited + 2, "the caller's own calls alone"
        await world.nobody_is_left(call.id)
        over = len(phone.all("ended"))
        await caller.hang_up()
        await phone.until("ended", times=over + 1)


@pytest.mark.long
@pytest.mark.fault("T33")
@pytest.mark.parametrize(
    ("code", "outcome"),
    [(603, DialState.DECLINED), (404, DialState.WRONG_NUMBER), (480, DialState.UNREACHABLE)],
)
async def test_what_came_of_the_number_that_a_caller_was_sent_to_is_told_apart(
    world: PhoneWorld, code: int, outcome: DialState
) -> None:
    async with softphone("+15550101") as caller:
        await world.phone.refuses(code, 0.3)
        call = await calls_in(world, caller)
        row = await world.hands_over_call(call.id, to=SENDS)
        dial = await dial_of(world, call, lambda dial: dial.state is outcome)
        assert dial.refer is Refer.REFUSED
        await reason_of(world, row.id, REASONS[outcome])
        assert not caller.all("ended")[1:], "their own call to the person alone"
        await caller.hang_up()
        await ended(world, call)


@pytest.mark.long
@pytest.mark.fault("T33")
async def test_a_provider_that_transfers_nobody_leaves_the_caller_with_the_desk(world: PhoneWorld) -> None:
    async with softphone("+15550101") as caller:
        await caller.takes_transfers(603)
        invited = len(world.phone.all("invited"))
        call = await calls_in(world, caller)
        row = await world.hands_over_call(call.id, to=SENDS)
        await dial_of(world, call, lambda dial: dial.refer is Refer.REFUSED)
        await reason_of(world, row.id, REASONS[DialState.DECLINED])
        assert len(world.phone.all("invited")) == invited
        await caller.hang_up()
        await ended(world, call)


@pytest.mark.long
@pytest.mark.fault("T33")
async def test_a_telephone_that_rings_on_gives_the_caller_back(world: PhoneWorld) -> None:
    async with softphone("+15550101") as caller:
        await world.phone.rings_on()
        call = await calls_in(world, caller)
        row = await world.hands_over_call(call.id, to=SENDS)
        dial = await dial_of(world, call, lambda dial: dial.state is DialState.NO_ANSWER)
        assert dial.refer is Refer.FAILED
        await reason_of(world, row.id, REASONS[DialState.NO_ANSWER])
        await caller.hang_up()
        await ended(world, call)


@pytest.mark.long
@pytest.mark.fault("T33")
@pytest.mark.parametrize("whose", ["target", "holder"])
async def test_a_process_that_is_killed_while_a_caller_is_sent_away_has_nobody_rung_twice(
    world: PhoneWorld, whose: str
) -> None:
    """The caller stays with a desk. The transfer's result is unknown, and the row says so."""
    invited = len(world.phone.all("invited"))
    async with softphone("+15550101") as caller:
        await world.phone.rings_on()
        before = busy_processes(world.stack)
        call = await calls_in(world, caller)
        holder = await new_process(world.stack, before)
        known = busy_processes(world.stack)
        row = await world.hands_over_call(call.id, to=SENDS)
        await dial_of(world, call, lambda dial: dial.refer is Refer.ASKED)
        os.kill(await new_process(world.stack, known) if whose == "target" else holder, signal.SIGKILL)

        async def is_over() -> bool:
            found = await world.store.handoff(row.id)
            return found is not None and found.state in TERMINAL

        await until(is_over, "the handoff's end")
        assert (await row_of(world, call)).ended_how is None
        assert len(world.phone.all("invited")) == invited + 1
        assert Refer.ASKED in {dial.refer for dial in await world.store.dials(call.id)}
        await caller.hang_up()
        await world.phone.hang_up()
        await ended(world, call)
        await world.nobody_is_left(call.id)


async def row_of(world: PhoneWorld, call: Call) -> Call:
    row = await world.store.call(call.id)
    assert row is not None
    return row


async def is_told_by(world: PhoneWorld, call: Call, words: str) -> None:
    """Wait until the desk has told the caller."""

    async def told() -> bool:
        return any(words in turn.text for turn in await world.store.turns(call.id))

    await until(told, f"a turn with {words!r}")


async def reason_of(world: PhoneWorld, handoff: HandoffId, reason: str) -> None:
    """Wait until the handoff's attempt has ended for this reason."""

    async def ended_so() -> bool:
        return any(attempt.reason == reason for attempt in await world.store.attempts(handoff))

    await until(ended_so, f"an attempt that says {reason!r}")
