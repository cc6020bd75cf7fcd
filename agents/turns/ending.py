"""Whether a caller's words are a whole turn, or whether more will follow. Pure: words in, verdict out.

Whisper's punctuation helps if it is there, but nothing depends on it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from enum import Enum
from itertools import takewhile

from agents.turns.expectation import Expects


class Ending(Enum):
    """How the words end, from the surest end to the surest pause."""

    DONE = "done"  # a whole question, "yes", "thank you"
    PLAIN = "plain"  # words that may well be all
    DOUBT = "doubt"  # a greeting, or an answer without what was asked for
    UNFINISHED = "unfinished"  # in the middle of a number, a spelling, an address or a sentence


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


_DIGITS = _set("zero oh one two three four five six seven eight nine")
_NUMERALS = _DIGITS | _set(
    "ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen twenty thirty forty "
    "fifty sixty seventy eighty ninety hundred thousand"
)
_BETWEEN_DIGITS = _set("point dash hyphen slash plus double triple o")
_DANGLING = _set(
    "a an the my your our their his this these and or but because if when while whether although unless "
    "until to at of for from with into by than as about between i we he she they is are was were am be been "
    "um uh er erm eh hm hmm mm well like then "
    "it's i'm that's there's he's she's what's name's number's i've we've they've i'd we'd i'll we'll "
    "we're they're dot underscore dash hyphen double triple called named"
)
_STRANDED = _set("to at of for from with about like by is are was were am be")
"""Words with which a question may end: "where are you from"."""
_THINKING = re.compile(
    r"(?:(?:\bi (?:was|am)|\bi'm) (?:thinking|wondering|calling|hoping|trying|looking)"
    r"|\bi (?:want|need|mean|think|guess|have)|\blet me (?:see|think|look|check|get it|find it)"
    r"|\bhold on|\bhang on|\b(?:one|a|just a) (?:moment|second|sec|minute)|\byou know|\bsort of|\bkind of"
    r"|\b(?:and|but|or|because) so|\b(?:thing|problem|trouble|question|point|fact|reason) is that|\bso that)$"
)
_WHOLE = re.compile(
    r"^(?:(?:yes|yeah|yep|no|nope|okay|well|so) )*(?:yes|yeah|yep|no|nope|nah|okay|ok|sure|correct|exactly"
    r"|right|that(?:'s| is) (?:right|correct|it|all|fine)|of course|never mind|stop|wait"
    r"|(?:yes|no) (?:it|that|i|we|he|she|they|there) (?:is|are|was|am|were|do|does|did|have|has|can|will)"
    r"|i do|i don't|i don't know|not really|nothing(?: else)?)$"
)
_CLOSING = re.compile(
    r"\b(?:thank you|thanks|please|goodbye|bye|that's all|that is all|that's it|good night)$"
)
_GREETING = re.compile(r"^(?:hello|hi|hey|good (?:morning|afternoon|evening|day)|yes hello|hello there)$")
_QUESTION = re.compile(
    r"^(?:(?:and|so|but|okay|well|hello|hi|um|yes|no) )*(?:(?:what|when|where|who|why|how|which)\b|"
    r"(?:is|are|was|were|do|does|did|can|could|would|will|shall|should|have|has|may) "
    r"(?:i|you|we|they|he|she|it|there|that|this|the|my|your)\b)"
)
_ABOUT_NUMBER = re.compile(
    r"\b(?:numbers?|phone|telephone|mobile|code|pin|account|invoice|order|card|id|reference|serial|zip|digits?)\b"
)
_LETTERS = re.compile(r"\b[a-z](?:[-.][a-z])+$|\bspel(?:led|t)(?: \w+){0,2}$")
_AS_IN = re.compile(r"\b[a-z] (?:as in|for|like) \w+$")
_ADDRESS = re.compile(r"\b(?:address is|address would be|i live (?:at|on|in)|we live (?:at|on|in)|it's at)\b")
_WHOLE_ADDRESS = re.compile(
    r"(?:\b\d{5}|\b[a-z]{1,2}\d\w? ?\d[a-z]{2}|\.(?:com|net|org|de|uk)|dot (?:com|net|org))$"
)
_AMOUNT = re.compile(r"(?:[$€£]\s?\d[\d.,]*|\d[.:]\d\d|\b(?:in|since|until|from) (?:19|20)\d\d)$")
_OPEN_MARKS = (",", "-", "–", "—", "…", "...", ":", ";")
_TELEPHONE_DIGITS = 10
"""How many digits a telephone number has with its area code."""


def ending(text: str, asked: Expects | None = None) -> Ending:
    """Return how a caller's words end, given what the agent asked for."""
    text = text.strip().casefold().replace("’", "'")
    plain = " ".join(re.findall(r"[\w'@$€£.:-]*[\w]", text))
    plain = re.sub(r"(?<=[a-z])[.:](?= |$)", "", plain)
    words = plain.split()
    if not words:
        return Ending.PLAIN
    if text.endswith("?") or _WHOLE.match(plain) or _CLOSING.search(plain):
        return Ending.DONE
    if text.endswith(_OPEN_MARKS):
        return Ending.UNFINISHED
    return _parts(plain, words, asked) or _sentence(plain, words) or _answer(plain, words, asked)


