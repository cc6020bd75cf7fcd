"""What the benchmarks read from a call's recording, with real synthesised speech."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from bench.support.dialogue import Said, latencies, line_samples
from bench.support.environment import SCRIPT, NotMeasured
from bench.support.sound_match import likeness, line_spoken, longest_gap, reply_after, trimmed
from local.caller.tape import RATE_HZ, Samples
from local.groq_standin.script import CallerLine, load_script
from local.groq_standin.speech.language_model import language_of
from local.groq_standin.speech.recognition import Recognizer
from local.measure.lanes import Span, spans
from local.speech import GROQ_VOICES, synthesize

LINE = CallerLine(say="hello")


def spoken(text: str, voice: str = "hannah") -> Samples:
    return synthesize(text, GROQ_VOICES[voice], sample_rate=RATE_HZ).samples


def noisy(samples: Samples, *, late_s: float) -> Samples:
    noise = np.random.default_rng(1).normal(0, 60, len(samples)).astype(np.int16)
    return np.concatenate([np.zeros(round(late_s * RATE_HZ), np.int16), samples + noise])


def replies() -> Sequence[str]:
    role = load_script(SCRIPT).roles["front-desk"]
    return [exchange.say for exchange in role.exchanges if exchange.say] + [role.otherwise]


@pytest.mark.parametrize("reply", replies())
@pytest.mark.parametrize("voice", ["hannah", "troy"])
def test_each_reply_of_the_script_is_told_from_all_others(reply: str, voice: str) -> None:
    lines = {line: spoken(line, voice) for line in replies()}
    assert line_spoken(noisy(lines[reply] // 2, late_s=0.4), lines) == reply


def test_silence_is_like_nothing() -> None:
    assert likeness(np.zeros(RATE_HZ, np.int16), spoken("hello")) == 0


def test_a_line_begins_and_ends_with_sound_and_pauses_exactly_as_long_as_written() -> None:
    paused = load_script(SCRIPT).callers["pauses"][0]
    samples = line_samples(paused)
    sounds = spans(samples, RATE_HZ)
    length_ms = len(samples) * 1000 // RATE_HZ
    assert sounds[0].start_ms == 0
    assert sounds[-1].end_ms == pytest.approx(length_ms, abs=10)
    assert sounds[1].start_ms - sounds[0].end_ms == pytest.approx(paused.pause_s * 1000, abs=10)


def test_trimming_silence_alone_leaves_nothing() -> None:
    assert len(trimmed(np.zeros(RATE_HZ, np.int16))) == 0


def test_the_seam_is_the_longest_gap_at_the_marks_not_a_longer_pause_before() -> None:
    sounds = [Span(0, 1000), Span(1900, 3000), Span(3050, 3100), Span(3500, 6000)]
    assert longest_gap(sounds, since_ms=3080, until_ms=3450) == Span(3100, 3500)


def test_marks_beyond_all_sounds_have_no_gap() -> None:
    assert longest_gap([Span(0, 1000)], since_ms=900, until_ms=1100) is None


def test_a_reply_is_the_first_sound_after_the_caller_began() -> None:
    agent = [Span(0, 900), Span(2500, 3000)]
    assert reply_after(Span(1000, 2000), agent) == Span(2500, 3000)
    assert reply_after(Span(3100, 3200), agent) is None


def test_a_turns_latency_counts_from_the_callers_last_sound() -> None:
    assert latencies([Said(LINE, Span(1000, 2000))], [Span(0, 900), Span(2500, 3000)]) == [500]


@pytest.mark.parametrize(
    ("agent", "how"), [([Span(0, 900)], "was not answered"), ([Span(1500, 3000)], "was interrupted")]
)
def test_a_turn_that_is_no_turn_is_not_measured(agent: list[Span], how: str) -> None:
    with pytest.raises(NotMeasured, match=how):
        latencies([Said(LINE, Span(1000, 2000))], agent)


def test_every_word_of_the_script_can_be_recognised() -> None:
    Recognizer(load_script(SCRIPT), language_of(load_script(SCRIPT)))


def test_whole_and_both_halves_of_a_paused_sentence_have_answers_of_their_own() -> None:
    script = load_script(SCRIPT)
    answers = {exchange.patterns[0]: exchange.say for exchange in script.roles["front-desk"].exchanges}
    for line in script.callers["pauses"]:
        assert len({answers[text] for text in (line.text, *line.parts)}) == 1 + len(line.parts)
