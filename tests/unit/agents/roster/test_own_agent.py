"""A role's own agent class: loaded from the roster's folder unchanged, or refused with file and line."""

from __future__ import annotations

from pathlib import Path

import pytest

from agents.roster.role import Role
from agents.roster.roster import load_roster
from errors import BadInput
from persistence.records import RoleName
from tests.unit.agents.roster.spoilt import VOICES, without_own_tools

DESK = '''
from livekit.agents import Agent, AgentTask, RunContext, function_tool
from livekit.agents.beta import EndCallTool

from prices import PRICE


class Desk(Agent):
    def __init__(self) -> None:
        super().__init__(instructions="You sell tickets.", tools=[EndCallTool()])
        self.sold = 0

    @function_tool
    async def sell(self, context: RunContext, seats: int) -> str:
        """Sells seats."""
        self.sold += seats
        return f"{self.sold} sold for {PRICE}"


class Needs(Agent):
    def __init__(self, name: str) -> None:
        super().__init__(instructions=name)


class Broken(Agent):
    def __init__(self) -> None:
        raise ValueError("no data")


class Speaks(Agent):
    def __init__(self) -> None:
        super().__init__(instructions="x", vad=None, tts=object())


class Moves(Agent):
    def __init__(self) -> None:
        super().__init__(instructions="x")

    @function_tool
    async def transfer_call(self) -> None:
        """Hands over."""


class Part(AgentTask[str]):
    def __init__(self) -> None:
        super().__init__(instructions="x")


class Mute(Agent):
    def __init__(self) -> None:
        super().__init__(instructions="x")

    @function_tool
    async def quiet(self) -> None:
        pass


thing = 3
'''


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    without_own_tools(tmp_path / "roster")
    (tmp_path / "roster" / "desks").mkdir()
    (tmp_path / "roster" / "desks" / "tickets.py").write_text(DESK, encoding="utf-8")
    (tmp_path / "roster" / "desks" / "prices.py").write_text("PRICE = 12\n", encoding="utf-8")
    (tmp_path / "roster" / "desks" / "typo.py").write_text("class Desk(\n", encoding="utf-8")
    (tmp_path / "outside.py").write_text(DESK, encoding="utf-8")
    return Path("roster")


def billing_with(folder: Path, lines: str, *, body: bool = True) -> Role:
    """Return the billing desk with these lines before `accepts`, which is line 8 of its file."""
    path = folder / "billing.md"
    text = path.read_text(encoding="utf-8").replace("accepts: always", f"{lines}\naccepts: always")
    path.write_text(text if body else f"{text.rpartition('---')[0]}---\n", encoding="utf-8")
    return load_roster(folder, voices=VOICES).role(RoleName("billing"))


@pytest.mark.parametrize("named", ["desks.tickets:Desk", "desks/tickets.py:Desk"])
def test_a_class_is_named_by_its_module_or_its_file(folder: Path, named: str) -> None:
    role = billing_with(folder, f"agent: {named}")
    assert role.own_agent is not None
    assert role.own_agent.cls.__name__ == "Desk"
    assert role.own_agent.where == "roster/billing.md:8"
    assert role.instructions.endswith("\n\nYou sell tickets.")
    assert role.own_names == {"sell"}, "a tool of the class is a tool of the role's own"
    assert role.tools == ("transfer_call", "end_call")
    (tool,) = role.known_tools
    assert (tool.description, tuple(tool.parameters["properties"])) == ("Sells seats.", ("seats",))


def test_instructions_may_be_in_the_class_alone(folder: Path) -> None:
    role = billing_with(folder, "agent: desks.tickets:Desk", body=False)
    assert role.instructions.endswith("Your name: the billing desk\n\nYou sell tickets.")