def _parts(plain: str, words: Sequence[str], asked: Expects | None) -> Ending | None:
    """Judge numbers, spellings and addresses, which come in parts."""
    if asked is Expects.ADDRESS or _ADDRESS.search(plain):
        return Ending.DOUBT if _WHOLE_ADDRESS.search(plain) else Ending.UNFINISHED
    numbers = _trailing(words, _is_number)
    if any(map(_is_numeral, numbers)) and not _AMOUNT.search(plain):
        return _number(plain, words, numbers, asked)
    letters = _trailing(words, _is_letter)
    if len(letters) > 1 or _AS_IN.search(plain) or _LETTERS.search(plain):
        return Ending.UNFINISHED
    if asked is Expects.SPELLING and (letters or len(words) <= 2):
        return Ending.UNFINISHED
    return None


def _number(plain: str, words: Sequence[str], numbers: Sequence[str], asked: Expects | None) -> Ending:
    """`numbers`: the words at the end that are numbers. "A table for two" ends with one, and may be whole."""
    digits = sum(len(re.sub(r"\D", "", word)) or word in _DIGITS for word in numbers)
    if digits == _TELEPHONE_DIGITS and "card" not in plain:
        return Ending.DOUBT
    in_parts = len(numbers) > 1 or digits > 2 or (len(words) <= 2 and words[-1] not in {"one", "oh"})
    if in_parts or asked is Expects.NUMBER or _ABOUT_NUMBER.search(plain):
        return Ending.UNFINISHED
    return Ending.PLAIN


def _sentence(plain: str, words: Sequence[str]) -> Ending | None:
    last = words[-1]
    question = bool(_QUESTION.match(plain)) and len(words) > 2
    if question and (last in _STRANDED or last not in _DANGLING):
        return Ending.DONE
    if (
        last in _DANGLING
        or _THINKING.search(plain)
        or re.search(r"\b(?:think|know|say|said|hear|see) that$", plain)
    ):
        return Ending.UNFINISHED
    return None


def _answer(plain: str, words: Sequence[str], asked: Expects | None) -> Ending:
    if _GREETING.match(plain):
        return Ending.DOUBT
    if asked in {Expects.NUMBER, Expects.SPELLING} and not any(map(_is_number, words)):
        return Ending.DOUBT
    return Ending.PLAIN


def _trailing(words: Sequence[str], belongs: Callable[[str], bool]) -> list[str]:
    """Return the words at the end that belong together, the last one first."""
    return list(takewhile(belongs, reversed(words)))


def _is_number(word: str) -> bool:
    return _is_numeral(word) or word in _BETWEEN_DIGITS


def _is_numeral(word: str) -> bool:
    return word in _NUMERALS or bool(re.fullmatch(r"[\d.:-]*\d[\d-]*", word))


def _is_letter(word: str) -> bool:
    return len(word) == 1 and word.isalpha()
