"""Understands what somebody on a telephone answers when asked whether they take the call. Pure.

A yes taken for a question costs a repetition. A question taken for a yes puts a caller through to somebody
who has not agreed, and a yes taken for a no sends the caller away. So an unclear answer is "other", and the
question is asked again.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from itertools import dropwhile

from agents.roster.phone_words import PhoneWords
from agents.words import Answer, answer_of, has_phrase, words_of

_LONGEST_ANSWER = 10
"""The most words of an answer: somebody who says more is not answering a yes-or-no question."""
_FILLERS = frozenset({"ah", "eh", "er", "erm", "hm", "hmm", "oh", "uh", "uhm", "um", "well"})
"""Words without a meaning before the answer."""
_HUMS = ("mhm", "mhmm", "mmhm", "mmhmm", "mm hm", "mm hmm", "m hm", "uh huh", "aha")


def understood(text: str, words: PhoneWords, *, over_us: bool) -> Answer:
    """Return what these words answer. `over_us`: they began while we spoke.

    A hum ("mhm") over our words only shows that somebody listens.
    """
    said = words_of(text)
    if not said or len(said) > _LONGEST_ANSWER:
        return "other"
    not_no = [entry for entry in (*words.yes, *words.again) if has_phrase(entry, words.no)]
    if has_phrase(_without(said, not_no), words.no):
        return "no"
    if has_phrase(text, words.again):
        return "other"
    if _is_yes(said, words.yes) or (not over_us and " ".join(said) in _HUMS):
        return "yes"
    return "other"


def _is_yes(said: Sequence[str], yes: Collection[str]) -> bool:
    """Whether the words begin with one of these entries, or contain an entry of several words."""
    if answer_of(" ".join(dropwhile(_FILLERS.__contains__, said)), yes=yes, no=()) == "yes":
        return True
    return has_phrase(" ".join(said), [entry for entry in yes if len(words_of(entry)) > 1])


def _without(said: Sequence[str], entries: Collection[str]) -> str:
    """Return the words that are in none of these entries."""
    inside: set[int] = set()
    for phrase in map(words_of, entries):
        for place in range(len(said)):
            if said[place : place + len(phrase)] == phrase:
                inside.update(range(place, place + len(phrase)))
    return " ".join(word for place, word in enumerate(said) if place not in inside)
