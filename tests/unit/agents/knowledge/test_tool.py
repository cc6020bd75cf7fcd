from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from pathlib import Path

import pytest

from agents.knowledge.knowledge import Knowledge
from agents.knowledge.tool import search_tool
from persistence.records import Lookup

Told = list[tuple[Sequence[str], Lookup]]


async def looked_up(folder: Path, question: str) -> tuple[dict[str, object], Told]:
    """Return the tool's answer and what was recorded."""
    told: Told = []
    search = search_tool(
        Knowledge(folder / "answers", folder / "index"),
        does="x",
        question="y",
        record=lambda sources, found: told.append((sources, found)),
    )
    answer = json.loads(await search({"question": question}))
    assert isinstance(answer, dict)
    return answer, told


async def test_the_model_gets_passages_with_sources_and_the_record_gets_the_sources(tmp_path: Path) -> None:
    (tmp_path / "answers").mkdir()
    (tmp_path / "answers" / "refunds.md").write_text("# Refunds\nWithin “five” days.", encoding="utf-8")
    answer, told = await looked_up(tmp_path, "money back")
    assert answer == {"passages": [{"source": "refunds.md › Refunds", "text": "Within “five” days."}]}
    assert told == [(["refunds.md › Refunds"], Lookup.FOUND)]
    assert await looked_up(tmp_path, "zebra") == ({"passages": []}, [([], Lookup.NOTHING)])


async def test_a_search_that_fails_is_told_and_logged_without_the_callers_words(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        answer, told = await looked_up(tmp_path, "my name is Purple Elephant")
    assert answer == {"passages": [], "error": "the documents cannot be searched now"}
    assert told == [([], Lookup.FAILED)]
    assert [record.getMessage() for record in caplog.records if record.name == "agents.knowledge.tool"]
    assert "Purple" not in caplog.text
