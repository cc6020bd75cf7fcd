"""Redacts a call's turns. A turn that breaks off in the middle of a number waits for the next turns.

"Four one one one" means nothing by itself. With the speaker's next three turns it is a card number, and
without the wait, it would be in the store by then. A number that begins before another role takes the caller
is redacted as both roles require.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from agents.redaction.kinds import LONGEST_STAYING, Found
from agents.redaction.numbers import MOST as MOST_OF_CARD
from agents.redaction.redactor import Redactor, replaced, without_overlaps
from persistence.records import Turn

HOLD_S = 10.0
"""How long a turn waits at most for the rest of a number. Later turns wait with it: they keep their order."""

_BETWEEN = " "
_ASKED = 200
_RECENT = 40
"""How many turns are remembered with their stored form: more than a caller says in one handoff."""


@dataclass(slots=True, eq=False)
class _Stream:
    """One speaker's successive turns that may belong together."""

    asked: str
    redactor: Redactor
    before: str = ""  # what they said just before, if that ended in a whole card number
    text: str = ""
    turns: list[Turn] = field(default_factory=list)
    starts: list[int] = field(default_factory=list)
    found: Sequence[Found] = ()
    unfinished: Found | None = None

    def add(self, turn: Turn) -> None:
        self.text += _BETWEEN if self.text else ""
        self.starts.append(len(self.text))
        self.text += turn.text
        self.turns.append(turn)

    def find(self) -> None:
        """Search again, after a turn was added."""
        self.found = self.redactor.find(self.text, self.asked)
        self.unfinished = self.redactor.unfinished(self.text, self.found, self.asked)
        if self.before:
            self._find_rest_of_card()

    def _find_rest_of_card(self) -> None:
        """Find a card number's rest: the first 13 of its 19 digits may have looked like a whole number."""
        both, at = f"{self.before}{_BETWEEN}{self.text}", len(self.before) + len(_BETWEEN)
        found = self.redactor.find(both)
        rest = [one for one in found if one.kind == "card" and one.start < at < one.end]
        self.found = [*self.found, *(replace(one, start=0, end=one.end - at, is_part=True) for one in rest)]
        if self.unfinished is None:
            open_end = self.redactor.unfinished(both, found)
            if open_end is not None and open_end.start < at and len(open_end.digits) <= MOST_OF_CARD:
                self.unfinished = replace(open_end, start=0, end=open_end.end - at)

    @property
    def ends_in_card(self) -> bool:
        return bool(self.found) and self.found[-1].kind == "card"

    def redacted(self, turn: Turn, found: Sequence[Found]) -> Turn:
        """Return the turn redacted. If a number continues in a later turn, this turn has a part of it."""
        number = next(number for number, other in enumerate(self.turns) if other is turn)
        start = self.starts[number]
        end = start + len(turn.text)
        inside = [
            replace(
                one,
                start=max(one.start, start) - start,
                end=min(one.end, end) - start,
                is_part=one.is_part or (one.end > end and one.kind != "email"),
            )
            for one in found
            if one.start < end and one.end > start
        ]
        return replace(turn, text=replaced(turn.text, inside)) if inside else turn


class HeldTurns:
    """One call's held turns. `settled` gets each turn, in order, as it may be stored."""

    def __init__(self, redactor: Redactor, settled: Callable[[Turn], None], hold_s: float = HOLD_S) -> None:
        self._redactor, self._settled, self._hold_s = redactor, settled, hold_s
        self._held: deque[tuple[Turn, _Stream | None]] = deque()
        self._recent: deque[tuple[str, str]] = deque(maxlen=_RECENT)  # what was said, and what is stored
        self._streams: dict[str, _Stream] = {}
        self._latest = ""
        self._timer: asyncio.TimerHandle | None = None

    @property
    def now(self) -> Sequence[Turn]:
        """The turns that wait, as they would be stored now."""
        return [self._as_it_is(turn, stream) for turn, stream in self._held]

    def as_stored(self, words: str) -> str | None:
        """Return the latest turn with these words as it is, or would be, stored; None if there is none."""
        held = [(turn.text, self._as_it_is(turn, stream).text) for turn, stream in self._held]
        return next((kept for said, kept in reversed([*self._recent, *held]) if said == words), None)

    def add(self, turn: Turn) -> None:
        """Add a turn that was just said."""
        self._held.append((turn, None if turn.nod else self._followed(turn)))
        while self._held and not self._waits(self._held[0][1]):
            self._settle_first()
        if self._held and self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(self._hold_s, self.settle)
        elif not self._held:
            self._stop()

    def settle(self) -> None:
        """Settle all waiting turns now. An unfinished number is redacted if it is too long to be shown."""
        self._stop()
        while self._held:
            self._settle_first()

    def _followed(self, turn: Turn) -> _Stream:
        stream = self._streams.get(turn.speaker)
        if stream is None or stream.unfinished is None:
            before = stream.text if stream is not None and stream.ends_in_card else ""
            stream = self._streams[turn.speaker] = _Stream(self._latest, self._redactor, before)
        stream.add(turn)
        stream.redactor = self._redactor.since(stream.turns[0].started_at)
        stream.find()
        self._latest = f"{self._latest} {turn.text}"[-_ASKED:]
        return stream

    def _waits(self, stream: _Stream | None) -> bool:
        return stream is not None and stream.unfinished is not None

    def _settle_first(self) -> None:
        turn, stream = self._held.popleft()
        kept = self._as_it_is(turn, stream)
        self._recent.append((turn.text, kept.text))
        self._settled(kept)

    def _as_it_is(self, turn: Turn, stream: _Stream | None) -> Turn:
        if stream is None:
            return turn
        # Another speaker may have completed the number since: then its part here is known as well.
        found = [*stream.found, *stream.redactor.find(stream.text, stream.asked)]
        open_end = stream.unfinished
        if open_end is not None and open_end.digits.isdigit() and len(open_end.digits) <= LONGEST_STAYING:
            open_end = None
        found += [] if open_end is None else [open_end]
        return stream.redacted(turn, without_overlaps(found))

    def _stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
