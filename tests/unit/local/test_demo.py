"""What the demo reports about a call, and what it counts as a leak."""

from __future__ import annotations

from dataclasses import replace

import pytest

from local.caller.inbox import Kind, Received
from local.demo.checks import Check, judge, talked_to_the_end
from local.demo.leaks import leaks
from local.demo.measures import Heard, Measures, Recorded, measure, seam
from local.demo.picture import bands
from local.measure.lanes import Span
from local.timeline.picture import Band
from persistence.records import (
    Call,
    CallId,
    Event,
    Handoff,
    HandoffId,
    HandoffState,
    JobId,
    RoleName,
    Turn,
    WorkerId,
)

CALL = Call(
    CallId("call"),
    "room",
    "caller",
    RoleName("billing"),
    JobId("job-2"),
    WorkerId("worker"),
    started_at=10_000,
)
HANDOFF = Handoff(
    id=HandoffId("handoff"),
    call_id=CALL.id,
    from_role=RoleName("front-desk"),
    from_job=JobId("job-1"),
    target=RoleName("billing"),
    reason="you were charged twice for your last invoice",
    requested_by="model",
    idempotency_key="key",
    state=HandoffState.COMPLETED,
    requested_at=16_000,
    accepted_at=16_410,
    seam_ms=320,
    music_ms=0,
    summary='{"matter": "you were charged twice", "done": "", "facts": {"no": "4711"}, "mood": "annoyed"}',
)
MOVES = ((16_000, "requested"), (16_010, "dispatching"), (16_410, "accepted"), (19_000, "completed"))
RECORDED = Recorded(
    call=CALL,
    turns=[
        Turn(CALL.id, 1, "caller", "I was charged twice", 13_000, 15_000),
        Turn(CALL.id, 2, "billing", "Hello. I understand that you were charged twice.", 19_300, 23_000),
    ],
    handoffs=[HANDOFF],
    events=[
        Event(number, CALL.id, HANDOFF.id, "handoff", None, state, "job-1", at)
        for number, (at, state) in enumerate(MOVES)
    ],
)
HEARD = Heard(
    caller=[Span(3000, 5000), Span(13_800, 15_000)],
    voices={
        "agent-1": [Span(1100, 2600), Span(5700, 9000)],
        "agent-2": [Span(9300, 13_000), Span(15_600, 17_000)],
    },
    music=[],
)
FINE = measure(HEARD, RECORDED)


def received(kind: Kind, text: str, topic: str = "") -> Received:
    return Received(kind, "agent-1", topic, text, 7_000)


def judged(
    heard: Heard = HEARD,
    recorded: Recorded = RECORDED,
    measures: Measures = FINE,
    leaked: tuple[Received, ...] = (),
    behind: tuple[int, ...] = (),
    trouble: Exception | None = None,
) -> dict[str, Check]:
    checks = [talked_to_the_end(trouble), *judge(heard, recorded, measures, leaked, behind)]
    return {check.claim: check for check in checks}


def test_a_call_is_measured_at_the_ear_and_in_the_store() -> None:
    assert Measures(1100, 410, 300, 800, [700, 600]) == FINE
    assert seam(HEARD) == Span(9000, 9300)


def test_music_is_no_silence() -> None:
    late = replace(
        HEARD, voices={"agent-1": [Span(1100, 9000)], "agent-2": [Span(12_500, 13_000)]}, caller=[]
    )
    assert measure(late, RECORDED).longest_silence_ms == 3500
    assert measure(replace(late, music=[Span(9200, 12_400)]), RECORDED).longest_silence_ms == 200


def test_nothing_heard_is_measured_as_nothing() -> None:
    nothing = measure(Heard([], {}, []), replace(RECORDED, handoffs=[]))
    assert nothing == Measures(None, None, None, 0, [])


def test_a_good_call_passes_every_check() -> None:
    assert {check.claim for check in judged().values() if not check.holds} == set()


