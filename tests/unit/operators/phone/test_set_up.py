"""`baton phone set-up`: one trunk and one rule, however often it runs; and what the doctor says of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import pytest
from livekit.api import (
    RoomAgentDispatch,
    RoomConfiguration,
    SIPDispatchRule,
    SIPDispatchRuleIndividual,
    SIPDispatchRuleInfo,
    SIPInboundTrunkInfo,
)
from pydantic import SecretStr

from errors import BadInput
from operators.doctor.phone import check_line
from operators.phone.line import Line, Wanted, line_of
from operators.phone.set_up import set_up
from operators.phone.sip_api import SipApi

OURS = "+493012345678"


class Server:
    """livekit-server's trunks and rules, in memory."""

    def __init__(self) -> None:
        self.trunks_there: list[SIPInboundTrunkInfo] = []
        self.rules_there: list[SIPDispatchRuleInfo] = []
        self.changes = 0

    async def trunks(self) -> Sequence[SIPInboundTrunkInfo]:
        return self.trunks_there

    async def rules(self) -> Sequence[SIPDispatchRuleInfo]:
        return self.rules_there

    async def make_trunk(self, trunk: SIPInboundTrunkInfo) -> SIPInboundTrunkInfo:
        made = SIPInboundTrunkInfo()
        made.CopyFrom(trunk)
        made.sip_trunk_id = f"ST_{len(self.trunks_there)}"
        self.trunks_there.append(made)
        self.changes += 1
        return made

    async def change_trunk(self, trunk: SIPInboundTrunkInfo) -> None:
        self.trunks_there = [
            trunk if each.sip_trunk_id == trunk.sip_trunk_id else each for each in self.trunks_there
        ]
        self.changes += 1

    async def make_rule(self, rule: SIPDispatchRuleInfo) -> SIPDispatchRuleInfo:
        made = SIPDispatchRuleInfo()
        made.CopyFrom(rule)
        made.sip_dispatch_rule_id = f"SDR_{len(self.rules_there)}"
        self.rules_there.append(made)
        self.changes += 1
        return made

    async def change_rule(self, rule: SIPDispatchRuleInfo) -> None:
        self.rules_there = [rule]
        self.changes += 1

    async def set_up(self, **wanted: object) -> list[str]:
        return await set_up(cast(SipApi, self), Wanted("baton", **wanted))  # type: ignore[arg-type]

    @property
    def line(self) -> Line:
        return line_of("baton", self.trunks_there, self.rules_there)


async def test_the_first_run_makes_a_trunk_and_a_rule_and_the_second_changes_nothing() -> None:
    server = Server()
    made = await server.set_up(numbers=(OURS,), addresses=("203.0.113.7",))
    assert [line.split(" made")[0] for line in made] == ["trunk ST_0", "dispatch rule SDR_0"]
    again = await server.set_up(numbers=(OURS,))
    assert all("stays as it is" in line for line in again)
    assert server.changes == 2
    check_line(server.line, "baton", {OURS: "billing"}, "house.md")


async def test_what_is_not_named_stays_and_what_is_named_takes_its_place() -> None:
    server = Server()
    secret = SecretStr("a password")
    await server.set_up(numbers=(OURS,), user="provider", password=secret, hides_numbers=True)
    told = await server.set_up(numbers=("+493012345679",), addresses=("203.0.113.0/24",))
    (trunk,), (rule,) = server.trunks_there, server.rules_there
    assert list(trunk.numbers) == ["+493012345679"]
    assert (list(trunk.allowed_addresses), trunk.auth_username) == (["203.0.113.0/24"], "provider")
    assert rule.hide_phone_number
    assert "a password" not in " ".join(told)


async def test_a_line_that_anybody_may_call_is_said_to_be_one() -> None:
    server = Server()
    assert "anybody who reaches the gateway may call" in (await server.set_up(numbers=(OURS,)))[-1]
    assert server.line.is_open


@pytest.mark.fault("T26")
@pytest.mark.parametrize(
    ("wanted", "told"),
    [
        ({"numbers": ("030 12345",)}, "--number: '030 12345' is no telephone number; write +"),
        ({"numbers": (OURS,), "trunk": "ST_9"}, "--trunk: livekit-server has no trunk 'ST_9'; leave it out"),
        ({}, "--number: is missing; name the number to call"),
        ({"numbers": (OURS,), "user": "provider"}, "--user: needs a password"),
    ],
)
async def test_what_cannot_be_set_up_is_refused_and_nothing_is_changed(
    wanted: dict[str, object], told: str
) -> None:
    server = Server()
    with pytest.raises(BadInput) as refused:
        await server.set_up(**wanted)
    assert str(refused.value).startswith(told)
    assert server.changes == 0


async def test_the_rule_of_a_trunk_of_another_name_is_found_by_it() -> None:
    server = Server()
    await server.make_trunk(SIPInboundTrunkInfo(name="the provider's", numbers=[OURS]))
    await server.set_up(trunk="ST_0")
    assert (len(server.trunks_there), server.trunks_there[0].name) == (1, "the provider's")
    assert server.line.trunk == server.trunks_there[0]


def by_caller(**rule: object) -> SIPDispatchRuleInfo:
    """A rule that names rooms by the caller's number, as LiveKit's own examples do."""
    named = SIPDispatchRule(dispatch_rule_individual=SIPDispatchRuleIndividual(room_prefix="call"))
    return SIPDispatchRuleInfo(name="baton", rule=named, **rule)  # type: ignore[arg-type]


TRUNK = SIPInboundTrunkInfo(sip_trunk_id="ST_0", name="baton", numbers=[OURS])
AGENT = RoomConfiguration(agents=[RoomAgentDispatch(agent_name="baton")])


@pytest.mark.fault("T26")
@pytest.mark.parametrize(
    ("line", "told"),
    [
        (Line(None, None), ["trunk: livekit-server has none called baton", "dispatch rule: there is none"]),
        (Line(TRUNK, by_caller()), ["dispatch rule: calls by it get no agent"]),
        (Line(TRUNK, by_caller(room_config=AGENT)), ["dispatch rule: rooms are named by callers' numbers"]),
        (
            Line(
                SIPInboundTrunkInfo(numbers=["+1555"]), by_caller(room_config=AGENT, hide_phone_number=True)
            ),
            [f"house.md: numbers has {OURS}, which the trunk does not"],
        ),
    ],
)
def test_the_doctor_says_what_keeps_callers_from_an_agent(line: Line, told: list[str]) -> None:
    with pytest.raises(BadInput) as wrong:
        check_line(line, "baton", {OURS: "billing"}, "house.md")
    mistakes = str(wrong.value).split("\n")
    assert len(mistakes) == len(told)
    assert all(mistake.startswith(begins) for mistake, begins in zip(mistakes, told, strict=True))
