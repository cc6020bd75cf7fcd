"""After a supervisor spoke: each whisper is noted, and the model knows what was said meanwhile."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from agents.call.operator_wiring import GIVEN_BACK, SupervisedCall
from agents.redaction.redactor import Redactor
from persistence.records import CALLER, OPERATOR, RequestKind, RequestState, Turn
from persistence.write_queue import WriteQueue
from tests.contract.building import CALL, FRONT_DESK, START, a_call
from tests.support.fakes import LoopClock
from tests.support.memory_store import MemoryStore


class FakeCall:
    """A call in an agent's hands. `done`: what was done to it, in order."""

    def __init__(self) -> None:
        self.said: list[tuple[str, str]] = []
        self.done: list[str] = []
        self.replies: list[str] = []
        self.store, self.row = MemoryStore(), a_call()
        self.person: Any = None
        self.redactor = Redactor(())
        self.hold, self.ending = SimpleNamespace(is_on=False), SimpleNamespace(decided=False)
        self.desk = SimpleNamespace(busy=False, hand_back=self._hand_back)
        notes = SimpleNamespace(
            supervised="A supervisor has spoken.", **dict.fromkeys(_HEADINGS, ""), said="Said:"
        )
        self.process = SimpleNamespace(
            clock=LoopClock(),
            write_queue=WriteQueue(),
            roster=SimpleNamespace(house=SimpleNamespace(notes=notes)),
        )
        self.voice = SimpleNamespace(open_ears=lambda: self.done.append("listens"), add_to_context=self._know)
        self.session = SimpleNamespace(generate_reply=self._reply)

    @property
    def turns(self) -> Any:
        turns = [
            Turn(CALL, seq, who, words, START, START) for seq, (who, words) in enumerate(self.said, start=1)
        ]
        return SimpleNamespace(turns=turns)

    def _hand_back(self, target: str, reason: str, *, by: str) -> None:
        self.done.append(f"{by} hands back to {target}: {reason}")

    async def _know(self, text: str) -> None:
        self.done.append(text)

    def _reply(self, *, user_input: Any) -> None:
        self.replies.append(user_input.text_content)


_HEADINGS = ("matter", "summary", "facts")


def held(call: FakeCall) -> SupervisedCall:
    return SupervisedCall(call)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("meanwhile", "replies"),
    [
        ([(OPERATOR, "I am Ann."), (CALLER, "Fine."), (CALLER, "And my bill?")], ["Fine. And my bill?"]),
        ([(CALLER, "And my bill?"), (OPERATOR, "It is paid.")], []),
        ([], []),
    ],
)
async def test_a_model_is_told_what_was_said_in_its_place_and_answers_what_nobody_has(
    meanwhile: list[tuple[str, str]], replies: list[str]
) -> None:
    call = FakeCall()
    call.said = [(CALLER, "said before")]
    supervised = held(call)
    supervised.fall_silent()
    call.said += meanwhile
    await supervised.go_on("Ann")
    told = call.done[-1]
    assert told.startswith("A supervisor has spoken.")
    assert all(words in told for _, words in meanwhile)
    assert "said before" not in told
    assert call.replies == replies


async def test_after_a_person_was_let_go_the_desk_that_handed_over_has_the_caller() -> None:
    call = FakeCall()
    supervised = held(call)
    supervised._back_to = FRONT_DESK
    await supervised.go_on("Ann")
    assert call.done == ["listens", f"Ann hands back to {FRONT_DESK}: {GIVEN_BACK}"]
    assert not call.replies


@pytest.mark.parametrize("moved", ["desk", "ending", "person"])
async def test_who_has_the_call_by_then_goes_on_by_themselves(moved: str) -> None:
    call = FakeCall()
    call.desk.busy, call.ending.decided = moved == "desk", moved == "ending"
    call.person = object() if moved == "person" else None
    await held(call).go_on("Ann")
    assert not call.done


async def test_a_whisper_is_a_row_before_the_model_has_it_without_what_the_role_redacts() -> None:
    call = FakeCall()
    await call.store.open_call(call.row)
    call.redactor = Redactor(["card"])
    held(call)._noted("Ann", "their card is 4111 1111 1111 1111", START, START + 5)
    await call.process.write_queue.settled(1.0)
    (note,) = await call.store.requests(CALL, state=RequestState.REQUESTED)
    assert (note.kind, note.requested_by, note.requested_at) == (RequestKind.NOTE, "Ann", START + 5)
    assert "4111" not in note.words


@pytest.mark.looptime
async def test_a_number_that_a_supervisor_whispers_in_two_parts_is_in_neither_note() -> None:
    call = FakeCall()
    await call.store.open_call(call.row)
    call.redactor = Redactor(["card"])
    supervised = held(call)
    for words in ("their card is 4111 1111", "1111 1111, so ask them", "be short, 4111 1111"):
        supervised._noted("Ann", words, START, START + 5)
    await supervised.has_left("listener")
    await call.process.write_queue.settled(1.0)
    notes = await call.store.requests(CALL, state=RequestState.REQUESTED)
    assert [note.words for note in notes] == [
        "their card is [number]",
        "[card number ending 1111], so ask them",
        "be short, [number]",
    ], "the last one waits no longer than the supervisor stays"