VERDICTS: list[tuple[str, str, dict[str, object], str]] = [
    # the claim · what is found if it holds · what makes it false · what is found then
    (
        "the conversation went to its end",
        "it did",
        {"trouble": TimeoutError("the caller did not hear the greeting")},
        "the caller did not hear the greeting",
    ),
    ("the handoff is completed", "completed", {"recorded": replace(RECORDED, handoffs=[])}, "no handoff"),
    (
        "the caller heard both agents, as two participants",
        "2 heard",
        {"heard": replace(HEARD, voices={"agent-1": []})},
        "1 heard",
    ),
    (
        "the second agent's first line says the matter",
        "it says the matter",
        {"recorded": replace(RECORDED, turns=[replace(RECORDED.turns[1], text="Hello.")])},
        "it does not say the matter",
    ),
    (
        "one handoff is in the store, and it is terminal",
        "1 terminal of 1",
        {"recorded": replace(RECORDED, handoffs=[HANDOFF, HANDOFF])},
        "2 terminal of 2",
    ),
    (
        "the store's seam and music are the recording's, to 500 ms",
        "seam: 320 ms stored, 300 ms heard; music: 0 ms stored, 0 ms heard",
        {"heard": replace(HEARD, music=[Span(9010, 9520)])},
        "seam: 320 ms stored, 300 ms heard; music: 0 ms stored, 510 ms heard",
    ),
    (
        "nothing of the brief reached the caller",
        "0 items",
        {"leaked": (received("data", "x"),)},
        "1 items: data",
    ),
    (
        "nobody was silent for more than 2000 ms",
        "the longest silence is 800 ms",
        {"measures": replace(FINE, longest_silence_ms=2001)},
        "the longest silence is 2001 ms",
    ),
    ("no process is left behind", "none", {"behind": (4711, 4712)}, "4711, 4712"),
]


@pytest.mark.parametrize(("claim", "found", "change", "found_then"), VERDICTS)
def test_what_is_found_agrees_with_both_verdicts(
    claim: str, found: str, change: dict[str, object], found_then: str
) -> None:
    assert judged()[claim] == Check(claim, True, found)
    changed = judged(**change)  # type: ignore[arg-type]  # each case changes one of the arguments
    assert changed[claim] == Check(claim, False, found_then)


def test_every_check_is_tested_in_both_verdicts() -> None:
    assert list(judged()) == [claim for claim, *_ in VERDICTS]


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ({"turns": RECORDED.turns[:1]}, "the second agent said nothing"),
        ({"handoffs": []}, "the second agent said nothing"),
        ({"handoffs": [replace(HANDOFF, summary=None)]}, "the summary has no matter"),
    ],
)
def test_a_matter_that_is_not_said_is_explained(change: dict[str, object], found: str) -> None:
    claim = "the second agent's first line says the matter"
    changed = replace(RECORDED, **change)  # type: ignore[arg-type]  # each case changes one of the fields
    assert judged(recorded=changed)[claim] == Check(claim, False, found)


@pytest.mark.parametrize(
    "kind", ["text stream", "byte stream", "data", "data track", "transcription", "digits", "rpc"]
)
def test_any_message_to_the_caller_is_a_leak(kind: Kind) -> None:
    assert len(leaks([received(kind, "harmless")], [HANDOFF])) == 1


@pytest.mark.parametrize(
    "text",
    [
        '{"note": "You were CHARGED twice, he says"}',
        '{"invoice": "4711"}',
        "annoyed",
        "for your last invoice",
    ],
)
def test_a_piece_of_the_brief_in_an_attribute_is_a_leak(text: str) -> None:
    assert len(leaks([received("attributes", text)], [HANDOFF])) == 1


@pytest.mark.parametrize("text", ['{"lk.agent.state": "speaking"}', "roomio_audio", "your last", "47112"])
def test_what_every_agent_shows_is_no_leak(text: str) -> None:
    assert not leaks([received("attributes", text), received("track", text)], [HANDOFF])


def test_the_states_are_placed_on_the_callers_clock() -> None:
    assert bands(RECORDED, zero_at=10_000, length_ms=18_000) == [
        Band("requested", Span(6000, 6010)),
        Band("dispatching", Span(6010, 6410)),
        Band("accepted", Span(6410, 9000)),
        Band("completed", Span(9000, 18_000)),
    ]
