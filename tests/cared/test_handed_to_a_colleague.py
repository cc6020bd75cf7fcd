"""A person hands the caller to a colleague of the same role, by name."""

from __future__ import annotations

import pytest

from local.desk.care_team import ROLE
from persistence.records import HandoffState
from tests.cared.floor import BEN, MIA, Floor, ended_once, in_a_talk, offers_of
from tests.cared.test_second_person import hears

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.long]

LIMIT_S = 30.0
WHY, NOT_NOW = "it is about his offer", "in a meeting"


@pytest.mark.fault("P24")
async def test_a_colleague_takes_the_caller_and_keeps_them_when_the_first_does_not_take_them_back(
    floor: Floor,
) -> None:
    async with floor.at_desk(MIA) as mia, floor.asks_for_a_person() as talk:
        async with in_a_talk(talk, mia) as hers:
            offer = await mia.talk(limit_s=LIMIT_S)
            async with floor.at_desk(BEN) as ben:
                await mia.hands_over(offer, ROLE, BEN, WHY)
                async with in_a_talk(talk, ben) as his:
                    await hers.is_shown("over")
                    await hears(talk.caller, his.person)
                    await hears(his.person, talk.caller)
                    await mia.wrap_up(offer, "")
                    await mia.is_available()
                    await ben.hands_over(await ben.talk(limit_s=LIMIT_S), ROLE, MIA, WHY)
                    await mia.decline(await mia.rings(limit_s=LIMIT_S), NOT_NOW)
                    await ended_once(
                        talk, HandoffState.COMPLETED, HandoffState.COMPLETED, HandoffState.DECLINED
                    )
                    await his.is_shown("talking")
                    await hears(talk.caller, his.person)
                    await his.hangs_up()
                    await talk.caller.is_hung_up_on(limit_s=LIMIT_S)
        assert [one.person for one in await offers_of(talk)] == [MIA, BEN, MIA]
