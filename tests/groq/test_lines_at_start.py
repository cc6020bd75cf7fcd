"""The spoken lines at the worker's start: Groq makes them; the first start waits, later ones do not."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from agents.groq.budget.budget import Budget
from agents.process.spoken_prompts import missing_prompts, prompts_of, render_prompts
from agents.roster.roster import Roster, load_roster
from agents.worker.preflight import prepare_lines
from errors import BadInput, OutOfReach
from local.groq_standin import StandIn
from persistence.records import RoleName
from readiness import GROQ, Readiness
from settings import GroqSettings, Settings
from tasks import Tasks

PROJECT = Path(__file__).parents[2]
GREETING = "Hello, who is there?"


@pytest.fixture
def roster() -> Roster:
    """The project's roster with few lines to make: one role, which hands over to nobody."""
    whole = load_roster(PROJECT / "roster", voices=GroqSettings.model_construct().voices.split())
    role = whole.roles[whole.names[0]].model_copy(update={"greeting": GREETING, "transfers_to": ()})
    return replace(whole, roles={role.id: role})


@pytest.fixture
def start(stand_in: StandIn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("GROQ_BASE_URL", stand_in.url)
    monkeypatch.setenv("GROQ_API_KEY", stand_in.key)
    monkeypatch.setenv("BATON_LINES_FOLDER", str(tmp_path / "lines"))
    return Settings()


async def test_speech_that_fails_for_now_is_out_of_reach_and_what_was_made_is_kept(
    start: Settings, roster: Roster, stand_in: StandIn
) -> None:
    many = len(prompts_of(roster, start.call))
    stand_in.control.fault("speech", "server_error", count=99, skip=many - 2)
    with pytest.raises(OutOfReach, match=r"GROQ_BASE_URL: speech for [12] lines could not be made \(503\)"):
        await render_prompts(start, roster)
    assert missing_prompts(start, roster)
    stand_in.control.clear_faults()
    before = len(stand_in.control.requests("speech"))
    await render_prompts(start, roster)
    assert not missing_prompts(start, roster)
    assert len(stand_in.control.requests("speech")) - before <= 2


async def test_model_that_is_refused_for_every_line_is_bad_input(
    start: Settings, roster: Roster, stand_in: StandIn
) -> None:
    stand_in.control.fault("speech", "unauthorized", count=99)
    with pytest.raises(BadInput, match="BATON_GROQ_SPEAKING_MODEL: Groq does not speak with") as refused:
        await render_prompts(start, roster)
    assert not isinstance(refused.value, OutOfReach)


async def test_terms_that_nobody_accepted_are_told_with_what_to_do(
    start: Settings, roster: Roster, stand_in: StandIn
) -> None:
    stand_in.control.account.terms_missing.add(start.groq.speaking_model)
    with pytest.raises(BadInput, match=r"BATON_GROQ_SPEAKING_MODEL: the terms of .* are not accepted; let"):
        await render_prompts(start, roster)


async def test_folder_that_cannot_hold_them_is_named(start: Settings, roster: Roster, tmp_path: Path) -> None:
    (tmp_path / "lines").write_text("a file")
    with pytest.raises(BadInput, match=r"BATON_LINES_FOLDER: .* cannot be written"):
        await render_prompts(start, roster)


async def test_terms_that_nobody_accepted_are_told_and_calls_are_taken_all_the_same(
    start: Settings, roster: Roster, stand_in: StandIn
) -> None:
    stand_in.control.account.terms_missing.add(start.groq.speaking_model)
    told, rest = list[str](), Tasks()
    readiness = Readiness([GROQ], tell=told.append)
    try:
        await prepare_lines(start, roster, readiness, rest, Budget())
        async with asyncio.timeout(30):
            while not told:  # noqa: ASYNC110 - another task tells
                await asyncio.sleep(0.01)
    finally:
        await rest.cancel()
    assert readiness.ready
    assert told[0].startswith("BATON_GROQ_SPEAKING_MODEL: the terms of")
    assert told[0].endswith("until then, lines are spoken live, or by this machine's spare voice")
    assert stand_in.control.account.ledger[start.groq.speaking_model].refused <= 6, "it does not insist"


async def test_a_speech_model_that_is_gone_is_no_reason_to_take_no_calls(
    start: Settings, roster: Roster, stand_in: StandIn
) -> None:
    stand_in.control.account.gone.add(start.groq.speaking_model)
    readiness, rest = Readiness([GROQ], tell=lambda _: None), Tasks()
    try:
        await prepare_lines(start, roster, readiness, rest, Budget())
    finally:
        await rest.cancel()
    assert readiness.ready


async def test_an_unknown_voice_keeps_no_line_of_another_one_back(
    start: Settings, roster: Roster, stand_in: StandIn
) -> None:
    (role,) = roster.roles.values()
    other = role.model_copy(update={"id": "other", "voice": "nobody"})
    two = replace(roster, roles={RoleName("other"): other, role.id: role})
    with pytest.raises(BadInput, match="does not know a voice of the roster"):
        await render_prompts(start, two)
    assert {voice for voice, _ in missing_prompts(start, two)} == {"nobody"}


async def test_a_start_that_has_made_lines_before_does_not_need_groq_and_the_first_one_waits(
    start: Settings, roster: Roster, stand_in: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    await render_prompts(start, roster)
    monkeypatch.setenv("GROQ_BASE_URL", "http://127.0.0.1:9")
    away, told = Settings(), list[str]()
    await prepare_lines(away, roster, Readiness([GROQ], tell=told.append), Tasks(), Budget())
    assert told == []
    some, *others = away.worker.lines_folder.iterdir()
    some.unlink()
    rest = Tasks()
    await prepare_lines(away, roster, Readiness([GROQ], tell=lambda _: None), rest, Budget())
    await rest.cancel()
    for line in others:
        line.unlink()
    asked: list[Any] = []

    class Gone(Exception):
        """Ends the wait."""

    def tell(line: str) -> None:
        asked.append(line)
        raise Gone

    with pytest.raises(Gone):
        await prepare_lines(away, roster, Readiness([GROQ], tell=tell), Tasks(), Budget())
    assert asked[0].startswith("GROQ_BASE_URL: http://127.0.0.1:9")
