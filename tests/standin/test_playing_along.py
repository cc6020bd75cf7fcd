"""What the stand-in invents for a roster without a script: any roles, any language, by voice or typed."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from typing import Any

import pytest
from groq import AsyncGroq

from local.groq_standin import Script, StandIn, standin
from local.groq_standin.chat.names import asked_for
from local.groq_standin.speech.language_model import language_of
from local.groq_standin.speech.recognition import SAMPLE_RATE, Recognizer
from local.speech import CALLER, synthesize
from tests.standin.asking import END, SCREENING, SMALL, SUMMARY, TEXT, message, schema, speak, thing, tool

GERMAN = {"rechnung": "das Büro für Rückfragen", "technik": "die Störungsstelle"}
ROSTERS: Mapping[str, Mapping[str, str]] = {
    "English": {"billing": "the billing desk", "technical": "the technical desk"},
    "German": GERMAN,
    "Polish": {"ksiegowosc": "księgowość", "serwis": "serwis techniczny"},
    "Greek": {"logistirio": "το λογιστήριο", "techniki": "η τεχνική υποστήριξη"},
    "Japanese": {"uketsuke": "受付", "keiri": "経理部"},
}


def transfer(targets: Mapping[str, str]) -> dict[str, Any]:
    """Return the tool as Baton describes it."""
    described = "; ".join(f"{role}: {name}" for role, name in targets.items())
    return tool(
        "transfer_call",
        thing({"target": {**TEXT, "enum": list(targets), "description": described}, "reason": TEXT}),
    )


@pytest.fixture
async def server() -> AsyncIterator[StandIn]:
    async with standin(Script(), recognizer=Recognizer(Script(), language_of(Script(), GERMAN))) as running:
        yield running


@pytest.fixture
async def groq(server: StandIn) -> AsyncIterator[AsyncGroq]:
    async with AsyncGroq(api_key=server.key, base_url=server.url, max_retries=0) as client:
        yield client


async def answer(
    groq: AsyncGroq, *said: str, targets: Mapping[str, str] = GERMAN, end: bool = True
) -> tuple[str, list[tuple[str, dict[str, str]]]]:
    """Return reception's answer to the last of these lines: its words, and its tool calls."""
    system = "Rules.\n\nYour role: empfang\nYour name: der Empfang\n\nDu bist der Empfang."
    messages: list[dict[str, str]] = [{"role": "system", "content": system}]
    for line in said:
        messages += [{"role": "user", "content": line}, {"role": "assistant", "content": "Ja."}]
    tools = [*([transfer(targets)] if targets else []), *([END] if end else [])]
    got = await message(groq, messages=messages[:-1] if said else messages, tools=tools or None)
    calls = [(call.function.name, json.loads(call.function.arguments)) for call in got.tool_calls or []]
    return got.content or "", calls


async def test_it_answers_in_the_roles_name_and_says_what_it_can_do(groq: AsyncGroq) -> None:
    for said in ((), ("Hello?",), ("what can you do",), ("Put me through to Empfang",)):
        words, _ = await answer(groq, *said)
        assert "did not understand" not in words
    for said in ((), ("Hello?",), ("what can you do",), ("purple elephants dance",)):
        words, calls = await answer(groq, *said)
        assert words.startswith("This is der Empfang.")
        assert "das Büro für Rückfragen or die Störungsstelle" in words
        assert "goodbye" in words
        assert calls == []
    assert "did not understand" in words


async def test_a_role_without_targets_or_tools_promises_neither(groq: AsyncGroq) -> None:
    words, _ = await answer(groq, "hello", targets={})
    assert "cannot put you through to anybody" in words
    words, calls = await answer(groq, "goodbye", targets={}, end=False)
    assert (words, calls) == ("You are welcome. Goodbye.", [])


