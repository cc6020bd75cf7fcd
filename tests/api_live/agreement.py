"""Compares what the store, the timeline and the recorded sound say about one handoff.

They are accounts of the same thing, which must agree on who was told what, and how long the caller waited.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from agents.process.spoken_prompts import prompts_of
from agents.roster.handoff_lines import lines_for
from agents.roster.roster import Roster
from local.measure.lanes import Span, longest_silence
from persistence.records import Handoff, HandoffState, RoleName, Turn
from settings import CallSettings
from tests.api_live.desk import Client, Json
from tests.api_live.spoken_lines import SpokenLines
from tests.support.conversation import Conversation
from transfer.protocol import agent_identity

CLOSE_MS = 500
"""The largest difference between the store's figure and the recording's. A sound reaches the caller up to 370
ms late on two busy cores (transfer/target/target.py), and a line may begin and end with up to 100 ms of
silence."""

LIKE = 0.6
"""A line and its recording are at least this much alike, from -1 to 1, by loudness over time."""


@dataclass(frozen=True, slots=True)
class Told:
    """What the caller should have been told about a handoff.

    `targets`: those that the caller was told about, in order; the last one was introduced, or explained.
    `before`: the holder's own words in the reply that led to the handoff. `again`: the target has spoken with
    the caller before.
    """

    targets: Sequence[str]
    asked: bool = False
    again: bool = False
    before: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Figures:
    """Times in ms: first the store's figure, then the recording's."""

    what: str
    state: HandoffState
    on_hold: tuple[int, int]
    music: tuple[int, int]
    to_target: tuple[int, int] | None
    seam: tuple[int, int] | None
    alike: tuple[float, float]  # so far: the least of a line with its recording, the most of any other

    @property
    def pairs(self) -> dict[str, tuple[int, int] | None]:
        return {
            "on hold": self.on_hold,
            "music": self.music,
            "to target": self.to_target,
            "seam": self.seam,
        }

    def __str__(self) -> str:
        cells = [f"{name} {pair[0]}/{pair[1]}" for name, pair in self.pairs.items() if pair is not None]
        like, other = self.alike
        return f"{self.what:<38} {self.state:<10} {'  '.join(cells)}  alike {like:.2f} > {other:.2f}"


class Agreement:
    """One call's accounts. `number` counts its handoffs from 1."""

    def __init__(self, talk: Conversation, roster: Roster, viewer: Client, lines: SpokenLines) -> None:
        self._talk, self._roster, self._viewer, self._lines = talk, roster, viewer, lines
        self._least_like, self._likest_other = 1.0, -1.0

    async def of(self, number: int, what: str, told: Told) -> Figures:
        """Compare the accounts of a handoff. Raises: AssertionError, if any two of them differ."""
        row = (await self._talk.handoffs())[number - 1]
        turns = await self._agents_turns(row, told)
        expected = self._expected(row, told, turns)
        assert [(turn.speaker, turn.text) for turn in turns] == expected, "the transcript tells what happened"
        sounds = [await self._sound(row, turn) for turn in turns]
        await self._is_shown(row)
        figures = self._figures(what, row, turns, sounds, told)
        for name, pair in figures.pairs.items():
            assert pair is None or abs(pair[0] - pair[1]) <= CLOSE_MS, (name, str(figures))
        return figures

    async def _agents_turns(self, row: Handoff, told: Told) -> Sequence[Turn]:
        """Return what agents said from the handoff's request until it was over for the caller."""
        agents = [turn for turn in await self._talk.turns() if turn.speaker in self._roster.roles]
        since = [turn for turn in agents if turn.ended_at > row.requested_at]
        return since[: len(self._expected(row, told, since))]

    def _expected(self, row: Handoff, told: Told, turns: Sequence[Turn]) -> list[tuple[str, str]]:
        holder, targets = self._roster.role(row.from_role), [RoleName(one) for one in told.targets]
        first, last = (
            lines_for(self._roster, holder, target, asked=told.asked) for target in (targets[0], targets[-1])
        )
        lines = [*told.before, *first.hold]
        for one in targets[1:]:
            lines += lines_for(self._roster, holder, one, asked=False).hold_instead
        if row.state is HandoffState.COMPLETED:
            held_ms = row.on_hold_ms or 0
            if not {last.introduction, last.introduction_after_wait} & {turn.text for turn in turns}:
                held_ms -= row.seam_ms or 0  # the holder chose the introduction before the seam
            introduction = last.introducing(held_ms)
            lines += [introduction] if introduction else []
            target = self._roster.role(row.target)
            matter = json.loads(row.summary or "{}").get("matter", "")
            return [
                *((holder.id, line) for line in lines),
                (target.id, target.opening_line(matter, again=told.again)),
            ]
        return [(holder.id, line) for line in (*lines, last.back(row.state))]

    async def _sound(self, row: Handoff, turn: Turn) -> Span:
        """Return where the recording has these words and no others, in this role's voice, near the turn."""
        begun, ended = turn.started_at - self._zero, turn.ended_at - self._zero
        between = Span(max(0, begun - 2 * CLOSE_MS), begun + 2 * CLOSE_MS)
        heard = self._talk.caller.audio(self._identity(row, turn))
        voice = self._roster.role(turn.speaker).voice
        found = await self._lines.find(turn.text, voice, heard, between=between)
        assert found.like >= LIKE, (turn.text, found)
        assert abs(found.sound.start_ms - begun) <= CLOSE_MS, (turn.text, found, begun)
        assert abs(found.sound.end_ms - ended) <= CLOSE_MS, (turn.text, found, ended)
        prepared = prompts_of(self._roster, CallSettings())
        for other in {text for of, text in prepared if of == voice} - {turn.text}:
            wrong = await self._lines.find(other, voice, heard, between=between)
            if abs(wrong.sound.end_ms - ended) > CLOSE_MS:
                continue  # its length rules this line out
            assert wrong.like < found.like, (turn.text, found, other, wrong)
            self._likest_other = max(self._likest_other, wrong.like)
        self._least_like = min(self._least_like, found.like)
        return found.sound

    async def _is_shown(self, row: Handoff) -> None:
        """Check that the API, the timeline's source, and the store agree on all figures and moves."""
        shown: Json = await self._viewer.get(f"/handoffs/{row.id}")
        names = ("state", "target", "on_hold_ms", "music_ms", "time_to_target_ms", "seam_ms", "silence_ms")
        assert [shown["handoff"][name] for name in names] == [getattr(row, name) for name in names]
        moves = [one["moved_to"] for one in shown["events"] if one["subject"] == row.id]
        assert moves[0] == "requested"
        assert moves[-1] == row.state

    def _figures(
        self, what: str, row: Handoff, turns: Sequence[Turn], sounds: Sequence[Span], told: Told
    ) -> Figures:
        asked = lines_for(
            self._roster, self._roster.role(row.from_role), RoleName(told.targets[0]), asked=told.asked
        )
        hold = sounds[len(told.before) + len(asked.hold) - 1]
        ended = row.state is HandoffState.COMPLETED
        lines = lines_for(self._roster, self._roster.role(row.from_role), row.target, asked=told.asked)
        introduced = ended and turns[-2].text in {lines.introduction, lines.introduction_after_wait}
        spoken_again = sounds[-2] if introduced else sounds[-1]
        waiting = Span(hold.end_ms, spoken_again.start_ms)
        music = [
            Span(max(one.start_ms, waiting.start_ms), min(one.end_ms, waiting.end_ms))
            for one in self._talk.music_sounds()
        ]
        heard_ms = sum(max(0, one.end_ms - one.start_ms) for one in music)
        assert row.on_hold_ms is not None
        assert row.music_ms is not None
        self._is_never_silent(row, sounds)
        to_target = seam = None
        if ended:
            assert row.time_to_target_ms is not None
            assert row.seam_ms is not None
            to_target = (row.time_to_target_ms, sounds[-1].start_ms + self._zero - row.requested_at)
            seam = (row.seam_ms, sounds[-1].start_ms - sounds[-2].end_ms)
        return Figures(
            what,
            row.state,
            on_hold=(row.on_hold_ms, waiting.end_ms - waiting.start_ms),
            music=(row.music_ms, heard_ms),
            to_target=to_target,
            seam=seam,
            alike=(self._least_like, self._likest_other),
        )

    def _is_never_silent(self, row: Handoff, sounds: Sequence[Span]) -> None:
        """Check that no silence from the hold line on is longer than the row's."""
        lanes = (self._talk.caller.sounds(), self._talk.music_sounds())
        silent = longest_silence(lanes, since_ms=sounds[0].start_ms, until_ms=sounds[-1].end_ms)
        assert silent.end_ms - silent.start_ms <= (row.silence_ms or 0) + CLOSE_MS, (silent, row.silence_ms)

    def _identity(self, row: Handoff, turn: Turn) -> str:
        job = row.from_job if turn.speaker == row.from_role else row.target_job
        return agent_identity(str(job))

    @property
    def _zero(self) -> int:
        return self._talk.caller.zero_at
