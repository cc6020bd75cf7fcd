"""The figures of operators' acts, and the ratios between them. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum

from bench.support.statistics import ratio, summarize


class Act(StrEnum):
    """Every figure, in milliseconds. The value is its name in the table."""

    MODEL_ROW = "the model's request: its row → hold line heard"
    CLICK = "an operator's: click → hold line heard"
    CLICK_ROW = "an operator's: its row → hold line heard"
    STREAM = "an act → another operator's event stream"
    PAGE = "an act → another operator's page in Chromium"


_NAMES = {
    Act.MODEL_ROW: "model_row_to_hold",
    Act.CLICK: "click_to_hold",
    Act.CLICK_ROW: "operator_row_to_hold",
    Act.STREAM: "act_to_stream",
    Act.PAGE: "act_to_page",
}


def summarized(figures: Mapping[Act, Sequence[int]]) -> dict[str, float | int | None]:
    """Each figure as `…_p50_ms` and `…_p95_ms`, and the ratios of medians. None: not measured."""
    found: dict[str, float | int | None] = {}
    for act, name in _NAMES.items():
        values = figures.get(act)
        summary = summarize(values) if values else None
        found[f"{name}_p50_ms"] = summary.p50 if summary else None
        found[f"{name}_p95_ms"] = summary.p95 if summary else None
    model = found["model_row_to_hold_p50_ms"]
    found["hold_ratio"] = ratio(found["click_to_hold_p50_ms"], model)
    found["hold_from_row_ratio"] = ratio(found["operator_row_to_hold_p50_ms"], model)
    return found
