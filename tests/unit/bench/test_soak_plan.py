from __future__ import annotations

from bench.soak.call import Outcome
from bench.soak.health import Health
from bench.soak.plan import Kill, Moment, Victim, by_phone, plan, to_people
from bench.soak.report import figures
from local.measure.lanes import Span


def test_same_seed_gives_the_same_kills_and_another_seed_others() -> None:
    assert plan(500, 1) == plan(500, 1)
    assert plan(500, 1) != plan(500, 2)


def test_longer_run_begins_like_a_shorter_one() -> None:
    long, short = plan(500, 3), plan(50, 3)
    assert {number: kill for number, kill in long.items() if number < 50} == short


def test_about_every_tenth_call_loses_an_agent_at_every_moment_and_whoever_it_is() -> None:
    kills = plan(500, 1)
    assert len(kills) == 50
    assert [sum(first <= number < first + 10 for number in kills) for first in range(0, 500, 10)] == [1] * 50
    assert {kill.moment for kill in kills.values()} == set(Moment)
    assert {kill.victim for kill in kills.values()} == set(Victim)


def test_without_kills_there_are_none() -> None:
    assert plan(50, 1, every=0) == {}


def test_every_tenth_call_goes_to_people_and_some_lose_the_agent_between_the_two() -> None:
    talks = to_people(500, 1)
    assert len(talks) == 50
    assert talks == to_people(500, 1)
    killed = [kill for kill in talks.values() if kill is not None]
    assert len(killed) == 17
    assert all(isinstance(kill, Kill) and kill.moment is Moment.TAKEN_OVER for kill in killed)


def test_every_tenth_call_comes_by_telephone_and_none_of_those_with_kills_or_people() -> None:
    taken = {*plan(500, 1), *to_people(500, 1)}
    phones = by_phone(500, 1, taken)
    assert len(phones) == 50
    assert not phones & taken
    assert phones == by_phone(500, 1, taken)


def test_report_tells_the_lost_and_how_the_parent_has_grown() -> None:
    outcomes = [
        Outcome(0, True, "", False, Span(0, 900)),
        Outcome(1, False, "nobody spoke for 20 s", True, Span(0, 20_000), (Span(0, 50),)),
        Outcome(2, False, "", True, Span(0, 1_200)),
    ]
    found = figures(
        outcomes,
        open_rows=2,
        tenth=Health(100.0, 40, 12, 60),
        end=Health(104.0, 41, 9, 30),
        seed=1,
        at_once=4,
    )
    assert found["outcomes"] == {"handed over": 1, "lost": 1, "not handed over": 1}
    assert (found["kills"], found["lost_callers"], found["non_terminal_rows"]) == (2, 1, 2)
    assert (found["duplicates"], found["worst_silence_ms"]) == (1, 20_000)
    assert (found["memory_mb"], found["memory_grown_percent"]) == ([100.0, 104.0], 4.0)
