"""What a roster's files say, read from the roster that Baton comes with."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from agents.process.spoken_prompts import prompts_of
from agents.roster.handoff_lines import lines_for
from agents.roster.role import LastTurns, Role
from agents.roster.roster import Roster, load_roster
from agents.roster.shared_prompts import DEFAULT_NOTICE, with_notice
from errors import BadInput
from persistence.records import HandoffState, RoleName
from settings import CallSettings
from transfer.holder.lines import WAITED_MS

ROSTER = Path(__file__).parents[4] / "roster"
VOICES = ("autumn", "diana", "hannah", "austin", "daniel", "troy")
LONGEST_REQUEST = 200  # characters that the speaking model takes at once (groq-facts)


@pytest.fixture(scope="module")
def roster() -> Roster:
    return load_roster(ROSTER, voices=VOICES)


@pytest.fixture
def billing(roster: Roster) -> Role:
    return roster.role("billing")


def test_desks_can_hand_over_to_each_other_and_back(roster: Roster) -> None:
    assert set(roster.names) == {"front-desk", "billing", "technical"}
    for name in roster.names:
        assert set(roster.role(name).transfers_to) == set(roster.names) - {name}


def test_every_way_of_accepting_and_being_told_is_shown(roster: Roster) -> None:
    roles = [roster.role(name) for name in roster.names]
    assert {role.accepts for role in roles} == {"always", "screen"}
    assert {str(role.told) for role in roles} >= {"summary", "everything"}
    assert roster.role("billing").told == LastTurns(last_turns=6)


def test_each_desk_has_a_voice_of_its_own(roster: Roster) -> None:
    assert len({roster.role(name).voice for name in roster.names}) == len(roster.names)


def test_instructions_begin_with_what_all_roles_share(roster: Roster) -> None:
    for name in roster.names:
        rules, own = roster.role(name).instructions.split("\n\nYour role: ", maxsplit=1)
        assert rules == roster.house.rules
        assert own.splitlines()[0] == name


def test_opening_names_the_desk_and_the_matter(billing: Role) -> None:
    assert billing.opening_line("you were charged twice for your last invoice") == (
        "Hello, this is the billing desk. I understand that you were charged twice for your last invoice. "
        "Let me help you with that."
    )


def test_matter_may_end_with_a_full_stop_and_hold_line_breaks(billing: Role) -> None:
    assert billing.opening_line(" you were\n charged twice. ") == billing.opening_line(
        "you were charged twice"
    )


def test_braces_in_a_matter_are_spoken_as_they_are(billing: Role) -> None:
    assert "you said {name} and {matter}" in billing.opening_line("you said {name} and {matter}")


def test_opening_without_a_matter_still_names_the_desk(billing: Role) -> None:
    for nothing in ("", " . "):
        opening = billing.opening_line(nothing)
        assert "the billing desk" in opening
        assert "I understand" not in opening


def test_no_line_is_longer_than_one_request_for_speech(roster: Roster) -> None:
    roles = [roster.role(name) for name in roster.names]
    matter = "you were charged twice for your last invoice"
    spoken = [str(line) for line in dict(roster.house.lines).values()]
    spoken += [role.greeting for role in roles] + [role.opening_line(matter) for role in roles]
    assert max(len(line) for line in spoken) <= LONGEST_REQUEST


def test_a_line_fits_who_asked_and_how_long_the_caller_waited(roster: Roster) -> None:
    front_desk = roster.role("front-desk")
    asked = lines_for(roster, front_desk, RoleName("billing"), asked=True)
    unasked = lines_for(roster, front_desk, RoleName("billing"), asked=False)
    assert asked.hold == ("Of course, I'll get the billing desk.",)
    assert unasked.hold == ("One moment, I'll get the billing desk.",)
    assert unasked.hold_instead == ("One moment, I'll get the billing desk instead.",)
    for lines in (asked, unasked):
        assert lines.introducing(WAITED_MS - 1) == "", "the target introduces itself"
        assert lines.introducing(WAITED_MS) == "Thank you for waiting."


@pytest.mark.parametrize("file", ["house.md", "front-desk.md"])
def test_holder_introduces_the_target_where_the_house_or_its_role_says_so(tmp_path: Path, file: str) -> None:
    before = "company:" if file == "house.md" else "accepts: always"
    roster = changed(tmp_path, file, before, f"introduction: full\n{before}")
    lines = lines_for(roster, roster.role("front-desk"), RoleName("billing"), asked=False)
    assert lines.introducing(0) == "I have the billing desk with us now, and they know what this is about."
    assert lines.introducing(WAITED_MS) == f"Thank you for waiting. {lines.introducing(0)}"
    other = lines_for(roster, roster.role("billing"), RoleName("technical"), asked=False)
    assert (other.introduction == "") is (file == "front-desk.md")


@pytest.mark.parametrize("file", ["house.md", "billing.md"])
def test_introduction_of_an_unknown_kind_names_the_known_ones(tmp_path: Path, file: str) -> None:
    before = "company:" if file == "house.md" else "accepts: always"
    with pytest.raises(BadInput, match=rf"{file}:\d+: introduction .*'short' or 'full'"):
        changed(tmp_path, file, before, f"introduction: brief\n{before}")


def test_hold_line_is_said_in_sentences_and_a_full_stop_in_a_name_ends_none(tmp_path: Path) -> None:
    own = 'lines: {hold: "Of course. I am getting {target} for you. It takes a minute."}'
    changed(tmp_path, "technical.md", "accepts: screen", own)
    billing = (tmp_path / "billing.md").read_text(encoding="utf-8")
    (tmp_path / "billing.md").write_text(
        billing.replace("the billing desk", "Ms. St. John", 1), encoding="utf-8"
    )
    roster = load_roster(tmp_path, voices=VOICES)
    lines = lines_for(roster, roster.role("technical"), RoleName("billing"), asked=False)
    assert lines.hold == ("Of course.", "I am getting Ms. St. John for you.", "It takes a minute.")
    prepared = prompts_of(roster, CallSettings.model_construct())
    assert {(roster.role("technical").voice, line) for line in lines.hold} <= set(prepared)


def test_house_without_special_lines_says_the_plain_ones(tmp_path: Path) -> None:
    shutil.copytree(ROSTER, tmp_path, dirs_exist_ok=True)
    house = (tmp_path / "house.md").read_text(encoding="utf-8")
    special = r"^  (hold_unasked|hold_instead|thanks_for_waiting|introduction_after_wait): .*\n"
    (tmp_path / "house.md").write_text(re.sub(special, "", house, flags=re.MULTILINE), encoding="utf-8")
    roster = load_roster(tmp_path, voices=VOICES)
    lines = lines_for(roster, roster.role("front-desk"), RoleName("billing"), asked=False)
    assert lines.hold == lines.hold_instead == ("Of course, I'll get the billing desk.",)
    assert lines.introducing(WAITED_MS) == "Thank you for waiting."


def test_role_says_lines_in_its_own_words(tmp_path: Path) -> None:
    own = 'lines: {hold: "Un momento, por favor.", silence_question: "¿Sigue ahí?"}'
    roster = changed(tmp_path, "technical.md", "accepts: screen", own)
    lines = lines_for(roster, roster.role("technical"), RoleName("billing"), asked=False)
    assert lines.hold == lines.hold_instead == ("Un momento, por favor.",), "its own words come first"
    assert roster.role("technical").spoken_lines.silence_question == "¿Sigue ahí?"
    assert roster.role("technical").spoken_lines.goodbye == roster.house.lines.goodbye
    assert roster.role("billing").spoken_lines == roster.house.lines
    prepared = prompts_of(roster, CallSettings.model_construct())
    assert (roster.role("technical").voice, "¿Sigue ahí?") in prepared
    assert (roster.role("billing").voice, "¿Sigue ahí?") not in prepared


def test_lines_are_prepared_in_the_order_in_which_calls_need_them(roster: Roster) -> None:
    first, billing, technical = map(roster.role, ("front-desk", "billing", "technical"))
    prepared = prompts_of(roster, CallSettings.model_construct())
    assert len(set(prepared)) == len(prepared)
    assert prepared[0] == (first.voice, first.greeting)
    in_order = [
        (first.voice, first.spoken_lines.trouble),
        (first.voice, lines_for(roster, first, billing.id, asked=True).hold[0]),
        (billing.voice, billing.opening_line("")),
        (first.voice, first.spoken_lines.goodbye),
        (billing.voice, billing.greeting),
        (technical.voice, technical.spoken_lines.failed_goodbye),
    ]
    assert [line for line in prepared if line in in_order] == in_order


@pytest.mark.parametrize(
    ("greeting", "whole"),
    [
        ("Hello, this is Acme. How can I help you?", "Hello, this is Acme. It is kept. How can I help you?"),
        ("Hello.", "Hello. It is kept."),
        ("How can I help you?", "How can I help you? It is kept."),
        ("Hello! Tell me all about it.", "Hello! Tell me all about it. It is kept."),
    ],
)
def test_finding_3_the_caller_is_told_what_is_kept_behind_the_greetings_first_words(
    greeting: str, whole: str
) -> None:
    assert with_notice(greeting, "It is kept.") == whole
    assert with_notice(greeting, "") == greeting


def test_finding_3_a_notice_is_on_unless_the_house_turns_it_off(tmp_path: Path, roster: Roster) -> None:
    assert roster.house.notice in roster.role("front-desk").greeting
    folder = tmp_path / "roster"
    shutil.copytree(ROSTER, folder)
    house = (folder / "house.md").read_text(encoding="utf-8")
    for line, there in (("", DEFAULT_NOTICE), ('notice: ""\n', "")):
        changed = re.sub(r"^notice: .*\n", line, house, flags=re.MULTILINE)
        (folder / "house.md").write_text(changed, encoding="utf-8")
        assert load_roster(folder, voices=VOICES).house.notice == there


def test_roles_opening_differs_for_a_caller_it_has_spoken_with(roster: Roster) -> None:
    front_desk, billing = roster.role("front-desk"), roster.role("billing")
    assert "back" not in front_desk.opening_line("you moved")
    assert front_desk.opening_line("you moved", again=True).startswith("You are back at the front desk.")
    assert billing.opening_line("you moved", again=True) == billing.opening_line("you moved")


def test_role_has_silence_limits_of_its_own(tmp_path: Path) -> None:
    role = changed(
        tmp_path, "technical.md", "accepts: screen", "silence_ask_s: 30\nsilence_end_s: 12.5"
    ).role("technical")
    assert (role.silence_ask_s, role.silence_end_s) == (30, 12.5)


@pytest.mark.parametrize(
    ("outcome", "line"),
    [
        (HandoffState.DECLINED, "declined"),
        (HandoffState.UNANSWERED, "unanswered"),
        (HandoffState.FAILED, "failed"),
        (HandoffState.CANCELLED, "cancelled"),
    ],
)
def test_every_failed_handoff_has_its_own_way_back(roster: Roster, outcome: HandoffState, line: str) -> None:
    lines = roster.house.lines
    expected = getattr(lines, line).replace("{target}", "the billing desk")
    assert lines.returning(outcome, target="the billing desk") == expected


def test_role_without_targets_can_only_end_the_call(tmp_path: Path) -> None:
    role = changed(tmp_path, "technical.md", "transfers_to: [billing, front-desk]", "transfers_to: []").role(
        "technical"
    )
    assert role.tools == ("end_call",)


def test_role_may_do_without_a_tool(tmp_path: Path) -> None:
    roster = changed(tmp_path, "technical.md", "accepts: screen", "tools: [transfer_call]")
    assert roster.role("technical").tools == ("transfer_call",)
    assert roster.role("billing").tools == ("transfer_call", "end_call")


def test_model_of_a_role_is_known_by_its_line(tmp_path: Path) -> None:
    roster = changed(tmp_path, "technical.md", "accepts: screen", "model: openai/gpt-oss-20b")
    assert roster.role("technical").model == "openai/gpt-oss-20b"
    assert roster.role_models == {f"{tmp_path}/technical.md:8": "openai/gpt-oss-20b"}


def test_a_word_that_yaml_takes_for_no_stays_a_word(tmp_path: Path) -> None:
    assert changed(tmp_path, "billing.md", "name: the billing desk", "name: no").role("billing").name == "no"


def test_unknown_role_is_told_with_who_asked(roster: Roster) -> None:
    with pytest.raises(BadInput) as refused:
        roster.role("sales", asked_by="BATON_FIRST_ROLE")
    assert str(refused.value) == (
        "BATON_FIRST_ROLE: unknown role 'sales'; use one of billing, front-desk, technical"
    )


def changed(folder: Path, name: str, old: str, new: str) -> Roster:
    """Return Baton's own roster with one change."""
    shutil.copytree(ROSTER, folder, dirs_exist_ok=True)
    text = (folder / name).read_text(encoding="utf-8")
    assert old in text
    (folder / name).write_text(text.replace(old, new, 1), encoding="utf-8")
    return load_roster(folder, voices=VOICES)


