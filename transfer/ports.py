"""What a handoff needs of the world, as Protocols. `agents` joins them with LiveKit, Groq and the store."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from persistence.records import SummarySource, Turn
from transfer.protocol import Answer, Brief, SummaryNote, TakeHandoff


class Clock(Protocol):
    def now_ms(self) -> int:
        """Milliseconds UTC. Waits use asyncio's own clock, so that tests can run it ahead."""
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
        """Ask the model. Raises: SummaryFailed. The wait is limited by the caller, which has the digest."""
        ...


class Dispatcher(Protocol):
    async def dispatch(self, task: TakeHandoff) -> str:
        """Call the target; returns the dispatch's id. Success says nothing about anyone coming.

        Raises: LineFailed.
        """
        ...

    async def withdraw(self, dispatch_id: str) -> None:
        """Take the dispatch back, so that nobody comes late. Never raises."""
        ...


class Line(Protocol):
    """The holder's private line to the target of one attempt. Every wait here is limited by its caller."""

    async def ready(self) -> None:
        """Returns when the target has asked for the brief and got it. Raises: LineFailed (it left)."""
        ...

    async def answer(self) -> Answer:
        """The target's answer. Raises: LineFailed (it left before answering)."""
        ...

    async def tell(self, summary: SummaryNote) -> None:
        """Send the summary on. Raises: LineFailed."""
        ...

    async def take_over(self, last_sound_at: int) -> None:
        """Returns when the target holds the call. Raises: LineFailed."""
        ...

    async def gone(self) -> None:
        """Returns when the target has left the room, for whatever reason (never, if it never came)."""
        ...

    async def release(self) -> None:
        """Tell the target that it is not needed, and see it out of the room. Never raises."""
        ...


class Switchboard(Protocol):
    def open(self, task: TakeHandoff, brief: Brief) -> Line:
        """A line for one attempt, opened before the target is called: only its target may use it."""
        ...


class Voice(Protocol):
    """What the caller hears of the holder, and whether the holder listens."""

    async def close_ears(self) -> None:
        """Stop what is being said, and hear the caller no more (kept, never acted on)."""
        ...

    def open_ears(self) -> None: ...

    async def say(self, line: str) -> int:
        """Speak to the end, uninterrupted; returns when the caller heard its last sound, ms UTC.

        Raises: VoiceFailed.
        """
        ...

    async def start_music(self) -> bool:
        """Returns whether it plays now. It does not where the room is out of reach: try again."""
        ...

    async def stop_music(self) -> None:
        """Returns when no more music is heard. Does nothing where none plays."""
        ...

    async def go_on(self, line: str, *, happened: str) -> None:
        """Back to the caller: put `happened` in the context, open the ears, speak `line`. Never raises."""
        ...


class HolderLine(Protocol):
    """The target's private line to the holder. Only the holder named in the dispatch is listened to."""

    async def ready(self) -> Brief:
        """Say that we claimed the attempt; returns the brief. Raises: LineFailed."""
        ...

    async def answer(self, answer: Answer) -> None:
        """Raises: LineFailed."""
        ...

    async def summary(self) -> SummaryNote:
        """Returns when the holder has sent the summary."""
        ...

    async def asked_to_take_over(self) -> int:
        """Returns when the holder calls `take_over`: its last sound, ms UTC. It waits for the reply below."""
        ...

    def reply_taken(self, *, taken: bool) -> None:
        """Answer the holder's `take_over`: whether we hold the call now."""
        ...

    async def released(self) -> None:
        """Returns when the holder says that it does not need us any more."""
        ...

    async def holder_gone(self) -> None:
        """Returns when the holder has left the room, for whatever reason."""
        ...


class Stage(Protocol):
    """The target's own session in the room: silent until it goes on air."""

    async def join(self) -> None:
        """Connect to the room, and make the session ready without a sound. Raises: LineFailed."""
        ...

    async def decide(self, brief: Brief, summary: SummaryNote | None) -> tuple[bool, str]:
        """Yes or no with a reason, by the role's `accepts`; asking the model needs the summary."""
        ...

    @property
    def decides_on_summary(self) -> bool:
        """Whether `decide` waits for the summary (`accepts: screen`)."""
        ...

    async def begin(self, brief: Brief) -> None:
        """Start the session, silently: the summary is not there yet. Never raises."""
        ...

    async def prepare(self, brief: Brief, summary: SummaryNote | None) -> None:
        """After `begin`: what is known into the context, and the opening line ready. Never raises."""
        ...

    async def go_on_air(self) -> int:
        """Open the ears and speak the opening line; returns when its first sound left, ms UTC."""
        ...

    async def leave(self) -> None:
        """Leave the room unheard. Never raises."""
        ...
