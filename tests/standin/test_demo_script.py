"""The demo's script fits the roster: every call in it can be made, and every matter is passed on as it is."""

from __future__ import annotations

import json
from pathlib import Path

import yaml
from groq import AsyncGroq

from agents.roster.roster import load_roster
from local.groq_standin import Script
from local.groq_standin.chat.script_match import best_about
from local.groq_standin.script import Call, parse_script
from local.groq_standin.speech.language_model import language_of
from local.groq_standin.speech.recognition import Recognizer
from local.speech import GROQ_VOICES
from tests.standin.asking import SMALL, SUMMARY, message, schema

ROSTER = load_roster(Path(__file__).parents[2] / "roster", voices=GROQ_VOICES)


def calls(script: Script, role: str) -> list[Call]:
    return [call for exchange in script.roles[role].exchanges for call in exchange.calls]


def test_every_role_of_the_script_is_a_role_of_the_roster(script: Script) -> None:
    assert set(script.roles) == set(ROSTER.names)


def test_every_transfer_of_the_script_is_one_that_its_role_may_make(script: Script) -> None:
    for role in script.roles:
        allowed = ROSTER.role(role).transfers_to
        targets = {call.arguments["target"] for call in calls(script, role) if call.name == "transfer_call"}
        assert targets
        assert targets <= set(allowed), role


def test_every_transfer_has_a_summary_that_tells_its_reason(script: Script) -> None:
    for role in script.roles:
        for call in calls(script, role):
            if call.name == "transfer_call":
                assert best_about(script.summary, str(call.arguments["reason"])) is not None


async def test_the_newest_matter_of_a_nested_call_is_the_one_that_is_summed_up(groq: AsyncGroq) -> None:
    said: list[dict[str, str]] = []

    async def matter(line: str, reason: str) -> str:
        said.append({"speaker": "caller", "text": line})
        data = json.dumps({"reason": reason, "transcript": said})
        messages = [{"role": "system", "content": "Sum it up."}, {"role": "user", "content": data}]
        form = schema("summary", SUMMARY)
        answer = await message(groq, model=SMALL, messages=messages, response_format=form)
        told: str = json.loads(answer.content)["matter"]
        return told

    for line, reason in (
        (
            "My internet connection is very slow since yesterday.",
            "your internet connection is very slow since yesterday",
        ),
        (
            "I would like some money back for the days without internet.",
            "you would like some money back for the days without internet",
        ),
        ("Can I go back to the front desk please?", "you have another question for the front desk"),
    ):
        assert await matter(line, reason) == reason


def test_the_example_of_the_documentation_is_a_script() -> None:
    page = (Path(__file__).parents[2] / "docs" / "stand-in.md").read_text(encoding="utf-8")
    example = page.partition("```yaml\n")[2].partition("```")[0]
    script = parse_script(yaml.safe_load(example))
    assert set(script.roles) == {"reception", "tables"}
    assert Recognizer(script, language_of(script))
