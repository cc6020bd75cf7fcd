"""Compares what the store, the timeline and the recorded sound say of one handoff.

Who was told what, and how long the caller waited: four accounts of the same thing, which must agree.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from agents.process.spoken_prompts import prompts_by_voice
from agents.roster.handoff_lines import lines_for
from agents.roster.roster import Roster
from bench.support.sound_match import likeness
from local.caller.tape import RATE_HZ, Samples
from local.measure.lanes import Span, longest_silence
from local.speech import GROQ_VOICES, synthesize
from persistence.records import Handoff, HandoffState, RoleName, Turn
from tests.api_live.desk import Client, Json
from tests.support.conversation import Conversation
from transfer.protocol import agent_identity

CLOSE_MS = 500
"""Between the store's figure and the recording's. A sound reaches the caller up to 370 ms late on two busy
cores (transfer/target/target.py), and a line may begin and end with up to 100 ms of silence."""

LIKE = 0.8
"""Two recordings of one line are at least this much alike (bench/support/sound_match.py)."""


@dataclass(frozen=True, slots=True)
class Told:
    """What the caller should have been told of a handoff.

    `targets`: the spoken ones, in order: the last one was introduced, or explained. `before`: what the holder
    said of its own in the reply that led to it. `again`: the target has spoken with the caller before.
    """

    targets: Sequence[str]
    asked: bool = False
    again: bool = False
    before: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Figures:
    """In ms, as the store has them and as the recording has them."""

    what: str
    state: HandoffState
    on_hold: tuple[int, int]
    music: tuple[int, int]
    to_target: tuple[int, int] | None
    seam: tuple[int, int] | None

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
        return f"{self.what:<52} {self.state:<11} {'  '.join(cells)}"


class Agreement:
    """One call's. `number` counts its handoffs from 1."""

    def __init__(self, talk: Conversation, roster: Roster, viewer: Client) -> None:
        self._talk, self._roster, self._viewer = talk, roster, viewer

    async def of(self, number: int, what: str, told: Told) -> Figures:
        """Raises: AssertionError, if any two accounts of the handoff differ."""
        row = (await self._talk.handoffs())[number - 1]
        turns = await self._agents_turns(row, told)
        expected = self._expected(row, told)
        assert [(turn.speaker, turn.text) for turn in turns] == expected, "the transcript tells what happened"
        sounds = [self._sound(row, turn) for turn in turns]
        for turn, sound in zip(turns, sounds, strict=True):
            self._is_heard(turn, sound)
        await self._is_shown(row)
        figures = self._figures(what, row, turns, sounds, told)
        for name, pair in figures.pairs.items():
            assert pair is None or abs(pair[0] - pair[1]) <= CLOSE_MS, (name, str(figures))
        return figures

    async def _agents_turns(self, row: Handoff, told: Told) -> Sequence[Turn]:
        """What agents said from the handoff's request until it was over for the caller."""
        count = len(self._expected(row, told))
        agents = [turn for turn in await self._talk.turns() if turn.speaker in self._roster.roles]
        since = [turn for turn in agents if turn.ended_at > row.requested_at]
        return since[:count]

    def _expected(self, row: Handoff, told: Told) -> list[tuple[str, str]]:
        holder, targets = self._roster.role(row.from_role), [RoleName(one) for one in told.targets]
        first, last = (
            lines_for(self._roster, holder, target, asked=told.asked) for target in (targets[0], targets[-1])
        )
        lines = [*told.before, first.hold]
        lines += [lines_for(self._roster, holder, one, asked=False).hold_instead for one in targets[1:]]
        if row.state is HandoffState.COMPLETED:
            lines.append(last.introducing(row.on_hold_ms or 0))
            target = self._roster.role(row.target)
            matter = json.loads(row.summary or "{}").get("matter", "")
            return [
                *((holder.id, line) for line in lines),
                (target.id, target.opening_line(matter, again=told.again)),
            ]
        return [(holder.id, line) for line in (*lines, last.back(row.state))]

    def _sound(self, row: Handoff, turn: Turn) -> Span:
        """Where the turn sounded at the caller's ear: the voice's sounds between its begin and its end."""
        begun, ended = turn.started_at - self._zero, turn.ended_at - self._zero
        voice = self._talk.caller.sounds(self._identity(row, turn))
        near = [one for one in voice if one.end_ms > begun and one.start_ms < ended + CLOSE_MS // 2]
        assert near, f"nothing was heard of: {turn.text}"
        return Span(near[0].start_ms, near[-1].end_ms)

    def _is_heard(self, turn: Turn, sound: Span) -> None:
        """The recording has these words, in this role's voice, when the transcript says so."""
        begun, ended = turn.started_at - self._zero, turn.ended_at - self._zero
        assert abs(sound.start_ms - begun) <= CLOSE_MS, (turn.text, sound, begun)
        assert abs(sound.end_ms - ended) <= CLOSE_MS, (turn.text, sound, ended)
        heard = _cut(self._talk.caller.audio(), sound)
        voice = self._roster.role(turn.speaker).voice
        others = prompts_by_voice(self._roster)[voice] - {turn.text}
        found = likeness(heard, _spoken(turn.text, voice))
        nearest = max(likeness(heard, _spoken(line, voice)) for line in others)
        assert found >= LIKE, (turn.text, found)
        assert found > nearest, (turn.text, found, nearest)

    async def _is_shown(self, row: Handoff) -> None:
        """The timeline's source and the row are one: API and store agree on every figure and every move."""
        shown: Json = await self._viewer.get(f"/handoffs/{row.id}")
        names = ("state", "target", "on_hold_ms", "music_ms", "time_to_target_ms", "seam_ms", "silence_ms")
        assert [shown["handoff"][name] for name in names] == [getattr(row, name) for name in names]
        moves = [one["moved_to"] for one in shown["events"] if one["subject"] == row.id]
        assert moves[0] == "requested"
        assert moves[-1] == row.state

    def _figures(
        self, what: str, row: Handoff, turns: Sequence[Turn], sounds: Sequence[Span], told: Told
    ) -> Figures:
        hold = sounds[len(told.before)]
        ended = row.state is HandoffState.COMPLETED
        spoken_again = sounds[-2] if ended else sounds[-1]
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
        )

    def _is_never_silent(self, row: Handoff, sounds: Sequence[Span]) -> None:
        """The longest silence from the hold line on is not longer than the row's."""
        lanes = (self._talk.caller.sounds(), self._talk.music_sounds())
        silent = longest_silence(lanes, since_ms=sounds[0].start_ms, until_ms=sounds[-1].end_ms)
        assert silent.end_ms - silent.start_ms <= (row.silence_ms or 0) + CLOSE_MS, (silent, row.silence_ms)

    def _identity(self, row: Handoff, turn: Turn) -> str:
        job = row.from_job if turn.speaker == row.from_role else row.target_job
        return agent_identity(str(job))

    @property
    def _zero(self) -> int:
        return self._talk.caller.zero_at


def _cut(samples: Samples, sound: Span) -> Samples:
    return samples[sound.start_ms * RATE_HZ // 1000 : sound.end_ms * RATE_HZ // 1000]


def _spoken(line: str, voice: str) -> Samples:
    return synthesize(line, GROQ_VOICES[voice], sample_rate=RATE_HZ).samples
