"""A part of the telephone network fails during a call, or packets are lost; calls continue, or work again."""

from __future__ import annotations

from pathlib import Path

import pytest
from livekit import api

from local.phone.network import phone_network
from tests.phone.exchange import PHONE, Exchange, exchange
from tests.phone.recordings import CLEAN, PHONE_HZ, PHONE_RATE, ROOM_HZ, loudest, phone_tone
from tests.phone.witness import share_of, tone

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.long]

LOSS_PERCENT = 5
DIGITS = "0123456789*#"


async def test_redis_is_away_and_calls_work_again_once_it_is_back(exchanged: Exchange) -> None:
    await exchanged.network.redis.kill()
    with pytest.raises(api.ServerError) as lost:
        await exchanged.dial()
    assert lost.value.status == 500
    await exchanged.network.redis.start()
    async with exchanged.watched():
        await exchanged.dial()


async def test_a_phone_hears_its_room_again_after_the_server_was_away(
    exchanged: Exchange, folder: Path
) -> None:
    recorded = len(exchanged.phone.all("recorded"))
    async with exchanged.watched() as room:
        await room.can_be_heard()
        await exchanged.phone.play(phone_tone(folder), loop=True)
        await exchanged.dial()
        await exchanged.network.server.kill()
        await exchanged.network.server.start()
        await room.until(lambda: room.back)
        await exchanged.network.gateway_logs("back in the room")
        await exchanged.phone.record(folder / "after.wav")
        await room.play(tone(ROOM_HZ, 3.0))
        assert share_of(PHONE_HZ, room.heard(PHONE)[-PHONE_RATE:]) > CLEAN
        assert (await exchanged.participant()).attributes["sip.callStatus"] == "active"
        await exchanged.phone.hang_up()
        await room.left(PHONE)
    await exchanged.phone.until("recorded", times=recorded + 1)
    assert share_of(ROOM_HZ, loudest(folder / "after.wav"), PHONE_RATE) > CLEAN


async def test_of_twenty_packets_one_is_lost_and_keys_and_sound_arrive(
    exchanged: Exchange, tmp_path: Path
) -> None:
    phone = exchanged.phone
    pressed, recorded = len(phone.keys), len(phone.all("recorded"))
    async with (
        phone_network(tmp_path, loss_percent=LOSS_PERCENT) as lossy,
        exchange(lossy, phone) as calls,
        calls.watched() as room,
    ):
        await room.can_be_heard()
        await phone.play(phone_tone(tmp_path), loop=True)
        await phone.record(tmp_path / "heard.wav")
        await calls.dial(keys=DIGITS)
        assert phone.keys[pressed:] == DIGITS
        await phone.press(DIGITS)
        await room.until(lambda: "".join(room.of(PHONE, "key")) == DIGITS)
        await room.play(tone(ROOM_HZ, 3.0))
        assert share_of(PHONE_HZ, room.heard(PHONE)[-PHONE_RATE:]) > 0.7
        await phone.hang_up()
        await phone.until("recorded", times=recorded + 1)
    assert share_of(ROOM_HZ, loudest(tmp_path / "heard.wav"), PHONE_RATE) > 0.7
