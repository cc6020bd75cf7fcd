"""What livekit-server's SIP API reports of each call, by the test gateway and a real softphone (no Baton).

docs/phone.md has the table of outcomes on which the agents branch.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from livekit import api

from local.phone.softphone import softphone
from tests.phone.exchange import LINE, OUR_NUMBER, PHONE, UNRULED, Exchange
from tests.phone.recordings import CLEAN, PHONE_HZ, PHONE_RATE, ROOM_HZ, loudest, phone_tone
from tests.phone.witness import share_of, tone

pytestmark = pytest.mark.asyncio(loop_scope="session")

REJECTED, UNAVAILABLE, LEFT = "USER_REJECTED", "USER_UNAVAILABLE", "CLIENT_INITIATED"
STATUSES = ["dialing", "ringing", "automation", "active", "hangup"]
NOBODY = "127.0.0.1:9"
"""An address without a phone."""
LOOKS_S = 0.2
"""How long a phone rings before it refuses: livekit-server reports immediate departures only 3 s later."""


@pytest.mark.parametrize(
    ("code", "error", "reason"),
    [
        (403, "permission_denied", REJECTED),
        (404, "not_found", UNAVAILABLE),
        (408, "deadline_exceeded", UNAVAILABLE),
        (480, "resource_exhausted", UNAVAILABLE),
        (486, "resource_exhausted", REJECTED),
        (488, "invalid_argument", REJECTED),
        (500, "failed_precondition", LEFT),
        (503, "failed_precondition", LEFT),
        (600, "resource_exhausted", REJECTED),
        (603, "permission_denied", REJECTED),
    ],
)
async def test_a_refusal_has_its_sip_code(exchanged: Exchange, code: int, error: str, reason: str) -> None:
    await exchanged.phone.refuses(code, LOOKS_S)
    async with exchanged.watched() as room:
        with pytest.raises(api.SipCallError) as refused:
            await exchanged.dial()
        assert (refused.value.sip_status_code, refused.value.code) == (code, error)
        assert await room.left(PHONE) == reason


async def test_a_refusal_that_nobody_waits_for_is_only_seen_in_the_room(exchanged: Exchange) -> None:
    await exchanged.phone.refuses(486, LOOKS_S)
    async with exchanged.watched() as room:
        await exchanged.dial(wait=False)
        assert await room.left(PHONE) == REJECTED
        assert room.statuses(PHONE)[-1] == "ringing"


@pytest.mark.parametrize("there", [True, False])
async def test_a_call_that_nobody_answers_has_no_sip_code(exchanged: Exchange, there: bool) -> None:
    await exchanged.phone.rings_on()
    before = len(exchanged.phone.all("ended"))
    trunk = None if there else await exchanged.trunk_to(NOBODY)
    async with exchanged.watched() as room:
        with pytest.raises(api.ServerError) as unanswered:
            await exchanged.dial(ringing_s=0.3, trunk=trunk)
        assert (unanswered.value.code, type(unanswered.value)) == ("canceled", api.ServerError)
        assert await room.left(PHONE) == UNAVAILABLE
    if there:
        assert (await exchanged.phone.until("ended", times=before + 1)).more["code"] == 487


async def test_a_trunk_that_does_not_exist_is_told(exchanged: Exchange) -> None:
    with pytest.raises(api.ServerError) as unknown:
        await exchanged.dial(trunk="ST_none")
    assert unknown.value.code == "not_found"


async def test_a_phone_that_shares_no_codec_cannot_be_called(exchanged: Exchange) -> None:
    async with softphone("+15550199") as old, exchanged.watched():
        await old.speaks_only("GSM")
        with pytest.raises(api.SipCallError) as refused:
            await exchanged.dial(trunk=await exchanged.trunk_to(old.address))
        assert refused.value.sip_status_code == 488


async def test_a_call_that_is_taken_out_while_it_rings_is_cancelled_on_the_wire(exchanged: Exchange) -> None:
    await exchanged.phone.rings_on()
    before = len(exchanged.phone.all("ended"))
    async with exchanged.watched() as room:
        await exchanged.dial(wait=False)
        await room.until(lambda: "ringing" in room.statuses(PHONE))
        await room.until(lambda: PHONE in room.tracks)
        assert room.statuses(PHONE)[-1] == "ringing", "its track is there while it rings"
        await exchanged.lk.room.remove_participant(
            api.RoomParticipantIdentity(room=exchanged.room, identity=PHONE)
        )
        assert (await exchanged.phone.until("ended", times=before + 1)).more["code"] == 487


async def test_a_call_goes_through_its_statuses_and_ends_with_its_room(exchanged: Exchange) -> None:
    await exchanged.phone.answers(LOOKS_S, ringing=[180, 183] * 8)
    before, pressed = len(exchanged.phone.all("ended")), len(exchanged.phone.keys)
    async with exchanged.watched() as room:
        made = await exchanged.dial(keys="w1#")
        await room.until(lambda: "active" in room.statuses(PHONE))
        told = (await exchanged.participant()).attributes
        assert told["sip.callStatus"] == "active"
        assert (told["sip.phoneNumber"], told["sip.trunkPhoneNumber"]) == ("+15551234", OUR_NUMBER)
        assert (told["sip.trunkID"], told["sip.callID"]) == (exchanged.trunk, made.sip_call_id)
        assert exchanged.phone.keys[pressed:] == "1#", "the extension is dialled before the call is active"
        seen = room.statuses(PHONE)
        assert seen == [status for status in STATUSES if status in seen]
        assert {"ringing", "automation"} <= set(seen)
        await exchanged.lk.room.delete_room(api.DeleteRoomRequest(room=exchanged.room))
        await exchanged.phone.until("ended", times=before + 1)


async def test_keys_and_sound_go_both_ways_also_after_hold(exchanged: Exchange, folder: Path) -> None:
    phone = exchanged.phone
    pressed, sounds, recorded = len(phone.keys), len(phone.all("sound")), len(phone.all("recorded"))
    async with exchanged.watched() as room:
        await room.can_be_heard()
        await phone.play(phone_tone(folder), loop=True)
        await phone.record(folder / "heard.wav")
        await exchanged.dial()
        await phone.hold()
        await phone.until("sound", times=sounds + 2)
        await phone.take_back()
        await phone.until("sound", times=sounds + 3)
        await room.play(tone(ROOM_HZ, 1.0))
        assert share_of(PHONE_HZ, room.heard(PHONE)[-PHONE_RATE:]) > CLEAN
        await phone.press("42*#")
        await room.room.local_participant.publish_dtmf(code=7, digit="7")
        await room.room.local_participant.publish_dtmf(code=11, digit="#")
        await room.until(lambda: "".join(room.of(PHONE, "key")) == "42*#")
        await phone.until("key", times=pressed + 2)
        assert phone.keys[pressed:] == "7#"
        await phone.hang_up()
        await room.left(PHONE)
        assert room.statuses(PHONE)[-1] == "hangup"
    await phone.until("recorded", times=recorded + 1)
    assert share_of(ROOM_HZ, loudest(folder / "heard.wav"), PHONE_RATE) > CLEAN


@pytest.mark.parametrize(("answer", "third", "code"), [(202, None, None), (603, None, 603), (202, 486, 486)])
async def test_a_transfer_that_fails_leaves_the_call(
    exchanged: Exchange, answer: int, third: int | None, code: int | None
) -> None:
    """`answer`: to REFER. `third`: of the phone that is then called. `code`: what the API reports."""
    before = len(exchanged.phone.all("ended"))
    async with softphone("+15550177") as other, exchanged.watched() as room:
        await exchanged.phone.takes_transfers(answer)
        if third is not None:
            await other.refuses(third)
        await exchanged.dial()
        if code is None:
            await exchanged.transfer(f"sip:other@{other.address}")
            await other.until("answered")
            await room.left(PHONE)
            return
        with pytest.raises(api.SipCallError) as refused:
            await exchanged.transfer(f"sip:other@{other.address}")
        assert refused.value.sip_status_code == code
        await room.until(lambda: "active" in room.statuses(PHONE))
        assert (await exchanged.participant()).attributes["sip.callStatus"] == "active"
        assert len(exchanged.phone.all("ended")) == before + (third is not None), (
            "the call to the third alone"
        )
        with pytest.raises(api.ServerError) as nobody:
            await exchanged.transfer("tel:+15550177", identity="witness")
        assert nobody.value.code == "invalid_argument"


async def test_a_phone_that_calls_rings_until_the_room_can_be_heard(exchanged: Exchange) -> None:
    async with softphone("+15557777") as caller:
        await caller.call(LINE, exchanged.network.address)
        await caller.until("ringing")
        async with exchanged.called() as room:
            found = await exchanged.participant("sip_+15557777")
            assert found.attributes["sip.callStatus"] == "ringing"
            assert found.attributes["sip.phoneNumber"] == "+15557777"
            assert found.attributes["sip.trunkPhoneNumber"] == LINE
            assert found.attributes["line"] == "main", "what the rule says"
            assert "sip.ruleID" in found.attributes
            assert not caller.all("answered")
            await room.can_be_heard()
            await caller.until("answered")
            await caller.hang_up()
            await room.left("sip_+15557777")


async def test_a_phone_that_hangs_up_while_it_rings_leaves_the_room(exchanged: Exchange) -> None:
    async with softphone("+15557778") as caller:
        await caller.call(LINE, exchanged.network.address)
        await caller.until("ringing")
        async with exchanged.called() as room:
            await caller.hang_up()
            await room.left("sip_+15557778")
            assert (await caller.until("ended")).more["code"] == 487


async def test_a_phone_that_shares_no_codec_cannot_call(exchanged: Exchange) -> None:
    async with softphone("+15557779") as caller:
        await caller.speaks_only("GSM")
        await caller.call(LINE, exchanged.network.address)
        assert (await caller.until("ended")).more["code"] == 488


async def test_a_phone_that_calls_where_no_rule_leads_gets_no_answer_at_all(exchanged: Exchange) -> None:
    async with softphone("+15557770") as caller:
        await caller.call(UNRULED, exchanged.network.address)
        await exchanged.network.gateway_logs('"result":"DROP"')
        assert not caller.all("ended")


async def test_without_the_gateway_a_call_fails_at_once(exchanged: Exchange) -> None:
    await exchanged.network.gateway.kill()
    async with exchanged.watched():
        with pytest.raises(api.ServerError) as away:
            await exchanged.dial()
        assert away.value.code == "unavailable"
        await exchanged.network.gateway.start()
        await exchanged.dial()
