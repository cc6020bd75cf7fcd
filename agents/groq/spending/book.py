"""What this process has used of each model so far, and what each request added."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import fields

from agents.groq.spending.unread import UnreadAnswers
from persistence.records import Used

_NAMES = tuple(field.name for field in fields(Used))


def plus(one: Used, other: Used) -> Used:
    return Used(*(getattr(one, name) + getattr(other, name) for name in _NAMES))


def minus(one: Used, other: Used) -> Used:
    return Used(*(getattr(one, name) - getattr(other, name) for name in _NAMES))


class SpendingBook:
    """Sums by model, and by whether the result was thrown away.

    `asks` is called with each request's entry before it is sent, `spent` with what each request uses or
    gives back, and `changed` after each change.
    """

    def __init__(self) -> None:
        self._sums: defaultdict[tuple[str, bool], Used] = defaultdict(Used)
        self.unread = UnreadAnswers()
        self.changed: Callable[[], None] = lambda: None
        self.spent: Callable[[str, Used], None] = lambda model, used: None
        self.asks: Callable[[BookEntry], None] = lambda entry: None

    @property
    def sums(self) -> Mapping[tuple[str, bool], Used]:
        return self._sums

    def entry(self, model: str, asked: Used) -> BookEntry:
        """Return the entry of a request that is about to be sent. It counts from its `sent()` on."""
        made = BookEntry(self, model, asked)
        self.asks(made)
        return made

    def add(self, model: str, thrown_away: bool, used: Used) -> None:
        self._sums[model, thrown_away] = plus(self._sums[model, thrown_away], used)
        self.changed()


class BookEntry:
    """One request's entry: `asked` counts as used once the request is sent, unless Groq refuses it."""

    def __init__(self, book: SpendingBook, model: str, asked: Used) -> None:
        self._book, self._model, self._asked = book, model, asked
        self._used = Used()
        self.is_begun = False
        """Whether sending has begun: it then continues to its end, even if nobody waits for the answer."""
        self._sent = self._thrown_away = False

    def sent(self) -> None:
        """Record that the request's last byte has been sent."""
        if not self._sent:
            self._sent = True
            self._becomes(self._asked)

    def told(self, tokens: Used) -> None:
        """Record the tokens that Groq reported."""
        self._becomes(minus(plus(self._used, tokens), Used(untold=1)))

    def refused(self) -> None:
        """Record that Groq refused the request, and bills nothing for it."""
        self._becomes(Used(refused=1))

    def throw_away(self) -> None:
        """Record that the request was part of a guess that proved wrong."""
        if not self._thrown_away:
            if self._used != Used():
                self._book.add(self._model, False, minus(Used(), self._used))
                self._book.add(self._model, True, self._used)
            self._thrown_away = True

    def _becomes(self, used: Used) -> None:
        change, self._used = minus(used, self._used), used
        if change != Used():
            self._book.add(self._model, self._thrown_away, change)
            self._book.spent(self._model, change)
