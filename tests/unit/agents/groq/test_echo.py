"""An agent that hears itself does not answer itself; a caller who repeats its words is answered."""

from __future__ import annotations

import pytest

from agents.groq.stt.echo import EchoFilter, OwnSpeech, is_contained

SAID = (
    "Your number is four seven one nine, and the invoice of the third of March is forty nine dollars. "
    "Shall I put you through to the billing desk?"
)


@pytest.mark.parametrize(
    "heard",
    [
        "and the invoice of the third of March",
        "Invoice of the third of March is forty nine dollars.",
        "four seven one nine and the invoice the third of March is",
    ],
)
def test_words_that_the_agent_says_are_its_echo(heard: str) -> None:
    assert is_contained(heard, SAID)


@pytest.mark.parametrize(
    "heard",
    [
        "the invoice",  # too short to tell
        "No, stop.",
        "No, that is not my number, it is four seven two",
        "I want the desk for the number of the invoice",
        "",
    ],
)
def test_words_that_are_the_callers_are_not(heard: str) -> None:
    assert not is_contained(heard, SAID)


class Agent:
    """Speaks SAID; `now` is how far it has come."""

    def __init__(self) -> None:
        self.now = OwnSpeech(SAID, 0, audible=True)

    def has_come_to(self, words: str, *, audible: bool = True) -> None:
        self.now = OwnSpeech(SAID, SAID.index(words) + len(words), audible)


@pytest.fixture
def agent() -> Agent:
    return Agent()


@pytest.fixture
def echo(agent: Agent) -> EchoFilter:
    return EchoFilter(lambda: agent.now)


def test_a_turn_with_the_words_spoken_meanwhile_is_an_echo(agent: Agent, echo: EchoFilter) -> None:
    agent.has_come_to("four seven one")
    echo.turn_started()
    agent.has_come_to("third of March")
    assert echo.is_echo("seven one nine and the invoice of the third")


def test_a_caller_who_repeats_a_number_after_the_agent_is_heard(agent: Agent, echo: EchoFilter) -> None:
    agent.has_come_to("billing desk?", audible=False)
    echo.turn_started()
    assert not echo.is_echo("four seven one nine")


def test_a_caller_who_repeats_what_the_agent_said_long_before_is_heard(
    agent: Agent, echo: EchoFilter
) -> None:
    agent.has_come_to("forty nine dollars.")
    echo.turn_started()
    agent.has_come_to("Shall I put")
    assert not echo.is_echo("Number is four seven one nine.")


def test_an_echo_that_lasts_into_the_next_reply_is_one(agent: Agent, echo: EchoFilter) -> None:
    agent.has_come_to("Shall I put")
    echo.turn_started()
    agent.now = OwnSpeech("One moment, please. I am looking.", 20, audible=True)
    assert echo.is_echo("you through to the billing desk one moment")
