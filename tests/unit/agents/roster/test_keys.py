"""The numbers that a role may ask for: read from its file, or refused with file and line."""

from __future__ import annotations

from pathlib import Path

import pytest

from errors import BadInput
from tests.unit.agents.roster.test_own_tools import billing_with, folder

__all__ = ["folder"]

PIN = "{name: pin, digits: 4, says: Type your PIN., secret: true}"
TOOL = "tools:\n  - python: tools/invoices.py:look_up"


def test_a_tool_that_gets_a_secret_number_keeps_it_secret(folder: Path) -> None:
    role = billing_with(folder, f"keys: [{PIN}]\n{TOOL}\n    from_keys: {{number: pin}}")
    (entry,), (tool,) = role.keys, role.own_tools
    assert (entry.digits, entry.end, entry.secret) == ((4, 4), "#", True)
    assert tool.policy.secret == {"number"}
    assert "number" not in tool.asked_parameters["properties"]
    assert tool.with_typed({}, {"number": "0042"}) == {"number": 42}, "an integer, as the tool wants it"


@pytest.mark.parametrize(
    ("fields", "line", "told"),
    [
        ("keys: [{digits: 4, says: Type it.}]", 8, "name is missing; write name: what the typed number"),
        ("keys:\n  - {name: pin, says: Type it.}", 9, "digits is missing; write digits: how many digits"),
        ("keys:\n  - {name: pin, digits: 4..2, says: It.}", 9, "digits should go from 1 to 32, the smaller"),
        ("keys:\n  - {name: pin, digits: 40, says: It.}", 9, "digits should go from 1 to 32, the smaller"),
        ("keys:\n  - {name: pin, digits: some, says: It.}", 9, "digits 'some' should be a number of digits"),
        ("keys:\n  - {name: My PIN, digits: 4, says: It.}", 9, "name 'My PIN' is no name for a number"),
        (
            "keys:\n  - {name: pin, digits: 4, says: 'Type {name}.'}",
            9,
            "says has the unknown placeholder {name}",
        ),
        ("keys:\n  - {name: pin, digits: 4, says: It., within_s: 1}", 9, "within_s should be greater than"),
        (
            "keys:\n  - {name: pin, digits: 4, says: It., secert: true}",
            9,
            "unknown field 'secert'; write secret",
        ),
        (f"keys:\n  - {PIN}\n  - {PIN}", 10, "keys has pin twice; keep one, or rename the other"),
        ("keys: [pin]", 8, "keys should be fields, as {NAME: VALUE}"),
        (
            f"{TOOL}\n    from_keys: {{number: pin}}",
            10,
            "from_keys names 'pin', which the role's keys do not",
        ),
        (f"keys: [{PIN}]\n{TOOL}\n    from_keys: {{numbr: pin}}", 11, "look_up has no parameter 'numbr'"),
    ],
)
def test_what_could_not_be_asked_for_is_refused_with_its_line(
    folder: Path, fields: str, line: int, told: str
) -> None:
    with pytest.raises(BadInput) as refused:
        billing_with(folder, fields)
    assert str(refused.value).startswith(f"roster/billing.md:{line}: {told}")
