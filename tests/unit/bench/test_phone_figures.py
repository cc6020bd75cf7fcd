"""The figures of `make bench-phone`, from the events at a telephone and the outcome of each answer."""

from __future__ import annotations

from pathlib import Path
from unittest.mock import Mock

import numpy as np

from bench.phone.accept import amplitude
from bench.phone.answers import KINDS, SETS, answers, tone
from bench.phone.cancelling import double_invites
from bench.phone.machines import Heard, figures_of_sets
from bench.phone.outcomes import Outcome, figures
from local.caller.tape import RATE_HZ
from local.phone.softphone import Happened, Softphone
from local.speech import resample
from persistence.phones import DialState


def phone_with(*happened: tuple[str, int]) -> Softphone:
    phone = Softphone(Mock(), 5060, "+15550100")
    phone.happened = [Happened(what, float(at), {"call": call}) for at, (what, call) in enumerate(happened)]
    return phone


def test_calls_one_after_the_other_are_no_double_invites() -> None:
    assert not double_invites(phone_with(("invited", 1), ("ended", 1), ("invited", 2), ("ended", 2)))


def test_a_call_while_another_is_there_is_a_double_invite() -> None:
    assert double_invites(phone_with(("invited", 1), ("invited", 2), ("ended", 1), ("invited", 3))) == 2


def test_outcomes_that_are_wrong_or_silent_for_too_long_are_named() -> None:
    found = figures(
        [Outcome("486", "", 500), Outcome("603", "declined twice", 400), Outcome("404", "", 2_100)]
    )
    assert found["outcomes_right"] == 2
    assert found["outcomes"] == 3
    assert found["silences_over_2_s"] == ["404"]
    assert found["longest_silence_ms"] == 2_100


def test_there_are_eighty_answers_of_six_kinds_and_people_have_six_voices() -> None:
    tuned = [answer for answer in answers().all if answer.of == "tuned"]
    assert len(tuned) == 80
    assert {answer.kind for answer in tuned} == set(KINDS)
    assert len({answer.voice for answer in tuned if answer.kind == "person"}) == 6


def test_answers_that_were_kept_back_share_neither_words_nor_voices_with_the_others() -> None:
    tuned, kept_back = ([each for each in answers().all if each.of == name] for name in SETS[:2])
    assert len(kept_back) == 38
    assert not {each.voice for each in tuned} & {each.voice for each in kept_back}
    assert not {" ".join(each.says) for each in tuned} & {" ".join(each.says) for each in kept_back}


def test_no_german_answer_is_in_the_script_of_what_the_stand_in_hears() -> None:
    heard = {line["say"] for line in answers().script()["callers"]["telephones"]}
    german = [each for each in answers().all if each.of == "german"]
    assert len(german) == 10
    assert not heard & {part for each in german for part in each.says}


def test_a_sound_says_when_its_words_begin_and_end(tmp_path: Path) -> None:
    made = answers()
    mailbox = next(answer for answer in made.all if answer.kind == "mailbox")
    sound = made.sound(mailbox, tmp_path)
    assert 0.4 <= sound.begins_s < sound.ends_s < 10


def test_a_tones_amplitude_is_that_of_this_tone_alone() -> None:
    other = resample(tone(1_000.0, 1.0).astype(np.int16), 8_000, RATE_HZ)
    assert amplitude(other, 1_000.0) > 7_000
    assert amplitude(other, 3_000.0) < 8


def test_figures_of_answers_are_of_each_set_and_name_who_was_bridged_and_who_was_not_told() -> None:
    def heard(of: str, kind: str, outcome: DialState, verdict_ms: int | None = None) -> Heard:
        answer = next(each for each in answers().all if (each.of, each.kind) == (of, kind))
        return Heard(answer, outcome is DialState.ACCEPTED, outcome, None, verdict_ms, None)

    found = figures_of_sets(
        [
            heard("tuned", "mailbox", DialState.MACHINE, 400),
            heard("tuned", "menu", DialState.ACCEPTED, 600),
            heard("tuned", "person", DialState.MACHINE),
            heard("kept_back", "screening", DialState.NOT_ACCEPTED, 24_000),
        ]
    )
    assert list(found) == ["tuned", "kept_back"]
    assert found["tuned"]["machines bridged"] == ["tuned-menu-1"]
    assert found["tuned"]["people called machines"] == ["tuned-person-1"]
    assert found["tuned"]["machines told"] == "1 of 2"
    assert found["tuned"]["verdict_p95_ms"] == 400, "of those that were told"
    assert found["kept_back"]["not told"] == ["kept_back-screening-1"]
