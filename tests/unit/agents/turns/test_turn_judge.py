"""How long a silence has to be to end a turn, and when a nod is an answer."""

from __future__ import annotations

from typing import get_args

import pytest

from agents.turns.expectation import Expects
from agents.turns.patience import NOT_ANSWERED, PATIENCE
from agents.turns.turn_judge import SilentAgent, TurnJudge
from settings import TurnTaking

BALANCED = PATIENCE["balanced"]
WHOLE, NUMBER = "I was charged twice for my last invoice.", "my number is four seven one"
BEFORE_S = 0.6
"""The silence that used to end every turn."""


class Agent(SilentAgent):
    """An agent whose state the test sets."""

    def __init__(self, *, speaks: bool = False, question: bool = False, asked: Expects | None = None) -> None:
        self.agent_speaks, self.question_is_open, self.asked = speaks, question, asked


def judge(agent: SilentAgent) -> TurnJudge:
    return TurnJudge(BALANCED, floor=agent)


@pytest.mark.parametrize("finished", [None, 0.2, 0.9])
def test_a_complete_sentence_is_answered_sooner_than_before(finished: float | None) -> None:
    assert BALANCED.silence_s(WHOLE, None, finished) < BEFORE_S
    assert BALANCED.silence_s("yes", None, finished) == BALANCED.done_s


def test_a_voice_that_goes_on_is_waited_for() -> None:
    assert BALANCED.silence_s(WHOLE, None, 0.05) == BALANCED.doubt_s


@pytest.mark.parametrize("finished", [None, 0.05, 0.95])
def test_a_pause_of_a_second_and_a_half_in_a_number_is_survived(finished: float | None) -> None:
    assert 1.5 + 0.25 < BALANCED.silence_s(NUMBER, None, finished) <= 2.5


def test_the_longer_the_patience_the_longer_every_silence() -> None:
    hasty, balanced, patient = (PATIENCE[kind] for kind in get_args(TurnTaking))
    for field in ("done_s", "plain_s", "doubt_s", "unfinished_s"):
        assert getattr(hasty, field) < getattr(balanced, field) < getattr(patient, field) <= 2.5


def test_each_pause_between_sentences_ends_a_turn_that_no_agent_answers() -> None:
    person = TurnJudge(NOT_ANSWERED)
    for words in (WHOLE, NUMBER, "yes", "I will send it to"):
        assert person.silence_s(words, 0.05) == 0.6 < BALANCED.silence_s("I will send it to", None, None)


def test_what_the_agent_asked_for_decides() -> None:
    assert judge(Agent(asked=Expects.SPELLING)).silence_s("Smith", None) == BALANCED.unfinished_s
    assert judge(Agent()).silence_s("Smith", None) == BALANCED.plain_s


def test_a_nod_is_one_while_the_agent_speaks_and_an_answer_once_it_has_asked() -> None:
    assert judge(Agent(speaks=True)).is_nod("okay", speech_s=0.4)
    assert judge(Agent(speaks=True, question=True)).is_nod("yeah", speech_s=0.4)
    assert judge(Agent(speaks=False)).is_nod("okay", speech_s=0.4)
    assert not judge(Agent(speaks=False, question=True)).is_nod("yeah", speech_s=0.4)


def test_long_or_other_words_are_no_nod() -> None:
    assert not judge(Agent(speaks=True)).is_nod("okay okay okay okay", speech_s=1.2)
    assert not judge(Agent(speaks=True)).is_nod("stop", speech_s=0.3)
