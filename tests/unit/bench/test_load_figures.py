"""The figures of `make bench-load`, from what was measured."""

from __future__ import annotations

import os
from dataclasses import replace

import numpy as np

from bench.load.__main__ import steady_figures
from bench.load.account import Talk as AccountTalk
from bench.load.account import account_figures
from bench.load.arrivals import Arrivals, out_of_order
from bench.load.callers import babble
from bench.load.calling import is_taken
from bench.load.noise import Talk, noise_figures
from bench.load.plan import Heard
from bench.load.shares import Used, busiest, memory_of
from bench.load.steady import Steady
from persistence.records import Call
from tests.contract.building import a_call


def test_ratios_are_of_the_means_of_both_sides() -> None:
    others = {"callers": 0.2, "livekit-server": 0.04}
    found = steady_figures(
        [
            Steady("baton", 0.06, 100.0, 45.0, 900.0, others, ()),
            Steady("plain", 0.10, 120.0, 66.0, 800.0, others, ()),
            Steady("plain", 0.10, 130.0, 66.0, 800.0, {"callers": 0.3, "livekit-server": 0.04}, ()),
            Steady("baton", 0.08, 100.0, 45.0, 900.0, others, ()),
        ]
    )
    assert (found["core_ratio"], found["memory_ratio"]) == (0.7, 0.8)
    assert (found["baton_own_memory_mib_a_call"], found["plain_own_memory_mib_a_call"]) == (45.0, 66.0)
    assert (found["baton_worker_memory_mib"], found["plain_worker_memory_mib"]) == (900, 800)
    assert (found["callers_cores"], found["livekit_server_cores"]) == (0.225, 0.04)


def test_callers_who_gave_up_are_not_lost() -> None:
    alone = [Heard(room="a", greeted_s=0.8, taken_s=0.8, turns_s=(1.0, 1.0), silences_s=(0.8, 1.0, 1.0))]
    heard = [
        Heard(room="b", greeted_s=1.0, taken_s=1.0, turns_s=(1.0, 1.2), silences_s=(1.0, 1.2)),
        Heard(room="c", greeted_s=1.5, gave_up=True, silences_s=(1.5,)),
        Heard(room="d", lost="nobody spoke"),
    ]
    found = Arrivals(alone, heard, (), asked_again=0, cores=0.5).figures()
    assert (found["arrived"], found["taken"], found["gave_up"], found["lost"]) == (3, 1, 1, 1)
    assert (found["greeted_p95_s"], found["turn_ratio"], found["longest_silence_s"]) == (1.5, 1.2, 1.5)


def test_callers_in_line_are_taken_in_the_order_in_which_they_came() -> None:
    def waited(queued_at: int | None, admitted_at: int | None) -> Call:
        return replace(a_call(), queued_at=queued_at, admitted_at=admitted_at)

    in_order = [waited(None, None), waited(1_000, 9_000), waited(2_000, 9_500), waited(3_000, 30_000)]
    assert out_of_order(in_order) == 0
    assert out_of_order([*in_order, waited(1_500, 20_000)]) == 1, "who came third was taken 10 s earlier"
    assert out_of_order([*in_order, waited(500, None)]) == 0, "gave up"
    assert [is_taken(call) for call in (*in_order[:2], waited(500, None))] == [True, True, False]


def test_the_processes_with_calls_are_those_that_used_the_most() -> None:
    used = Used({1: 0.1, 2: 3.0, 3: 2.0}, over_s=10.0)
    assert busiest(used, 2) == [2, 3]
    assert used.cores == 0.51


def test_the_memory_of_this_process_is_known_and_that_of_none_is_nothing() -> None:
    here, nowhere = memory_of(os.getpid()), memory_of(2**22 + 1)
    assert 5 < here.own_mib < here.shared_out_mib
    assert (nowhere.own_mib, nowhere.shared_out_mib) == (0, 0)


def test_noise_is_told_by_the_others_turns_and_by_what_each_call_has_asked_for() -> None:
    quiet = Talk([1.0] * 19 + [1.2], [30, 34], noisy=None, asked=64, refused=0)
    loud = Talk([1.1] * 19 + [1.32], [31, 33], noisy=12, asked=80, refused=4)
    found = noise_figures(quiet, loud)
    assert found["noise_turn_ratio"] == 1.1
    assert (found["noise_requests"], found["talk_requests"]) == (12, 32)
    assert found["noise_refused_share"] == 0.05


def test_babble_is_never_silent() -> None:
    lines = [np.full(8_000, 300, np.int16), np.full(5_000, -700, np.int16)]
    sound = babble(lines)
    assert len(sound) == 80_000
    assert np.abs(sound).min() > 1_000


def test_guesses_that_are_missing_on_a_shared_account_show_as_fewer_requests_a_turn() -> None:
    heard = [Heard(room="a", turns_s=(1.0, 1.0), silences_s=(1.0, 3.2)), Heard(room="b", lost="nobody spoke")]
    alone = AccountTalk(heard, requests=12, handed_over=1, troubles=(), asked=12, refused=0)
    shared = AccountTalk(heard, requests=8, handed_over=1, troubles=("chat 429",), asked=200, refused=1)
    found = account_figures(alone, shared)
    assert (found["account_requests_a_turn_alone"], found["account_requests_a_turn"]) == (6.0, 4.0)
    assert (found["account_silences"], found["account_longest_silence_s"], found["account_lost"]) == (
        1,
        3.2,
        1,
    )
    assert (found["account_refused_share"], found["account_troubles"]) == (0.005, ["chat 429"])
