"""The languages in which a role's people are understood."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import get_args, get_type_hints

from groq.types.audio.transcription_create_params import TranscriptionCreateParams

from agents.roster.languages import ENGLISH, LANGUAGES
from agents.roster.roster import load_roster
from persistence.records import RoleName
from tests.phone.on_call import ON_CALL, ROLE, add_on_call

ROSTER = Path(__file__).parents[4] / "roster"
VOICES = ("autumn", "diana", "hannah", "austin", "daniel", "troy")


def test_they_are_those_that_groq_knows() -> None:
    _, codes = get_args(get_type_hints(TranscriptionCreateParams)["language"])
    assert frozenset(get_args(codes)) == LANGUAGES


def test_a_role_of_people_has_a_language_and_the_others_are_in_english(tmp_path: Path) -> None:
    folder = tmp_path / "roster"
    shutil.copytree(ROSTER, folder)
    add_on_call(folder, role=ROLE.replace("voice: hannah", "voice: hannah\nlanguage: no"))
    roles = load_roster(folder, voices=VOICES).roles
    assert roles[RoleName(ON_CALL)].language == "no"  # Norwegian, and not YAML's false
    assert {role.language for name, role in roles.items() if name != ON_CALL} == {ENGLISH}
