"""What calls cost, as metrics: by model, and whether the result was thrown away.

Gauges, not counters: a refusal takes back what was counted when its request was sent, and a guess turns out
wrong after it was counted. Use delta(), not rate().
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from prometheus_client.core import GaugeMetricFamily, Metric

from agents.groq.prices import Prices
from persistence.records import Used

_LABELS = ("model", "thrown_away")


def cost_families(used: Mapping[tuple[str, bool], Used], prices: Prices) -> Sequence[Metric]:
    """Return the sums of all calls so far."""
    requests = _sum("requests", "Requests of calls that Groq took.")
    refused = _sum("refused", "Requests of calls that Groq refused.")
    tokens = GaugeMetricFamily(
        "baton_groq_tokens", "Tokens of calls, as Groq told them.", labels=[*_LABELS, "kind"]
    )
    characters = _sum("characters", "Characters of speech of calls.")
    audio = _sum("billed_audio_seconds", "Seconds of audio of calls, as Groq bills them.")
    dollars = _sum("dollars", "What calls cost, by the price file; models without a price are missing.")
    for (model, thrown_away), one in used.items():
        labels = [model, "yes" if thrown_away else "no"]
        requests.add_metric(labels, one.requests)
        refused.add_metric(labels, one.refused)
        for kind, count in (
            ("prompt", one.prompt_tokens - one.cached_tokens),
            ("cached", one.cached_tokens),
            ("completion", one.completion_tokens),
        ):
            tokens.add_metric([*labels, kind], count)
        characters.add_metric(labels, one.characters)
        audio.add_metric(labels, one.billed_audio_ms / 1000)
        if (cost := prices.of(model, one)) is not None:
            dollars.add_metric(labels, cost)
    return [requests, refused, tokens, characters, audio, dollars]


def _sum(name: str, meaning: str) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"baton_groq_{name}", meaning, labels=_LABELS)
