"""Twenty handoffs with operators' acts: transcript, timeline, store and sound agree on words and waits.

Four of them always run. `make told` runs all, and prints what the store and the recording say about each.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from agents.roster.roster import Roster, load_roster
from local.stack import Stack
from persistence.records import Handoff, HandoffState
from settings import GroqSettings
from tests.api_live.agreement import Agreement, Figures, Told
from tests.api_live.desk import Desk, Json, calling
from tests.api_live.spoken_lines import spoken_lines
from tests.support.conversation import Conversation, until
from tests.support.running import fault, frozen_processes, is_deciding

pytestmark = pytest.mark.asyncio(loop_scope="session")

S = HandoffState
REASON, NOTE = "the queue is long", "be quick"
CHARGED = "I was charged twice for my last invoice"
PLEASE = "please connect me to the billing desk"
PURPLE = "can they tell me who painted my router purple"
SLOW = "their line has been slow since yesterday"
UNDECIDED = {"endpoint": "chat", "kind": "stall", "purpose": "screening", "count": 10, "stall_s": 60}
WAITS_S = 4.0
"""Longer than the 3 s after which a caller is thanked, by more than a recording's figure may differ."""


@dataclass
class Scene:
    """One call with an operator. `seen`: what store and recording say about its handoffs so far."""

    stack: Stack
    desk: Desk
    talk: Conversation
    agreement: Agreement
    call: Json
    seen: list[Figures] = field(default_factory=list)
    number: int = 0

    async def asks_for(self, target: str, **wishes: str) -> Handoff:
        """Let the operator hand the call over, by the API."""
        body = {"target": target, "reason": REASON, **wishes}
        await self.desk.operator.post(f"/calls/{self.call['id']}/handoffs", body, status=201)
        return await self.next()

    async def takes_back(self, **wishes: str) -> Handoff:
        await self.desk.ann.post(f"/calls/{self.call['id']}/take-back", wishes, status=201)
        return await self.next()

    async def next(self) -> Handoff:
        """Wait for the call's next handoff, which was just requested."""
        self.number += 1
        return await self.in_state(*S)

    async def in_state(self, *states: HandoffState) -> Handoff:
        return await self.talk.handoff(*states, number=self.number)

    async def acts(self, handoff: Handoff, act: str, *, status: int = 200, **body: str) -> None:
        await self.desk.ann.post(f"/handoffs/{handoff.id}/{act}", body, status=status)

    async def ends(self, state: HandoffState, what: str, told: Told) -> Handoff:
        """Waits until the caller has heard the handoff's end, then compares the accounts of it."""
        row = await self.in_state(S.COMPLETED, S.DECLINED, S.UNANSWERED, S.FAILED, S.CANCELLED)
        assert row.state is state, row
        if state is S.COMPLETED:
            await self.talk.caller.hears(f"agent-{row.target_job}", since_ms=0, limit_s=20)
        await self._is_quiet()
        self.seen.append(await self.agreement.of(self.number, what, told))
        return await self.in_state(state)

    async def _is_quiet(self) -> None:
        """Wait until agents have spoken, including one that is about to, and everybody is silent."""
        await asyncio.sleep(1.5)
        await self.talk.listens()
        await asyncio.sleep(0.5)


@asynccontextmanager
async def scene(stack: Stack, desk: Desk, **wishes: str) -> AsyncIterator[Scene]:
    roster = roster_of(stack)
    async with spoken_lines(stack.groq) as lines, calling(stack, desk.operator, **wishes) as talk:
        await talk.is_greeted()
        call = await desk.vic.call_in(talk.room)
        yield Scene(stack, desk, talk, Agreement(talk, roster, desk.vic, lines), call)


def roster_of(stack: Stack) -> Roster:
    folder = Path(stack.env["BATON_ROSTER_FOLDER"])
    return load_roster(folder, voices=GroqSettings.model_construct().voices.split())


# --- the calls


async def four_in_one_call(here: Scene) -> None:
    await here.talk.says(CHARGED)
    await here.next()
    await here.ends(S.COMPLETED, "the model chose billing", Told(["billing"]))

    await here.takes_back()
    await here.ends(S.COMPLETED, "an operator took it back", Told(["front-desk"], again=True))

    row = await here.asks_for("technical", completes="operator", note=NOTE)
    await here.in_state(S.ACCEPTED)
    await waits_on_hold(here)
    await here.acts(row, "complete")
    row = await here.ends(S.COMPLETED, "approved after a wait", Told(["technical"]))
    assert (row.on_hold_ms or 0) > WAITS_S * 1000

    row = await here.asks_for("billing", completes="operator")
    await here.in_state(S.ACCEPTED)
    await here.acts(row, "cancel", reason="a mistake")
    await here.ends(S.CANCELLED, "cancelled before approval", Told(["billing"]))


async def five_redirected(here: Scene) -> None:
    await here.talk.says(PLEASE)
    await here.next()
    said = ("Certainly, I will see to that.",)
    await here.ends(S.COMPLETED, "the caller asked for billing", Told(["billing"], asked=True, before=said))

    async with fault(here.stack, **UNDECIDED):
        row = await here.asks_for("technical")
        await is_deciding(here.stack)
        await here.acts(row, "redirect", target="front-desk", reason=SLOW, note=NOTE)
        row = await here.ends(
            S.COMPLETED, "redirected, with a reason", Told(["technical", "front-desk"], again=True)
        )
    assert (row.reason, row.redirect_reason, row.redirect_note) == (REASON, SLOW, NOTE)
    assert "your internet is slow" in (row.summary or ""), "the summary knows the redirection's reason"

    row = await here.asks_for("billing", completes="operator")
    await here.in_state(S.ACCEPTED)
    await here.acts(row, "redirect", target="technical", note="their router is purple")
    await here.ends(S.DECLINED, "redirected by a note to a no", Told(["billing", "technical"]))

    row = await here.asks_for("technical", completes="operator")
    await here.in_state(S.ACCEPTED)
    await here.acts(row, "redirect", target="billing")
    await here.talk.attempts(here.number)
    await until_target(here, "billing", S.ACCEPTED)
    await waits_on_hold(here)
    await here.acts(row, "complete")
    told = Told(["technical", "billing"], again=True)
    await here.ends(S.COMPLETED, "redirected, then approved", told)

    await here.takes_back(role="front-desk", reason=REASON)
    await here.ends(S.COMPLETED, "taken back to a named role", Told(["front-desk"], again=True))


