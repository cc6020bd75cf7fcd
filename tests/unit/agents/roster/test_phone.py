"""People who are called by telephone: what their files say, and what is refused with file and line."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from agents.call.handoff_wiring import limits_for
from agents.roster.handoff_lines import lines_for
from agents.roster.phone import ACCEPTS_WITHIN_S
from agents.roster.roster import Roster, load_roster
from errors import BadInput
from persistence.phones import REASONS, DialState
from persistence.records import HandoffState, RoleName
from settings import HandoffSettings
from tests.phone.on_call import ANNAS, BENS, add_on_call

ROSTER = Path(__file__).parents[4] / "roster"
VOICES = ("autumn", "diana", "hannah", "austin", "daniel", "troy")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "roster"
    shutil.copytree(ROSTER, made)
    add_on_call(made)
    return made


def load(folder: Path) -> Roster:
    return load_roster(folder, voices=VOICES)


def changed(folder: Path, line: str, into: str, name: str = "on-call.md") -> str:
    """Replace a line of a file, and return the complaint when the roster is loaded."""
    path = folder / name
    assert line in path.read_text()
    path.write_text(path.read_text().replace(line, into))
    with pytest.raises(BadInput) as refused:
        load(folder)
    return str(refused.value).replace(f"{folder}/", "")


def test_a_roles_people_are_called_in_the_order_of_people_md(folder: Path) -> None:
    role = load(folder).roles[RoleName("on-call")]
    assert role.phones is not None
    anna, ben = role.phones.lines
    assert (anna.person, anna.number, anna.keys, anna.is_open(0)) == ("Anna", ANNAS, "", True)
    assert (ben.person, ben.number, ben.keys, ben.is_open(0)) == ("Ben", BENS, "ww12#", False)
    assert role.desk is not None
    assert role.desk.people == (), "nothing rings at their desks"


def test_a_handoff_waits_until_everybody_could_have_been_called(folder: Path) -> None:
    role, settings = load(folder).roles[RoleName("on-call")], HandoffSettings()
    waits_s = 2 * (20 + ACCEPTS_WITHIN_S)
    assert limits_for(role, settings).answer_limit_s == settings.with_person(waits_s).answer_limit_s


def test_a_line_shows_two_digits_of_its_number_and_no_more(folder: Path) -> None:
    role = load(folder).roles[RoleName("on-call")]
    assert role.phones is not None
    line = role.phones.lines[0]
    assert line.masked == "…56"
    for shown in (repr(line), repr(role.phones), line.key):
        assert ANNAS.removeprefix("+") not in shown


@pytest.mark.parametrize(
    ("written", "instead", "where", "told"),
    [
        (f'"{ANNAS}"', '"030 123456"', "people.md:3: ", "is no number in E.164"),
        (f'"{ANNAS}"', '"+49900123456"', "people.md:3: ", "the number of Anna may not be called"),
        ('"ww12#"', '"12 please"', "people.md:6: ", "are no keys"),
        ("keys:", "extension:", "people.md:6: ", "unknown field 'extension'"),
    ],
)
def test_a_wrong_number_is_refused_with_its_line(
    folder: Path, written: str, instead: str, where: str, told: str
) -> None:
    refused = changed(folder, written, instead, "people.md")
    assert refused.startswith(where)
    assert told in refused


def test_a_refused_number_is_not_repeated_in_the_message(folder: Path) -> None:
    assert "900123" not in changed(folder, f'"{ANNAS}"', '"+49900123456"', "people.md")


@pytest.mark.parametrize(
    ("written", "instead", "told"),
    [
        ("trunk: main, ", "", "phone.trunk is missing"),
        ("trunk: main", "trunk: main, price: 3", "unknown field 'price'"),
        ('"+4930998877"', '"998877"', "phone.caller_id is no number in E.164"),
        ("trunk: main", "trunk: main, order: random", "phone.order should be 'in_turn' or 'at_once'"),
        ("trunk: main", "trunk: main, calls_a_day: 0", "phone.calls_a_day"),
        ("trunk: main", 'trunk: main, refer_to: "tel:+4930"', "no address with a place for the number"),
        ("trunk: main", 'trunk: main, refer_to: "http:{number}"', "no address with a place for the number"),
        ("trunk: main", 'trunk: main, refer_to: "tel:{number}"', "Ben's number needs keys"),
        ("trunk: main", "trunk: main, refer: sometimes", "phone.refer should be 'attended' or 'blind'"),
        ("trunk: main", "trunk: main, refer_headers: {X: y}", "refer_headers are sent with refer_to"),
        ("trunk: main", "trunk: main, refer_headers: {Refer-To: y}", "no header that can be added"),
        ("trunk: main", 'trunk: main, refer_headers: {X: "{number}"}', "another place than {called}"),
        ("trunk: main", "trunk: main, refer: blind", "a blind transfer needs an address"),
        ("trunk: main", "trunk: main, refer: blind, order: at_once", "to one number at a time"),
        ("otherwise: billing", "otherwise: queue", "there is no queue for a telephone"),
        ("otherwise: billing", "codes: [solved]", "codes is for people at desks"),
        ("rings_s: 20", "rings_s: 90", "a telephone rings for 60 s at most"),
        ("people: [on-call]", "people: [on-call, Cleo]", "Cleo has no number"),
        ("kind: person", "kind: model", "phone is not allowed for a role of the kind model"),
    ],
)
def test_a_role_that_cannot_call_is_refused(folder: Path, written: str, instead: str, told: str) -> None:
    refused = changed(folder, written, instead)
    assert "on-call.md:" in refused
    assert told in refused


def test_a_caller_whom_nobody_answers_may_be_asked_for_a_message(folder: Path) -> None:
    on_call, front = folder / "on-call.md", folder / "front-desk.md"
    on_call.write_text(on_call.read_text().replace("otherwise: billing", "otherwise: message"))
    if "on-call" not in front.read_text():
        front.write_text(front.read_text().replace("transfers_to: [", "transfers_to: [on-call, "))
    roster = load(folder)
    lines = lines_for(roster, roster.role("front-desk"), RoleName("on-call"), asked=True)
    told = lines.back(HandoffState.DECLINED, REASONS[DialState.NO_ANSWER])
    assert told.endswith("Would you like to leave a message?")


def test_nobody_is_called_where_house_md_allows_no_number(folder: Path) -> None:
    refused = changed(folder, 'phone: {prefixes: ["+4930", "+1555"]}\n', "", "house.md")
    assert "under phone: prefixes:, which has none yet" in refused