def test_a_readme_and_hidden_files_are_left_alone(tmp_path: Path) -> None:
    folder = tmp_path / "roles"
    shutil.copytree(ROSTER, folder)
    for name in ("README.md", "readme.de.MD", ".billing.md", "._billing.md", "notes.txt"):
        (folder / name).write_text("not a role", encoding="utf-8")
    (folder / "old").mkdir()
    (folder / "old" / "sales.md").write_text("not a role", encoding="utf-8")
    assert set(load_roster(folder, voices=VOICES).names) == {"front-desk", "billing", "technical"}


def test_without_a_front_desk_the_first_file_answers_unless_a_setting_says_otherwise(tmp_path: Path) -> None:
    folder = tmp_path / "roles"
    shutil.copytree(ROSTER, folder)
    (folder / "front-desk.md").unlink()
    for name in ("billing", "technical"):
        path = folder / f"{name}.md"
        path.write_text(
            path.read_text(encoding="utf-8").replace("front-desk, ", "").replace(", front-desk", "")
        )
    roster = load_roster(folder, voices=VOICES)
    assert roster.first_role(CallSettings.model_construct()).id == "billing"
    assert roster.first_role(CallSettings.model_construct(first_role="technical")).id == "technical"
    with pytest.raises(BadInput, match="unknown role 'front-desk'"):
        roster.first_role(CallSettings.model_construct(first_role="front-desk"))


def test_the_model_is_told_the_names_of_a_role_and_its_targets(billing: Role) -> None:
    assert "\nYour name: the billing desk\n" in billing.instructions
    assert dict(billing.targets) == {"front-desk": "the front desk", "technical": "the technical desk"}