async def five_at_night(here: Scene) -> None:
    await here.talk.says(PURPLE)
    await here.next()
    await here.ends(S.DECLINED, "the model's target said no", Told(["technical"]))

    async with fault(here.stack, **UNDECIDED):
        row = await here.asks_for("technical")
        await is_deciding(here.stack)
        await here.acts(row, "cancel")
        await here.ends(S.CANCELLED, "cancelled in the hold line", Told(["technical"]))

        row = await here.asks_for("technical")
        await is_deciding(here.stack)
        await waits_on_hold(here, wait_s=1.5)
        await here.acts(row, "cancel")
        await here.ends(S.CANCELLED, "cancelled on hold", Told(["technical"]))

    await here.asks_for("billing", note=NOTE)
    await here.ends(S.COMPLETED, "an operator chose billing", Told(["billing"]))

    await here.takes_back()
    await here.ends(S.COMPLETED, "taken back to the night desk", Told(["night-desk"], again=True))


async def five_with_failing_targets(here: Scene) -> None:
    with frozen_processes(here.stack):
        await here.asks_for("billing")
        await here.ends(S.UNANSWERED, "an operator's target never came", Told(["billing"]))

    with frozen_processes(here.stack) as late:
        await here.talk.says(CHARGED)
        await here.next()
        await until_attempts(here, 2)
        late.thaw()
        await here.ends(S.COMPLETED, "the next target came in its place", Told(["billing", "technical"]))

    await here.takes_back()
    await here.ends(S.COMPLETED, "taken back after a failure", Told(["front-desk"], again=True))

    await here.talk.says(PLEASE)
    await here.next()
    said = ("Certainly, I will see to that.",)
    await here.ends(S.COMPLETED, "the caller asked again", Told(["billing"], asked=True, before=said))

    async with fault(here.stack, **UNDECIDED):
        row = await here.asks_for("technical", completes="operator")
        await is_deciding(here.stack)
        await here.acts(row, "redirect", target="front-desk", reason=REASON)
        await until_target(here, "front-desk", S.ACCEPTED)
        await here.acts(row, "complete")
        told = Told(["technical", "front-desk"], again=True)
        await here.ends(S.COMPLETED, "redirected and approved at once", told)


async def one_from_a_hold(here: Scene) -> None:
    await here.desk.ann.post(f"/calls/{here.call['id']}/hold", status=202)
    await asyncio.sleep(WAITS_S + 3)
    await here.asks_for("billing")
    row = await here.in_state(S.COMPLETED)
    await here.talk.caller.hears(f"agent-{row.target_job}", since_ms=0, limit_s=20)
    thanked = [turn.text for turn in await here.talk.turns() if turn.text.startswith("Thank you")]
    assert thanked == ["Thank you for waiting."]


async def waits_on_hold(here: Scene, wait_s: float = WAITS_S) -> None:
    """Wait until the caller has heard music for `wait_s` after the hold line."""
    since_ms = here.talk.caller.now_ms

    async def plays() -> bool:
        tracks = [track for track in here.talk.caller.tracks if track.is_music]
        return any((track.loud_s or 0) * 1000 > since_ms for track in tracks)

    await until(plays, "music")
    await asyncio.sleep(wait_s)


async def until_target(here: Scene, target: str, state: HandoffState) -> None:
    async def look() -> bool:
        row = (await here.talk.handoffs())[here.number - 1]
        return (row.target, row.state) == (target, state)

    await until(look, f"{target} in state {state}")


async def until_attempts(here: Scene, count: int) -> None:
    async def look() -> bool:
        return len(await here.talk.attempts(here.number)) == count

    await until(look, f"attempt {count}")


# --- the tests

Play = Callable[[Scene], Awaitable[None]]
LIMIT_S = 240.0


async def played(stack: Stack, desk: Desk, play: Play, **wishes: str) -> Sequence[Figures]:
    async with asyncio.timeout(LIMIT_S), scene(stack, desk, **wishes) as here:
        try:
            await play(here)
        finally:
            sys.stdout.writelines(f"{figures}\n" for figures in here.seen)
    return here.seen


@pytest.mark.long
async def test_four_handoffs_are_told_as_they_happened(stack: Stack, desk: Desk) -> None:
    assert len(await played(stack, desk, four_in_one_call)) == 4


@pytest.mark.long
async def test_handoff_from_an_operators_hold_thanks_for_waiting(stack: Stack, desk: Desk) -> None:
    await played(stack, desk, one_from_a_hold)


@pytest.mark.long
@pytest.mark.parametrize(
    ("play", "role"),
    [
        (five_redirected, "front-desk"),
        (five_at_night, "night-desk"),
        (five_with_failing_targets, "front-desk"),
    ],
    ids=lambda given: getattr(given, "__name__", None),
)
async def test_five_handoffs_are_told_as_they_happened(
    stack: Stack, desk: Desk, play: Play, role: str
) -> None:
    assert len(await played(stack, desk, play, role=role)) == 5
