"""The calculations of `make bench-people`, from a recording and a queue's rows."""

from __future__ import annotations

import numpy as np
import pytest

from bench.people.__main__ import KEYS
from bench.people.figures import (
    FAR_BELOW_DB,
    below_db,
    delay_ms,
    drift_ms_a_minute,
    first_sound_ms,
    last_sound_ms,
    tone_level,
)
from bench.people.office import TONE_HZ, greeting, tone
from bench.people.queueing import overtaken
from bench.people.simulating import read_report
from bench.people.whispering import COACH_HZ, Whispered
from bench.support.environment import NotMeasured
from local.caller.tape import RATE_HZ, Samples
from local.measure.lanes import Span
from persistence.people import EntryId, Offer, OfferId, Person, QueueEntry
from persistence.records import CallId, RoleName

LOUD = 8_000


def test_the_last_line_has_the_keys_that_the_issue_names() -> None:
    assert set(KEYS) == {
        *("accept_p95_ms", "seam_ratio", "bridge_ms", "whisper_leaks", "two_winners"),
        *("overtaken", "forgotten", "wait_error", "barge_p95_ms"),
    }


def test_a_tone_is_found_as_loud_as_it_is_and_in_the_pauses_of_speech_too() -> None:
    assert tone_level(tone(0.5, TONE_HZ), TONE_HZ) == pytest.approx(LOUD, rel=0.02)
    assert tone_level(tone(0.5, COACH_HZ), TONE_HZ) == 1.0, "another tone"
    speech = np.concatenate([greeting(), np.zeros(RATE_HZ, np.int16)])
    faint = (tone(len(speech) / RATE_HZ, TONE_HZ)[: len(speech)] / 100).astype(np.int16)
    assert tone_level(speech + faint, TONE_HZ) == pytest.approx(LOUD / 100, rel=0.1)


def test_speech_alone_has_no_tone() -> None:
    assert below_db(LOUD, tone_level(greeting(), TONE_HZ)) >= FAR_BELOW_DB
    assert below_db(LOUD, tone_level(greeting(), COACH_HZ)) >= FAR_BELOW_DB


def test_a_tone_that_is_not_60_db_lower_has_leaked() -> None:
    assert Whispered("coaching", 59.9).leaked
    assert not Whispered("coaching", 60.0).leaked


@pytest.mark.parametrize("late_ms", [0, 37, 150, 900])
def test_a_delay_is_found_to_the_millisecond(late_ms: int) -> None:
    said = np.pad(greeting(), (2_000, 30_000))
    assert delay_ms(said, _later(said, late_ms)) == pytest.approx(late_ms, abs=1)


def test_a_delay_that_grows_is_a_drift_and_one_odd_measurement_is_none() -> None:
    steady = [(at, 80.0) for at in range(0, 120, 5)]
    assert drift_ms_a_minute(steady) == 0
    assert drift_ms_a_minute([*steady[:-1], (115.0, 400.0)]) == 0
    assert drift_ms_a_minute([(at, 80 + at / 10) for at in range(0, 120, 5)]) == pytest.approx(6)
    assert drift_ms_a_minute(steady[:1]) == 0


def test_sounds_are_told_beside_a_moment() -> None:
    sounds = [Span(0, 500), Span(900, 2_000)]
    assert last_sound_ms(sounds, since_ms=1_000, until_ms=1_500) == 1_500
    assert last_sound_ms(sounds, since_ms=1_000, until_ms=3_000) == 2_000
    assert last_sound_ms(sounds, since_ms=2_500, until_ms=3_000) == 2_500
    assert first_sound_ms(sounds, since_ms=600) == 900
    assert first_sound_ms(sounds, since_ms=1_000) == 1_000
    assert first_sound_ms(sounds, since_ms=2_000) is None


def test_whoever_rang_before_somebody_older_who_waited_has_overtaken_them() -> None:
    entries = [_entry(number) for number in (1, 2, 3)]
    assert overtaken(entries, [_rang(10), _rang(11), _rang(12)]) == 0
    assert overtaken(entries, [_rang(12), _rang(11), _rang(13)]) == 1
    assert overtaken(entries, [(), _rang(11), _rang(12)]) == 1, "the oldest never rang"
    assert overtaken(entries, [(), _rang(1), ()]) == 0, "the oldest was not there yet"


def test_what_the_machine_broke_is_told_by_its_words() -> None:
    days = "".join(
        f'<testcase classname="test_expected_wait" name="{n}"><properties>'
        f'<property name="wait_error" value="{error}"/></properties></testcase>'
        for n, error in enumerate((0.1, 0.2, 0.15))
    )
    case = '<testcase classname="tests.test_queue_machine" name="m">{}</testcase>'
    whole = read_report(f"<testsuite>{case.format('')}{days}</testsuite>")
    assert whole.wait_error == 0.15
    assert set(whole.broken.values()) == {0}
    for name, words in {
        "overtaken": "an older caller was overtaken",
        "forgotten": "forgotten: [entry]",
        "two_winners": "assert 2 == 1",
    }.items():
        failure = f'<failure message="{words}">at some line</failure>'
        found = read_report(f"<testsuite>{case.format(failure)}{days}</testsuite>")
        assert found.broken == {**dict.fromkeys(found.broken, 0), name: 1}
    with pytest.raises(NotMeasured):
        read_report(f"<testsuite>{case.format('')}</testsuite>")


def _later(samples: Samples, ms: int) -> Samples:
    by = ms * RATE_HZ // 1000
    return np.pad(samples, (by, 0))[: len(samples)]


def _entry(number: int) -> QueueEntry:
    role, people = RoleName("care"), (Person("Mia"),)
    return QueueEntry(
        EntryId(f"entry-{number}"), CallId(f"call-{number}"), role, number, number + 5, people, 1
    )


def _rang(at: int) -> tuple[Offer, ...]:
    role = RoleName("care")
    return (Offer(OfferId(f"offer-{at}"), EntryId("entry"), CallId("call"), role, Person("Mia"), at, at),)
