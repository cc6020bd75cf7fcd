"""Roles that people play: what their files say, and what is refused with file and line."""

from __future__ import annotations

import shutil
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from agents.call.handoff_wiring import targets_of
from agents.roster.desk import Desk, Hours
from agents.roster.handoff_lines import call_back_desks, lines_for, message_desks
from agents.roster.roster import Roster, load_roster
from errors import BadInput
from persistence.records import HandoffState, RoleName
from settings import CallSettings

ROSTER = Path(__file__).parents[4] / "roster"
VOICES = ("autumn", "diana", "hannah", "austin", "daniel", "troy")

PEOPLE = """\
---
people:
  - {name: Anna, groups: [service], skills: [german, fibre]}
  - {name: Ben, groups: [service], skills: [german]}
  - {name: Cleo}
---
"""
DESK = """\
---
role: service-desk
kind: person
name: the service team
voice: hannah
people: [service]
skills: [german]
rings_s: 20
hours: {zone: Europe/Berlin, open: ["mon-fri 08:00-18:00"]}
otherwise: queue
queue: {longest_wait_s: 300, longest: 5, then: billing}
wrap_up: required
codes: [solved, to be continued]
---
"""
LATE_DESK = """\
---
role: late-desk
kind: person
name: the late team
voice: hannah
people: [Cleo]
otherwise: service-desk
---
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "roster"
    shutil.copytree(ROSTER, made)
    (made / "people.md").write_text(PEOPLE)
    (made / "service-desk.md").write_text(DESK)
    return made


def load(folder: Path) -> Roster:
    return load_roster(folder, voices=VOICES)


def changed(folder: Path, line: str, into: str, name: str = "service-desk.md") -> str:
    """Replace a line of a file, and return the complaint when the roster is loaded."""
    path = folder / name
    assert line in path.read_text()
    path.write_text(path.read_text().replace(line, into))
    with pytest.raises(BadInput) as refused:
        load(folder)
    return str(refused.value).replace(f"{folder}/", "")


def desk(folder: Path, role: str = "service-desk") -> Desk:
    found = load(folder).role(role).desk
    assert found is not None
    return found


def at(hour: int, *, day: int = 2, zone: str = "Europe/Berlin") -> int:
    """Return an hour of a day in June 2025, in ms UTC. The 2nd is a Monday."""
    return round(1000 * datetime(2025, 6, day, hour, tzinfo=ZoneInfo(zone)).timestamp())


def test_a_persons_file_says_who_may_take_its_calls(folder: Path) -> None:
    found = desk(folder)
    assert found.people == ("Anna", "Ben")
    assert found.needs_wrap_up
    assert found.codes == ("solved", "to be continued")
    assert found.overflow_to == "billing"


def test_only_those_with_every_skill_may_take_them(folder: Path) -> None:
    path = folder / "service-desk.md"
    path.write_text(path.read_text().replace("skills: [german]", "skills: [german, fibre]"))
    assert desk(folder).people == ("Anna",)


def test_a_model_hands_over_to_a_person_as_to_any_desk(folder: Path) -> None:
    path = folder / "front-desk.md"
    path.write_text(path.read_text().replace("transfers_to: [", "transfers_to: [service-desk, "))
    roster = load(folder)
    front_desk = roster.role("front-desk")
    assert front_desk.targets["service-desk"] == "the service team"
    lines = lines_for(roster, front_desk, RoleName("service-desk"), asked=True)
    assert lines.introducing(60_000) == "", "the person says hello at once"


def test_hours_are_those_of_the_zone_and_a_wait_ends_with_them(folder: Path) -> None:
    found = desk(folder)
    assert [found.is_open(at(hour)) for hour in (7, 8, 17, 18)] == [False, True, True, False]
    assert not found.is_open(at(12, day=7))
    assert found.overflows_at(at(9)) == at(9) + 300_000
    assert found.overflows_at(at(18) - 60_000) == at(18)


def test_hours_may_go_past_midnight() -> None:
    hours = Hours.model_validate({"zone": "Europe/Berlin", "open": ["fri 22:00-06:00"]})
    friday, saturday = 6, 7
    assert hours.is_open(at(23, day=friday))
    assert hours.is_open(at(5, day=saturday))
    assert not hours.is_open(at(5, day=friday))
    assert hours.closes_at(at(23, day=friday)) == at(6, day=saturday)


def test_hours_without_an_end_have_none() -> None:
    hours = Hours.model_validate({"zone": "UTC", "open": ["mon-sun 00:00-24:00"]})
    assert hours.is_open(at(3))
    assert hours.closes_at(at(3)) is None


def test_a_kind_in_capital_letters_is_one_mistake_and_not_ten(folder: Path) -> None:
    said = changed(folder, "kind: person", "kind: Person").split("\n")
    assert len(said) == 1
    assert said[0].startswith("service-desk.md:")
    assert "kind" in said[0]


def test_without_a_queue_a_caller_waits_for_as_long_as_it_rings(folder: Path) -> None:
    (folder / "late-desk.md").write_text(LATE_DESK)
    found = desk(folder, "late-desk")
    whole_ring_ms = 25_000
    assert at(3) + whole_ring_ms < found.overflows_at(at(3)) <= at(3) + whole_ring_ms + 2_000
    assert found.overflow_to == "service-desk"


def test_a_handoff_to_people_goes_on_as_their_role_says_and_else_goes_back(folder: Path) -> None:
    (folder / "late-desk.md").write_text(LATE_DESK)
    path = folder / "front-desk.md"
    path.write_text(
        path.read_text().replace("transfers_to: [billing, ", "transfers_to: [late-desk, billing, ")
    )
    roster = load(folder)
    front = roster.role("front-desk")
    assert targets_of(roster, front, RoleName("late-desk")) == ["late-desk", "service-desk", "billing"]
    assert targets_of(roster, front, RoleName("technical")) == [
        *("technical", "late-desk", "service-desk", "billing")
    ]
    assert targets_of(roster, roster.role("billing"), RoleName("service-desk")) == ["service-desk"]
    path = folder / "service-desk.md"
    path.write_text(path.read_text().replace(", then: billing", ""))
    assert targets_of(load(folder), front, RoleName("service-desk")) == ["service-desk"]


@pytest.mark.parametrize(
    ("line", "into", "told"),
    [
        ("people: [service]\n", "", "service-desk.md:3: nobody may take its calls"),
        ("[service]", "[sales]", "service-desk.md:6: 'sales' is no person and no group"),
        ("[service]", "[servise]", "write service"),
        ("[german]", "[french]", "service-desk.md:7: nobody who may take it has the skill 'french'"),
        ("mon-fri 08:00-18:00", "mon-fri 08:00-08:00", "service-desk.md:9: hours.open 'mon-fri"),
        ("mon-fri 08:00-18:00", "weekdays", "not a time when it could be open"),
        ('["mon-fri 08:00-18:00"]', "[]", "service-desk.md:9: hours.open names no hours; write its hours"),
        ("Europe/Berlin", "Berlin", "service-desk.md:9: hours.zone 'Berlin' is no time zone"),
        ("otherwise: queue", "otherwise: sales", "service-desk.md:10: otherwise names the unknown role"),
        (
            "otherwise: queue",
            "otherwise: call back",
            "service-desk.md:11: queue has no effect without otherwise",
        ),
        ("otherwise: queue", "otherwise: callback", "write queue, call back, message, a role of a model"),
        ("then: billing", "then: call-back", "service-desk.md:11: then names the unknown role 'call-back'"),
        ("otherwise: queue\n", "", "service-desk.md:10: queue has no effect without otherwise: queue"),
        ("then: billing", "then: queue", "service-desk.md:11: then names the unknown role 'queue'"),
        ("codes: [solved, to be continued]\n", "", "service-desk.md:12: wrap_up: required needs codes"),
        ("voice: hannah", "voice: hannah\nmodel: x", "model is not allowed for a role of the kind person"),
        ("kind: person\n", "", "people is not allowed for a role of the kind model"),
    ],
)
def test_what_is_wrong_is_refused_with_file_and_line(folder: Path, line: str, into: str, told: str) -> None:
    assert told in changed(folder, line, into)


def test_skills_that_nobody_has_together_are_refused(folder: Path) -> None:
    path = folder / "people.md"
    path.write_text(PEOPLE.replace("{name: Cleo}", "{name: Cleo, groups: [service], skills: [dutch]}"))
    told = changed(folder, "[german]", "[dutch, fibre]")
    assert "service-desk.md:7: nobody of service has all of dutch, fibre" in told


@pytest.mark.parametrize(
    ("into", "told"),
    [
        ("{name: Cleo, group: [service]}", "unknown field 'group'; write groups"),
        ("{name: Cleo, groups: service}", "people.groups should be a list in square brackets"),
        ('{name: Cleo, phone: "+49 30"}', "people.phone.number is no number in E.164; write the person's"),
        ('{name: Cleo, phone: "+493０12345"}', "people.phone.number is no number in E.164"),
        ("{name: Cleo, phone: {keys: 1}}", "people.phone.number is missing; write people.phone.number"),
        ("Cleo", "people should be fields, as {NAME: VALUE}"),
    ],
)
def test_a_mistake_in_people_md_is_told_once_with_its_field(folder: Path, into: str, told: str) -> None:
    """The roles that name its people are not reported as wrong, too."""
    path = folder / "people.md"
    path.write_text(PEOPLE.replace("{name: Cleo}", into), encoding="utf-8")
    with pytest.raises(BadInput) as refused:
        load_roster(folder, voices=VOICES)
    (only,) = refused.value.each
    assert told in str(only)
    assert only.where.startswith(f"{path}:")


def test_people_md_by_another_name_is_told(folder: Path) -> None:
    (folder / "people.md").rename(folder / "People.md")
    with pytest.raises(BadInput) as refused:
        load_roster(folder, voices=VOICES)
    assert str(refused.value) == f"{folder / 'People.md'}: is not read; rename it people.md"


def test_a_circle_is_refused(folder: Path) -> None:
    (folder / "late-desk.md").write_text(LATE_DESK)
    told = changed(folder, "then: billing", "then: late-desk")
    assert "service-desk.md:11: otherwise leads in a circle: service-desk → late-desk → service-desk" in told


def test_a_role_may_not_be_called_as_what_happens_otherwise(folder: Path) -> None:
    path = folder / "late-desk.md"
    path.write_text(LATE_DESK.replace("role: late-desk", "role: message"))
    path.rename(folder / "message.md")
    told = changed(folder, "then: billing", "then: message")
    assert "service-desk.md:11: message is also the name of a role; give that role another name" in told


def test_a_desk_that_takes_messages_has_its_callers_asked_for_one(folder: Path) -> None:
    """Every model that may hand over to it asks, also by way of another desk; a person does not."""
    (folder / "late-desk.md").write_text(
        LATE_DESK.replace("people: [Cleo]", "people: [Cleo]\ntransfers_to: [billing]")
    )
    service, front = folder / "service-desk.md", folder / "front-desk.md"
    service.write_text(service.read_text().replace("then: billing", "then: message"))
    front.write_text(front.read_text().replace("transfers_to: [", "transfers_to: [late-desk, "))
    roster = load(folder)
    front_desk, service_desk = roster.role("front-desk"), RoleName("service-desk")
    assert message_desks(roster, front_desk) == [service_desk]
    assert message_desks(roster, roster.role("late-desk")) == []
    assert targets_of(roster, front_desk, service_desk) == [service_desk], "nobody else is tried"
    lines = lines_for(roster, front_desk, service_desk, asked=True)
    assert lines.back(HandoffState.UNANSWERED).endswith(
        "the service team cannot take this one right now. Would you like to leave a message?"
    )
    assert "take_message" in lines.noted(HandoffState.UNANSWERED, "nobody took it")
    assert "take_message" not in lines.noted(HandoffState.FAILED, "a fault"), "nobody was asked"
    assert "message" not in lines.noted(HandoffState.CANCELLED, "an operator took it back"), (
        "nobody was asked"
    )
    plain = lines_for(roster, front_desk, RoleName("late-desk"), asked=True)
    assert "message" not in plain.back(HandoffState.UNANSWERED)


def test_only_callers_whose_agent_can_promise_it_are_offered_a_call_back(folder: Path) -> None:
    """An operator may send any caller there, but not every holder's agent could take the caller's yes."""
    service, front = folder / "service-desk.md", folder / "front-desk.md"
    service.write_text(service.read_text().replace("then: billing", "then: call back"))
    front.write_text(front.read_text().replace("transfers_to: [", "transfers_to: [late-desk, "))
    (folder / "late-desk.md").write_text(LATE_DESK)
    roster, desk = load(folder), RoleName("service-desk")
    front_desk, billing, late_desk = map(roster.role, ("front-desk", "billing", "late-desk"))
    assert call_back_desks(roster, front_desk) == [desk], "also by way of another"
    offered = lines_for(roster, front_desk, desk, asked=True, on_page=True)
    assert offered.back(HandoffState.DECLINED).endswith("Would you like to be called back?")
    assert "promise_call_back" in offered.noted(HandoffState.DECLINED, "nobody took it")
    assert desk not in billing.transfers_to
    for holder in (billing, late_desk):
        lines = lines_for(roster, holder, desk, asked=False, on_page=True)
        assert "called back" not in " ".join(lines.all)
        assert "promise_call_back" not in lines.noted(HandoffState.DECLINED, "nobody took it")


def test_a_person_does_not_answer_calls(folder: Path) -> None:
    roster = load(folder)
    with pytest.raises(BadInput, match="only a model can answer calls"):
        roster.first_role(CallSettings(first_role="service-desk"))
    with pytest.raises(BadInput, match="BATON_FALLBACK_ROLE: people play service-desk"):
        roster.models_role("service-desk", asked_by="BATON_FALLBACK_ROLE")


def test_people_are_known_once(folder: Path) -> None:
    assert "people.md:5: Anna is there twice" in changed(folder, "Cleo", "Anna", "people.md")
    (folder / "people.md").write_text(PEOPLE)
    assert "people.md:5: service is a person and a group" in changed(folder, "Cleo", "service", "people.md")
