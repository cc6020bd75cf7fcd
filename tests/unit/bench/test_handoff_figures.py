"""The handoff benchmark's figures and its last line."""

from __future__ import annotations

import json

from bench.handoff.figures import RATIOS, Figure, Measured, gather, ratios
from bench.handoff.report import last_line
from bench.support.dialogue import Pauses
from local.groq_standin.latencies import LIKE_GROQ


def test_all_values_of_all_rounds_are_gathered() -> None:
    rounds = [Measured({Figure.TURN: [1, 2]}), Measured({Figure.TURN: [3], Figure.SEAM: [4]})]
    gathered = gather(rounds)
    assert gathered[Figure.TURN] == [1, 2, 3]
    assert gathered[Figure.SEAM] == [4]
    assert gathered[Figure.READY] == []


def test_every_ratio_is_batons_figure_over_its_baselines() -> None:
    figures = {figure: [400] if figure.startswith("Baton") else [500, 100, 500] for figure in Figure}
    found = ratios(figures)
    assert set(found) == {name + suffix for name in RATIOS for suffix in ("", "_p95")}
    assert set(found.values()) == {0.8}


def test_a_ratio_without_one_of_its_sides_is_null() -> None:
    found = ratios({Figure.SEAM: [40]})
    assert found["seam_ratio"] is None
    assert found["seam_ratio_p95"] is None


def test_pauses_add_up() -> None:
    assert sum([Pauses(1, 0), Pauses(2, 1)], Pauses()) == Pauses(3, 1)


def test_the_last_line_is_json_with_ratios_pauses_rounds_and_latencies() -> None:
    figures = {figure: [100] for figure in Figure}
    line = last_line(
        figures, {"plain": Pauses(20, 3), "Baton": Pauses(20, 1)}, rounds=20, latencies=LIKE_GROQ
    )
    name, _, text = line.partition(" ")
    assert name == "bench-handoff:"
    told = json.loads(text)
    assert told["turn_ratio"] == told["turn_ratio_p95"] == 1.0
    assert (told["cut_pauses"], told["plain_cut_pauses"], told["rounds"]) == (1, 3, 20)
    assert told["latencies"] == LIKE_GROQ.model_dump()
