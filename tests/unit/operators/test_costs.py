"""What a call cost, from the rows of its processes."""

from __future__ import annotations

from datetime import date

from agents.groq.prices import Price, Prices
from operators.costs import costs_of, notes_of
from persistence.records import CallId, Cost, JobId, Used

CALL, FIRST, SECOND = CallId("call-1"), JobId("job-1"), JobId("job-2")
PRICES = Prices(date(2026, 10, 31), {"chat": Price(prompt=1.0), "speech": Price(characters=10.0)})


def test_the_processes_of_a_call_are_added_up_and_what_was_thrown_away_stands_apart() -> None:
    costs = costs_of(
        [
            Cost(CALL, FIRST, "chat", False, Used(requests=2, prompt_tokens=1_000)),
            Cost(CALL, SECOND, "chat", False, Used(requests=1, prompt_tokens=500)),
            Cost(CALL, SECOND, "chat", True, Used(requests=1, prompt_tokens=500)),
            Cost(CALL, FIRST, "speech", False, Used(requests=1, characters=100)),
        ],
        PRICES,
    )
    chat, speech = costs.models
    assert (chat.used.requests, chat.used.prompt_tokens, chat.thrown_away.prompt_tokens) == (4, 2_000, 500)
    assert (chat.dollars, chat.dollars_thrown_away, speech.dollars) == (0.002, 0.0005, 0.001)
    assert (costs.dollars, costs.dollars_thrown_away, costs.prices_as_of) == (0.003, 0.0005, "2026-10-31")
    assert not notes_of(costs)


def test_what_has_no_price_and_what_groq_did_not_tell_are_said() -> None:
    costs = costs_of([Cost(CALL, FIRST, "new", False, Used(requests=3, untold=2))], PRICES)
    assert costs.without_price == ["new"]
    assert costs.dollars == 0
    assert notes_of(costs) == [
        "no price is known for new: add it to the price file",
        "2 answers ended before Groq sent the token count, which the sums lack",
    ]
