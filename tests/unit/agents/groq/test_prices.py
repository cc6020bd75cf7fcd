"""The price file: each mistake in it is reported with its line and what would be right."""

from __future__ import annotations

from pathlib import Path

import pytest

from agents.groq.documented_limits import TIERS, Tier
from agents.groq.prices import OWN, Prices, load_prices
from errors import BadInput
from persistence.records import Used
from settings import WorkerSettings

CHAT, ORPHEUS, EAR = "openai/gpt-oss-120b", "canopylabs/orpheus-v1-english", "whisper-large-v3-turbo"


def read(path: Path | None) -> Prices:
    return load_prices(WorkerSettings.model_construct(prices=path))


def test_every_model_that_baton_uses_has_a_price() -> None:
    assert set(read(None).models) == set(TIERS[Tier.FREE])


def test_tokens_characters_and_hours_have_their_prices() -> None:
    prices = read(None)
    tokens = Used(requests=1, prompt_tokens=1_000_000, cached_tokens=400_000, completion_tokens=100_000)
    assert prices.of(CHAT, tokens) == pytest.approx(0.6 * 0.15 + 0.4 * 0.075 + 0.1 * 0.6)
    assert prices.of(ORPHEUS, Used(characters=500)) == pytest.approx(0.011)
    assert prices.of(EAR, Used(audio_ms=2_000, billed_audio_ms=36_000)) == pytest.approx(0.0004)
    assert prices.of("another/model", tokens) is None


WRONG = [
    ("as_of: 2026-10-31", "as_of: soon", 2, "as_of is 'soon', which is no date", "2026-10-31"),
    ("as_of: 2026-10-31\n", "", 1, "as_of is missing", "as_of: 2026-10-31"),
    ("prompt: 0.15", "prompt: -0.15", 5, "prompt of openai/gpt-oss-120b is '-0.15'", "from 0 to 1000"),
    ("prompt: 0.15", "prompt: nan", 5, "is 'nan'", "a number"),
    ("prompt: 0.15", "prompt: $0.15", 5, "is '$0.15'", "without a sign"),
    ("prompt: 0.15", "prompt: 150000", 5, "is '150000'", "from 0 to 1000"),
    ("prompt: 0.15", "promt: 0.15", 5, "unknown field 'promt'", "prompt, cached, completion"),
    (
        "cached: 0.075",
        "cached: 0.2",
        6,
        "a cached token costs more than one that is not",
        "write 0.15 or less",
    ),
    ("    audio_hour: 0.111\n", "", 14, "whisper-large-v3 has no prices", "its prices below it"),
    ("    completion: 0.60\n", "", 4, "openai/gpt-oss-120b has prompt but no completion", "write completion"),
    ("as_of:", "as_off:", 2, "unknown field 'as_off'", "as_of or models"),
    ("prompt: 0.15", "prompt 0.15", 6, "is not YAML", "correct the indentation"),
]


@pytest.mark.parametrize(("found", "written", "line", "wrong", "right"), WRONG)
def test_nonsense_is_told_with_its_line(
    tmp_path: Path, found: str, written: str, line: int, wrong: str, right: str
) -> None:
    path = tmp_path / "mine.md"
    path.write_text(OWN.read_text().replace(found, written, 1))
    with pytest.raises(BadInput) as caught:
        read(path)
    first = caught.value.each[0]
    assert first.where == f"{path}:{line}"
    assert wrong in first.wrong
    assert right in first.right


def test_cached_tokens_without_a_price_cost_as_much_as_others(tmp_path: Path) -> None:
    path = tmp_path / "mine.md"
    path.write_text(OWN.read_text().replace("    cached: 0.075\n", ""))
    cached = Used(requests=1, prompt_tokens=1_000_000, cached_tokens=1_000_000)
    assert read(path).of(CHAT, cached) == pytest.approx(0.15)


def test_every_mistake_is_told_at_once(tmp_path: Path) -> None:
    path = tmp_path / "mine.md"
    path.write_text(OWN.read_text().replace("0.15", "free").replace("22.00", "-1"))
    with pytest.raises(BadInput) as caught:
        read(path)
    assert [each.where for each in caught.value.each] == [f"{path}:5", f"{path}:17"]


def test_a_file_that_is_missing_is_told() -> None:
    with pytest.raises(
        BadInput, match=r"nowhere\.md: is missing; put it there; Baton comes with one to copy"
    ):
        read(Path("nowhere.md"))
