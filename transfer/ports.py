"""What a handoff needs from outside, as Protocols. `agents` connects them with LiveKit and Groq."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from persistence.records import SummarySource, Turn
from transfer.protocol import Answer, Brief, SummaryNote, TakeHandoff, TakeOver


class Clock(Protocol):
    def now_ms(self) -> int:
        """Return the time in ms UTC. Timeouts use asyncio's own clock, so that tests can advance it."""
        ...


@dataclass(frozen=True, slots=True)
class Summary:
    """A call in under 200 words. `matter` is a clause that completes "I understand that …"."""

    matter: str
    done: str
    wanted: str
    mood: str
    facts: dict[str, str] = field(default_factory=dict)
    source: SummarySource = SummarySource.MODEL


class Summarizer(Protocol):
    async def summarize(self, turns: Sequence[Turn], *, reason: str) -> Summary:
        """Ask the model. The caller of this method sets the timeout. Raises: SummaryFailed."""
        ...


class Dispatcher(Protocol):
    async def dispatch(self, task: TakeHandoff) -> str:
        """Dispatch the target; returns the dispatch's id. Success does not mean that an agent comes.

        Raises: LineFailed.
        """
        ...

    async def withdraw(self, dispatch_id: str) -> None:
        """Delete the dispatch, so that no agent comes late. Never raises."""
        ...


class Line(Protocol):
    """The holder's private line to the target of one attempt. Its user sets a timeout for every wait."""

    async def ready(self) -> None:
        """Wait until the target has asked for the brief and got it. Raises: LineFailed (it left)."""
        ...

    async def answer(self) -> Answer:
        """Wait for the target's answer. Raises: LineFailed (it left before answering)."""
        ...

    async def tell(self, summary: SummaryNote) -> None:
        """Send the summary, and return when the target is ready to speak. Raises: LineFailed."""
        ...

    async def take_over(self, asked: TakeOver) -> None:
        """Ask the target to take over, and return when it holds the call. Raises: LineFailed."""
        ...

    async def gone(self) -> None:
        """Wait until the target has left the room, for any reason. Never returns if it never came."""
        ...

    async def release(self) -> None:
        """Tell the target to leave, and remove it from the room. Never raises."""
        ...


class Switchboard(Protocol):
    def open(self, task: TakeHandoff, brief: Brief) -> Line:
        """Open the line for one attempt, before its target is dispatched. Only that target may use it."""
        ...


@dataclass(frozen=True, slots=True)
class Spoken:
    """A line that was spoken. `until`: when the caller last heard it, ms UTC. `whole`: to its end."""

    until: int
    whole: bool


class Voice(Protocol):
    """What the caller hears of the holder, and whether the holder listens."""

    async def close_ears(self) -> None:
        """Let the current reply end. From then on, the caller's words are recorded, not answered."""
        ...

    def open_ears(self) -> None:
        """Answer the caller again."""
        ...

    async def hear_out(self) -> int | None:
        """Let the caller finish. Returns when they stopped, ms UTC, or None if they were not speaking."""
        ...

    def unanswered(self) -> tuple[str, ...]:
        """Return what the caller said since the ears closed, and hear no more until they open or close."""
        ...

    async def addressed(self) -> tuple[str, ...]:
        """Wait until the caller speaks while the ears are closed. Returns all their unanswered words."""
        ...

    @property
    def is_addressed(self) -> bool:
        """Whether the caller has spoken since `addressed` returned."""
        ...

    async def note_answered(self, said: Sequence[str]) -> None:
        """Add these, the oldest unanswered words, to the model's context: the model has answered them."""
        ...

    async def say(self, line: str) -> Spoken:
        """Speak; a caller who says more than a nod stops it at once. Raises: VoiceFailed."""
        ...

    async def reply(self, words: str) -> Spoken:
        """Speak as `say` does, to a caller who may answer: their "yes" to a question is no nod."""
        ...

    async def break_off(self, within_s: float) -> None:
        """Stop speaking between two words, or at the softest moment, within this many seconds."""
        ...

    async def start_music(self) -> bool:
        """Start music, and return when the caller begins to hear it. Returns whether it plays.

        It does not play while the room is unreachable: try again.
        """
        ...

    async def stop_music(self) -> int | None:
        """Stop music, and return once the caller no longer hears it.

        Returns the time of its last sound, ms UTC, or None if none played.
        """
        ...

    async def go_on(self, line: str, *, happened: str) -> None:
        """Return to the caller: add `happened` to the context, open the ears, and speak `line`.

        Then answer what the caller said meanwhile. Never raises.
        """
        ...


@dataclass(frozen=True, slots=True)
class Help:
    """The answer to a waiting caller; empty `words`: no answer. `stops`: they do not want to wait longer."""

    words: str
    stops: bool = False


class HolderLine(Protocol):
    """The target's private line to the holder. It ignores everyone but the holder named in the dispatch."""

    async def ready(self) -> Brief:
        """Report that we claimed the attempt; returns the brief. Raises: LineFailed."""
        ...

    async def answer(self, answer: Answer) -> None:
        """Send our answer to the holder. Raises: LineFailed."""
        ...

    async def summary(self) -> SummaryNote:
        """Wait for the holder's summary. The holder then waits for `reply_prepared`."""
        ...

    def reply_prepared(self) -> None:
        """Answer the holder's `tell`: we are ready to speak."""
        ...

    async def asked_to_take_over(self) -> TakeOver:
        """Wait until the holder calls `take_over`. The holder then waits for `reply_taken`."""
        ...

    def reply_taken(self, *, taken: bool) -> None:
        """Answer the holder's `take_over`: whether we hold the call now."""
        ...

    async def released(self) -> None:
        """Wait until the holder says that it no longer needs us."""
        ...

    async def holder_gone(self) -> None:
        """Wait until the holder has left the room, for any reason."""
        ...


class Stage(Protocol):
    """The target's session in the room: silent until it goes on air."""

    async def join(self) -> None:
        """Connect to the room without a sound. Raises: LineFailed."""
        ...

    async def decide(self, brief: Brief, summary: SummaryNote | None) -> tuple[bool, str]:
        """Return yes or no with a reason, as the role's `accepts` says. `screen` needs the summary."""
        ...

    @property
    def decides_on_summary(self) -> bool:
        """Whether `decide` waits for the summary (`accepts: screen`)."""
        ...

    async def begin(self, brief: Brief) -> None:
        """Start the session silently, before the summary has arrived. Never raises."""
        ...

    async def prepare(self, brief: Brief, summary: SummaryNote | None) -> None:
        """After `begin`, update the context and synthesise the opening line. Never raises."""
        ...

    async def has_voice(self) -> bool:
        """Whether the room can hear us after `begin`. Waits a little for that. Never raises."""
        ...

    @property
    def soft_start_ms(self) -> int:
        """How long the start of the opening line is too soft to be heard beside another voice."""
        ...

    def open_ears(self) -> None:
        """Start to hear the caller."""
        ...

    async def go_on_air(self, said: Sequence[str]) -> int:
        """Speak the opening line; returns when its first audible sound leaves us, ms UTC.

        `said`: the caller's words that are still unanswered. They are answered after the opening line.
        """
        ...

    async def leave(self) -> None:
        """Leave the room silently. Never raises."""
        ...
