"""A telephone line into Baton: the trunk on which calls arrive, and the rule that gives each a room. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from livekit.api import (
    RoomAgentDispatch,
    RoomConfiguration,
    SIPDispatchRule,
    SIPDispatchRuleCallee,
    SIPDispatchRuleInfo,
    SIPInboundTrunkInfo,
)
from pydantic import SecretStr

from errors import BadInput
from transfer.protocol import AnswerCall

_ROOM_PREFIX = "phone"


@dataclass(frozen=True, slots=True)
class Wanted:
    """The wanted state of a line. Fields that are None or empty leave the line as it is.

    `name`: of the trunk, of the rule, and of the agents. `trunk`: the id of an existing trunk.
    """

    name: str
    numbers: tuple[str, ...] = ()
    trunk: str | None = None
    addresses: tuple[str, ...] = ()
    user: str | None = None
    password: SecretStr | None = None
    hides_numbers: bool | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """The trunk and the rule in livekit-server. None: it has none."""

    trunk: SIPInboundTrunkInfo | None
    rule: SIPDispatchRuleInfo | None

    @property
    def is_open(self) -> bool:
        """Whether anybody who reaches the gateway may call: the trunk checks neither address nor password."""
        trunk = self.trunk
        return trunk is not None and not trunk.allowed_addresses and not trunk.auth_username

    @property
    def names_rooms_by_number(self) -> bool:
        """Whether a caller's number is part of their room's name, which servers write into their logs."""
        rule = self.rule
        named = rule is not None and rule.rule.WhichOneof("rule") == "dispatch_rule_individual"
        return named and rule is not None and not rule.hide_phone_number

    def dispatches(self, agent_name: str) -> bool:
        agents = self.rule.room_config.agents if self.rule is not None else ()
        return any(agent.agent_name == agent_name for agent in agents)


def line_of(name: str, trunks: Sequence[SIPInboundTrunkInfo], rules: Sequence[SIPDispatchRuleInfo]) -> Line:
    """Return the rule and the trunk of this name. The rule may lead to a trunk with another name."""
    rule = next((rule for rule in rules if rule.name == name), None)
    led_to = set(rule.trunk_ids) if rule is not None else set()
    trunk = next((each for each in trunks if each.sip_trunk_id in led_to), None)
    return Line(trunk or next((each for each in trunks if each.name == name), None), rule)


def trunk_of(wanted: Wanted, before: SIPInboundTrunkInfo | None) -> SIPInboundTrunkInfo:
    """Return the wanted trunk. Raises: BadInput, if it would have no number."""
    trunk = SIPInboundTrunkInfo(name=wanted.name)
    if before is not None:
        trunk.CopyFrom(before)
    _set(trunk.numbers, wanted.numbers)
    _set(trunk.allowed_addresses, wanted.addresses)
    if wanted.user is not None and wanted.password is not None:
        trunk.auth_username, trunk.auth_password = wanted.user, wanted.password.get_secret_value()
    if not trunk.numbers:
        raise BadInput("--number", "is missing", "name the number to call, or write numbers: in house.md")
    return trunk


def rule_of(wanted: Wanted, trunk_id: str, before: SIPDispatchRuleInfo | None) -> SIPDispatchRuleInfo:
    """Return the wanted rule: each call gets its own room, whose name lacks the caller's number."""
    named = SIPDispatchRuleCallee(room_prefix=_ROOM_PREFIX, randomize=True)
    agent = RoomAgentDispatch(
        agent_name=wanted.name, metadata=AnswerCall().model_dump_json(exclude_none=True)
    )
    hides = wanted.hides_numbers
    if hides is None:
        hides = before is not None and before.hide_phone_number
    rule = SIPDispatchRuleInfo()
    if before is not None:
        rule.CopyFrom(before)
    rule.MergeFrom(SIPDispatchRuleInfo(name=wanted.name))
    rule.hide_phone_number = hides
    rule.rule.CopyFrom(SIPDispatchRule(dispatch_rule_callee=named))
    rule.room_config.CopyFrom(RoomConfiguration(agents=[agent]))
    _set(rule.trunk_ids, (trunk_id,))
    return rule


def _set(field: object, values: Sequence[str]) -> None:
    if values:
        del field[:]  # type: ignore[attr-defined]
        field.extend(values)  # type: ignore[attr-defined]
