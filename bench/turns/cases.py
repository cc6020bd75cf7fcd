"""What the callers say: nods, interruptions, complete sentences, unfinished turns and long turns. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count

from bench.turns.voices import VOICES, Voice

ASK_FOR_READING = "please read me the terms of the contract"
READING = (
    "The contract begins on the day when the router comes to your door and goes on from month to month until"
    " one of us ends it with a letter or a call and the price of it stays as it was on the first day"
)
"""An answer of 11 s in one breath, so any gap was caused by the caller. It takes two requests for speech."""
OTHERWISE = "Thank you, I have that now."

NODS = ("okay", "mhm", "yeah", "right", "I see")
NODS_AT_S = (3.2, 5.6, 8.0)
"""Seconds after the reading's first sound."""

INTERRUPTIONS = (
    "stop please wait",
    "no",
    "wait",
    "stop",
    "no that is wrong",
    "hold on a moment",
    "excuse me I have a question",
    "what does that mean for me",
)

SENTENCES = (
    "yes please",
    "when are you open",
    "do you have a shop",
    "my internet is not working today",
    "how much does it cost in a month",
    "can I call you back tomorrow",
    "I want to change my address",
    "no I do not think so",
    "what is the price of the router",
    "thank you that is all I wanted to know",
    "could you send me a technician please",
    "is there somebody in the shop on sunday",
)

PAUSES_S = (0.4, 0.8, 1.2, 1.5, 2.0)
UNFINISHED = {
    "number": (
        ("my number is four seven one", "nine two three five"),
        ("it is oh seven seven", "one two four", "five five nine"),
        ("my customer number is eight eight", "three one oh six"),
    ),
    "spelling": (
        ("my name is spelled m i l", "l e r"),
        ("that is b r a", "n d t"),
        ("the word is spelled s u n", "f l o", "w e r"),
    ),
    "address": (
        ("I live at forty two", "maple street in springfield"),
        ("it is twelve oak road and the postcode is", "nine four one one oh"),
        ("the address is", "seven park avenue"),
    ),
    "thinking": (
        ("I would like to um", "change my contract"),
        ("I am calling you because", "the line is slow in the evening"),
        ("I need to know how much it is and", "when the invoice comes"),
    ),
}

SLOW = ("when are you open", "I want to change my address", "what is the price of the router")
SLOW_MS = 4_000
"""How long Groq takes to transcribe these lines: longer than one attempt's timeout may be."""

HANDOFF_LINES = ("I was charged twice for my last invoice", "put me through to billing please")
HANDOFFS = 6

LONG_TURNS_S = (5, 20, 40)
LONG_PHRASES = (
    "so I called you last week about the line",
    "and a man with a friendly voice told me",
    "that somebody would come on friday morning",
    "but nobody came and nobody called me",
    "so I waited until the evening at home",
    "and then I looked at the router again",
    "where the red light was still on",
    "and my neighbour has the same trouble",
    "although he pays for the faster line",
    "which is strange when you think of it",
    "because we both live in the same house",
    "and we were told that it was all new",
)
BREATH_S = 0.3
"""Seconds between two phrases of a long turn."""
NOISE_S = 60


@dataclass(frozen=True, slots=True)
class Line:
    """What a caller says. `kind`: of an unfinished turn, otherwise ""."""

    parts: tuple[str, ...]
    voice: Voice
    pause_s: float = 0.0
    kind: str = ""

    @property
    def text(self) -> str:
        return " ".join(self.parts)

    def __str__(self) -> str:
        pause = f"{self.kind}, {self.pause_s:g} s, " if self.kind else ""
        return f"{pause}“{self.text}” by {self.voice.name}"


@dataclass(frozen=True, slots=True)
class Cases:
    """One round: which lines are said by which voices."""

    readings: tuple[tuple[Line, ...], ...]  # the nods in each
    interruptions: tuple[Line, ...]
    sentences: tuple[Line, ...]
    unfinished: tuple[Line, ...]
    handoffs: tuple[Line, ...]
    slow: tuple[Line, ...]
    long_turns: tuple[Line, ...]

    def lines(self) -> Iterator[Line]:
        """Yield every line that is said."""
        yield from (nod for nods in self.readings for nod in nods)
        yield from (*self.interruptions, *self.sentences, *self.unfinished)
        yield from (*self.handoffs, *self.slow, *self.long_turns)


def cases(round_number: int) -> Cases:
    """Return a round's cases. Each voice gets its share of each kind, and other lines in another round."""
    turn = count(round_number)

    def by_next(*parts: str, pause_s: float = 0.0, kind: str = "") -> Line:
        return Line(parts, VOICES[next(turn) % len(VOICES)], pause_s, kind)

    return Cases(
        readings=tuple(
            tuple(by_next(NODS[(reading + place) % len(NODS)]) for place in range(len(NODS_AT_S)))
            for reading in range(len(NODS))
        ),
        interruptions=tuple(by_next(words) for words in INTERRUPTIONS),
        sentences=tuple(by_next(words) for words in SENTENCES),
        unfinished=tuple(
            by_next(*lines[(place + round_number) % len(lines)], pause_s=pause_s, kind=kind)
            for kind, lines in UNFINISHED.items()
            for place, pause_s in enumerate(PAUSES_S)
        ),
        handoffs=tuple(by_next(HANDOFF_LINES[place % len(HANDOFF_LINES)]) for place in range(HANDOFFS)),
        slow=tuple(by_next(words) for words in SLOW),
        long_turns=tuple(Line(_phrases(seconds), VOICES[0], BREATH_S) for seconds in LONG_TURNS_S),
    )


def _phrases(seconds: float) -> tuple[str, ...]:
    """Return phrases that last about this long: one takes about 2.4 s, including the breath after it."""
    return tuple(LONG_PHRASES[place % len(LONG_PHRASES)] for place in range(round(seconds / 2.4)))