BAD = [
    ("agent: Desk", "'Desk' names no class; write MODULE:CLASS, such as desks.booking:BookingDesk"),
    ("agent: desks.none:Desk", "desks/none.py is missing; put it into roster, or correct the name"),
    ("agent: ../outside.py:Desk", "../outside.py is outside the roster's folder; put it into roster"),
    ("agent: desks.typo:Desk", "desks/typo.py cannot be loaded (SyntaxError: "),
    ("agent: desks.tickets:Deks", "desks/tickets.py has no class Deks; write Desk"),
    ("agent: desks.tickets:thing", "thing in desks/tickets.py is no subclass of livekit.agents.Agent; write"),
    ("agent: desks.tickets:RunContext", "RunContext in desks/tickets.py is no subclass of livekit.agents"),
    ("agent: desks.tickets:Agent", "the constructor of Agent in desks/tickets.py needs arguments (missing"),
    ("agent: desks.tickets:Needs", "the constructor of Needs in desks/tickets.py needs arguments (missing"),
    ("agent: desks.tickets:Broken", "Broken in desks/tickets.py cannot be made (ValueError: no data)"),
    ("agent: desks.tickets:Speaks", "Speaks has its own tts; leave it out: the role's file has `voice`"),
    ("agent: desks.tickets:Moves", "transfer_call is a tool of Baton's own; give it another name"),
    ("agent: desks.tickets:Part", "Part in desks/tickets.py is an AgentTask; name a subclass of Agent"),
    ("agent: desks.tickets:Mute", "quiet has no description; say in words what it does and when"),
]


@pytest.mark.parametrize(("lines", "told"), BAD)
def test_a_class_that_cannot_be_used_is_refused_with_its_line(folder: Path, lines: str, told: str) -> None:
    with pytest.raises(BadInput) as bad:
        billing_with(folder, lines)
    assert str(bad.value).startswith(f"roster/billing.md:8: {told}"), str(bad.value)


def test_a_role_gives_rules_to_a_tool_of_its_class(folder: Path) -> None:
    rules = "once: true\n    confirm: true\n    secret: [seats]\n    limit_s: 3"
    role = billing_with(folder, f"agent: desks.tickets:Desk\ntools:\n  - own: sell\n    {rules}")
    assert role.own_agent is not None
    assert not role.own_tools
    for tools in (role.known_tools, role.own_agent.tools_of(role.own_agent.cls())):
        ((tool,), policy) = tools, tools[0].policy
        assert (tool.name, policy.limit_s, policy.once, policy.confirm) == ("sell", 3, True, True)
        assert tool.masked({"seats": 4}) == {"seats": "•••"}


BAD_RULES = [
    ("agent: desks.tickets:Desk", "own: sel", 10, "Desk has no 'sel'; its function tools are: sell"),
    ("agent: desks.tickets:Desk", "own: sell\n  - own: sell", 11, "sell is there twice; keep one"),
    (
        "agent: desks.tickets:Desk",
        "own: sell\n    secret: [row]",
        11,
        "sell has no parameter 'row'; its parameters",
    ),
    (
        "mood: calm",
        "own: sell",
        10,
        "own: is for a tool of an agent class, and the role has none; write agent:",
    ),
]


@pytest.mark.parametrize(("agent", "entry", "line", "told"), BAD_RULES)
def test_rules_for_no_tool_of_the_class_are_refused_with_their_line(
    folder: Path, agent: str, entry: str, line: int, told: str
) -> None:
    with pytest.raises(BadInput) as bad:
        billing_with(folder, f"{agent}\ntools:\n  - {entry}")
    assert f"roster/billing.md:{line}: {told}" in str(bad.value), str(bad.value)


def test_a_tool_of_the_same_name_is_refused(folder: Path) -> None:
    (folder / "tools.py").write_text('async def sell() -> None:\n    """Sells."""\n', encoding="utf-8")
    with pytest.raises(BadInput) as bad:
        billing_with(folder, "agent: desks.tickets:Desk\ntools:\n  - python: tools.py:sell")
    assert str(bad.value).startswith("roster/billing.md:10: sell is there twice; keep one")