async def test_a_role_with_documents_looks_up_what_it_is_asked_and_reads_the_passage_out(
    groq: AsyncGroq,
) -> None:
    tools = [tool("search_knowledge", thing({"question": TEXT})), END]
    messages: list[dict[str, Any]] = [{"role": "user", "content": "how do I get my money back"}]
    got = await message(groq, messages=messages, tools=tools)
    (call,) = got.tool_calls
    assert json.loads(call.function.arguments) == {"question": "how do I get my money back"}
    messages.append({"role": "assistant", "content": None, "tool_calls": [call.model_dump()]})
    passages = [
        {"source": "refunds.md › Refunds", "text": "Within five days.\n\nBy card. " + "And so on. " * 40}
    ]
    for found, said in (
        (passages, "Within five days. By card. And so on."),
        ([], "I find nothing about that."),
    ):
        data = json.dumps({"passages": found})
        answer = [*messages, {"role": "tool", "tool_call_id": call.id, "content": data}]
        words = (await message(groq, messages=answer, tools=tools)).content
        assert words.startswith(said)
        assert len(words.split()) <= 40


async def test_goodbye_ends_the_call_in_more_than_one_language(groq: AsyncGroq) -> None:
    for said in ("Thank you, goodbye.", "Tschüss!", "до свидания"):
        assert await answer(groq, said) == ("You are welcome. Goodbye.", [("end_call", {})])


@pytest.mark.parametrize(
    "said",
    [
        "Put me through to das Büro für Rückfragen, please.",
        "buro fur ruckfragen",
        "Rechnung, bitte",
        "I want to talk to Rechnung",
        "not die Störungsstelle, Rückfragen... das Büro für Rückfrage",
    ],
)
async def test_a_target_that_is_asked_for_by_name_gets_the_call(groq: AsyncGroq, said: str) -> None:
    _, calls = await answer(groq, said)
    reason = "you would like to speak with das Büro für Rückfragen"
    assert calls == [("transfer_call", {"target": "rechnung", "reason": reason})]


async def test_the_reason_tells_what_the_caller_said_before(groq: AsyncGroq) -> None:
    _, [(_, arguments)] = await answer(groq, "hello", "My invoice is wrong!", "what can you do", "Rechnung")
    reason = "you would like to speak with das Büro für Rückfragen about “My invoice is wrong”"
    assert arguments["reason"] == reason
    _, [(_, arguments)] = await answer(groq, "My invoice is wrong, please put me through to Rechnung")
    assert arguments["reason"] == reason


async def test_the_target_is_told_the_matter_and_takes_the_call(groq: AsyncGroq) -> None:
    said = [{"speaker": "caller", "text": "My invoice is wrong."}, {"speaker": "empfang", "text": "Ja."}]
    data = json.dumps({"reason": "you would like to speak with X", "transcript": said})
    ask: dict[str, Any] = {"model": SMALL, "messages": [{"role": "user", "content": data}]}
    summary = json.loads((await message(groq, **ask, response_format=schema("summary", SUMMARY))).content)
    assert summary["matter"] == "you would like to speak with X"
    assert "My invoice is wrong" in summary["wanted"]
    screening = await message(groq, **ask, response_format=schema("screening", SCREENING))
    assert json.loads(screening.content) == {"accept": True, "reason": ""}


@pytest.mark.parametrize("language", ROSTERS)
async def test_names_of_any_language_are_understood_by_voice(language: str) -> None:
    names = ROSTERS[language]
    recognizer = Recognizer(Script(), language_of(Script(), names))
    for role, name in names.items():
        for line in (f"please put me through to {name}", f"I want to talk to {role}"):
            spoken = synthesize(line, CALLER, sample_rate=SAMPLE_RATE)
            heard = await recognizer.recognize(spoken.samples)
            assert asked_for(heard.words, names) == role, (line, heard.words)


@pytest.mark.parametrize(
    "text", ["Grüß Gott, Büro Müller.", "отдел продаж", "経理部です", "الحسابات", "ไทย 😀"]
)
async def test_text_of_any_language_is_spoken(groq: AsyncGroq, text: str) -> None:
    assert len(await speak(groq, input=text)) > 10_000
