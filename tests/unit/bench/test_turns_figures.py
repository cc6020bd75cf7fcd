"""The turns benchmark's figures, and the script that it makes."""

from __future__ import annotations

from pathlib import Path

from bench.turns.cases import NODS_AT_S, PAUSES_S, UNFINISHED, Line, cases
from bench.turns.figures import (
    BATON,
    PLAIN,
    TARGETS,
    Answer,
    Handoff,
    Hearing,
    Interruption,
    Nod,
    Slow,
    Unfinished,
    figures,
)
from bench.turns.report import markdown
from bench.turns.script import write_script
from bench.turns.voices import VOICES
from local.groq_standin.script import load_script

LINE = Line(("my number is four", "two"), VOICES[0], 1.2, "number")
LONG_PAUSE = Line(("my number is four", "two"), VOICES[0], 2.0, "number")


def test_nothing_measured_is_null() -> None:
    found = figures([], 2_400)
    assert TARGETS.keys() <= found.keys()
    assert all(found[name] is None for name in TARGETS)
    assert "| `nods_gone_on` | not measured | ≥ 0.95 |" in list(markdown(found))


def test_each_figure_is_made_of_its_own_cases() -> None:
    found = figures(
        [
            Nod(LINE, gone_on=True),
            Nod(LINE, gone_on=False),
            Interruption(LINE, 500),
            Interruption(LINE, None),
            Handoff(LINE, 4_000, 200, 0),
            Handoff(LINE, 5_000, 240, 10),
            Hearing(20.0, 8, 30.0),
            Hearing(5.0, 3, 6.0),
            Hearing(60.0, 25, 40.0, words=False),
            Slow(LINE, heard=True),
        ],
        2_400,
    )
    assert (found["nods_gone_on"], found["interruptions_stopped"], found["stop_p95_ms"]) == (0.5, 0.5, 500)
    assert (found["to_target_p50_s"], found["to_target_p95_s"]) == (4.5, 5.0)
    assert (found["seam_ms"], found["overlap_ms"]) == (220, 10)
    assert (found["audio_sent_ratio"], found["requests_per_s"]) == (1.5, 0.6)
    assert (found["noise_requests"], found["slow_heard"]) == (25, 1.0)


def test_turns_of_which_livekits_detector_was_unsure_are_left_out_of_a_second_ratio() -> None:
    found = figures([Answer(BATON, LINE, 600), Answer(PLAIN, LINE, 1_200), Answer(PLAIN, LINE, 3_000)], 2_400)
    assert (found["turn_ratio"], found["turn_ratio_sure"], found["plain_unsure"]) == (0.286, 0.5, 1)


def test_a_pause_of_two_seconds_counts_for_the_share_of_cuts_alone() -> None:
    found = figures(
        [
            Unfinished(BATON, LINE, cut=False, heard="", whole=True),
            Unfinished(BATON, LONG_PAUSE, cut=True, heard="", whole=False),
            Unfinished(PLAIN, LINE, cut=True, heard=None, whole=False),
            Unfinished(PLAIN, LONG_PAUSE, cut=True, heard=None, whole=False),
        ],
        2_400,
    )
    assert (found["pauses_kept"], found["cut_ratio"]) == (1.0, 0.5)


def test_a_turn_that_was_not_cut_but_lost_words_is_not_kept() -> None:
    assert not Unfinished(BATON, LINE, cut=False, heard="two", whole=False).kept


def test_every_kind_has_every_pause_and_every_voice_speaks() -> None:
    for number in range(2):
        planned = cases(number)
        unfinished = {(line.kind, line.pause_s) for line in planned.unfinished}
        assert unfinished == {(kind, pause_s) for kind in UNFINISHED for pause_s in PAUSES_S}
        assert {line.voice for line in planned.lines()} == set(VOICES)
        assert all(len(nods) == len(NODS_AT_S) for nods in planned.readings)


def test_the_stand_ins_script_has_every_line_in_its_voice(tmp_path: Path) -> None:
    write_script(tmp_path / "script.json", [cases(0)])
    script = load_script(tmp_path / "script.json")
    said = {(line.parts, line.voice) for line in script.caller_lines()}
    assert {(line.parts, line.voice.name) for line in cases(0).lines()} <= said
