"""Creates a line, or changes it to the wanted state. Repeating it changes nothing."""

from __future__ import annotations

from collections.abc import Sequence

from livekit.api import SIPInboundTrunkInfo

from errors import BadInput
from operators.phone.line import Line, Wanted, line_of, rule_of, trunk_of
from operators.phone.sip_api import SipApi
from persistence.numbers import is_e164


async def set_up(api: SipApi, wanted: Wanted) -> list[str]:
    """Set up the line, and return what was done, one line each. Raises: BadInput, before any change."""
    _check(wanted)
    trunks, rules = await api.trunks(), await api.rules()
    before = line_of(wanted.name, trunks, rules)
    if wanted.trunk is not None:
        before = Line(_named(wanted.trunk, trunks), before.rule)
    done = []
    trunk = trunk_of(wanted, before.trunk)
    if before.trunk is None:
        trunk = await api.make_trunk(trunk)
        done.append(f"trunk {trunk.sip_trunk_id} made for {', '.join(trunk.numbers)}")
    elif trunk != before.trunk:
        await api.change_trunk(trunk)
        done.append(f"trunk {trunk.sip_trunk_id} changed: {', '.join(trunk.numbers)}")
    else:
        done.append(f"trunk {trunk.sip_trunk_id} stays as it is: {', '.join(trunk.numbers)}")
    rule = rule_of(wanted, trunk.sip_trunk_id, before.rule)
    if before.rule is None:
        rule = await api.make_rule(rule)
        done.append(f"dispatch rule {rule.sip_dispatch_rule_id} made: {wanted.name} answers")
    elif rule != before.rule:
        await api.change_rule(rule)
        done.append(f"dispatch rule {rule.sip_dispatch_rule_id} changed: {wanted.name} answers")
    else:
        done.append(f"dispatch rule {rule.sip_dispatch_rule_id} stays as it is: {wanted.name} answers")
    if Line(trunk, rule).is_open:
        done.append("anybody who reaches the gateway may call: name your provider with --allow, or --user")
    return done


def _check(wanted: Wanted) -> None:
    for number in wanted.numbers:
        if not is_e164(number):
            right = "write +, the country code and the rest, such as +493012345678"
            raise BadInput("--number", f"{number[:30]!r} is no telephone number", right)
    if (wanted.user is None) != (wanted.password is None):
        raise BadInput("--user", "needs a password, and a password a user", "name --password-from as well")


def _named(trunk_id: str, trunks: Sequence[SIPInboundTrunkInfo]) -> SIPInboundTrunkInfo:
    """Return the trunk with this id. Raises: BadInput. livekit-server accepts a rule for an unknown trunk."""
    for trunk in trunks:
        if trunk.sip_trunk_id == trunk_id:
            return trunk
    known = ", ".join(trunk.sip_trunk_id for trunk in trunks)
    right = f"use one of {known}" if known else "leave it out: a trunk is made then"
    raise BadInput("--trunk", f"livekit-server has no trunk {trunk_id[:40]!r}", right)
