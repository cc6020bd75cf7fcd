"""What a handoff needs from outside, as Protocols. `agents` connects them with LiveKit and Groq."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from persistence.records import SummarySource, Turn
from transfer.protocol import Answer, Brief, SummaryNote, TakeHandoff, TakeOver


class Clock(Protocol):
    def now_ms(self) -> int:
        """Milliseconds UTC. Timeouts use asyncio's own clock, so that tests can advance it."""
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
        """Returns when the target has asked for the brief and got it. Raises: LineFailed (it left)."""
        ...

    async def answer(self) -> Answer:
        """The target's answer. Raises: LineFailed (it left before answering)."""
        ...

    async def tell(self, summary: SummaryNote) -> None:
        """Send the summary on; returns when the target is ready to speak. Raises: LineFailed."""
        ...

    async def take_over(self, asked: TakeOver) -> None:
        """Returns when the target holds the call. Raises: LineFailed."""
        ...

    async def gone(self) -> None:
        """Returns once the target has left the room, for any reason; never if it never came."""
        ...

    async def release(self) -> None:
        """Tell the target to leave, and remove it from the room. Never raises."""
        ...


class Switchboard(Protocol):
    def open(self, task: TakeHandoff, brief: Brief) -> Line:
        """A line for one attempt, opened before the target is dispatched. Only its target may use it."""
        ...


@dataclass(frozen=True, slots=True)
class Spoken:
    """A line that is over. `until`: when the caller heard the last of it, ms UTC. `whole`: to its end."""

    until: int
    whole: bool


class Voice(Protocol):
    """What the caller hears of the holder, and whether the holder listens."""

    async def close_ears(self) -> None:
        """Let the reply under way end. From now on what the caller says is written down, not answered."""
        ...

    def open_ears(self) -> None:
        """Answer the caller again."""
        ...

    async def hear_out(self) -> int | None:
        """Let the caller finish what they say; returns when it ended, ms UTC. None: they say nothing."""
        ...

    def unanswered(self) -> tuple[str, ...]:
        """What the caller said since the ears closed. They hear no more until they open or close again."""
        ...

    async def addressed(self) -> tuple[str, ...]:
        """Returns when the caller says something while the ears are closed: all that nobody has answered."""
        ...

    @property
    def is_addressed(self) -> bool:
        """Whether they have said something since `addressed` returned."""
        ...

    async def note_answered(self, said: Sequence[str]) -> None:
        """The model has answered these, the oldest of such words: it knows them, and nobody else answers."""
        ...

    async def say(self, line: str) -> Spoken:
        """Speak; a caller who says more than a nod stops it at once. Raises: VoiceFailed."""
        ...

    async def reply(self, words: str) -> Spoken:
        """Speak as `say` does, to a caller who may answer: their "yes" to a question is no nod."""
        ...

    async def break_off(self, within_s: float) -> None:
        """End what is spoken between two words, or at its softest moment, within so many seconds."""
        ...

    async def start_music(self) -> bool:
        """Returns when the caller begins to hear it: whether music plays.

        It does not while the room is unreachable: try again.
        """
        ...

    async def stop_music(self) -> int | None:
        """Returns once the caller hears it no more: the time of its last sound, ms UTC. None: none played."""
        ...

    async def go_on(self, line: str, *, happened: str) -> None:
        """Back to the caller: add `happened` to the context, open the ears, and speak `line`.

        Then answer what the caller said meanwhile. Never raises.
        """
        ...


@dataclass(frozen=True, slots=True)
class Help:
    """What a caller who waits is answered; without words nothing. `stops`: they want to wait no more."""

    words: str
    stops: bool = False


class HolderLine(Protocol):
    """The target's private line to the holder. It ignores everyone but the holder named in the dispatch."""

    async def ready(self) -> Brief:
        """Report that we claimed the attempt; returns the brief. Raises: LineFailed."""
        ...

    async def answer(self, answer: Answer) -> None:
        """Raises: LineFailed."""
        ...

    async def summary(self) -> SummaryNote:
        """Returns when the holder has sent the summary. The holder then waits for `reply_prepared`."""
        ...

    def reply_prepared(self) -> None:
        """Answer the holder's `tell`: we are ready to speak."""
        ...

    async def asked_to_take_over(self) -> TakeOver:
        """Returns once the holder calls `take_over`. The holder then waits for `reply_taken`."""
        ...

    def reply_taken(self, *, taken: bool) -> None:
        """Answer the holder's `take_over`: whether we hold the call now."""
        ...

    async def released(self) -> None:
        """Returns once the holder says that it does not need us any more."""
        ...

    async def holder_gone(self) -> None:
        """Returns once the holder has left the room, for any reason."""
        ...


class Stage(Protocol):
    """The target's session in the room: silent until it goes on air."""

    async def join(self) -> None:
        """Connect to the room without a sound. Raises: LineFailed."""
        ...

    async def decide(self, brief: Brief, summary: SummaryNote | None) -> tuple[bool, str]:
        """Yes or no with a reason, as the role's `accepts` says. Screening by the model needs the summary."""
        ...

    @property
    def decides_on_summary(self) -> bool:
        """Whether `decide` waits for the summary (`accepts: screen`)."""
        ...

    async def begin(self, brief: Brief) -> None:
        """Start the session silently, before the summary is there. Never raises."""
        ...

    async def prepare(self, brief: Brief, summary: SummaryNote | None) -> None:
        """After `begin`: put what is known into the context, synthesise the opening line. Never raises."""
        ...

    async def has_voice(self) -> bool:
        """Whether the room can hear us, once `begin` is over. Waits a little for it. Never raises."""
        ...

    @property
    def soft_start_ms(self) -> int:
        """How long the opening line begins too softly to be heard beside another voice."""
        ...

    def open_ears(self) -> None:
        """Hear the caller from now on."""
        ...

    async def go_on_air(self, said: Sequence[str]) -> int:
        """Speak the opening line; returns when its first audible sound leaves us, ms UTC.

        `said`: the caller's words that are still unanswered. They are answered after the opening line.
        """
        ...

    async def leave(self) -> None:
        """Leave the room silently. Never raises."""
        ...
