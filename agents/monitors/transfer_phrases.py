"""Recognises replies that announce a transfer, by transfer phrases and the names of desks. Pure.

English only, like the TTS model. Offers, questions, conditions and others' actions are not announcements.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass


def _any(words: str) -> str:
    """Return a regex for any of these words, which spaces separate; an underscore is a space in a phrase."""
    return f"(?:{'|'.join(words.split())})".replace("_", " ")


_SENTENCE = re.compile(r"[^.!?;…]+[.!?;…]*")
_MAYBE = re.compile(
    rf"\b{_any('can could would should shall may might cannot not never no_longer unable if unless')}\b"
    rf"|\b{_any('whether when whenever once until before after first tried trying earlier ago already')}\b"
    rf"|\b{_any('again want wish like prefer anyone they he she')}\b|n't\b|'d\b"
)
"""A sentence with one of these says what may happen, did not happen, is long past, or concerns others."""

_ADVERB = _any(
    "now just gladly happily quickly directly also then right away straight today please here over"
)
_ADVERBS = rf"(?: (?:{_ADVERB}|at once|for you|in a moment))*"
_LEAD = _any(
    "okay ok all_right alright sure certainly great yes right now so of_course very_well thanks thank_you"
)
_SUBJECT = (
    r"(?:\b(?:i|we)(?:'ll| will|'m| am|'re| are|'ve| have)"
    rf"(?: {_ADVERB}| going to| about to| be| go ahead and)*"
    r"|\blet me(?: just| quickly| go ahead and)?|\bwhile (?:i|we)"
    rf"|^(?:{_LEAD} |one moment |please hold )*(?=\w+ing\b))"
)
_PASS = _any("hand handing handed pass passing passed transfer transferring transferred")
_CALL = rf"{_PASS} (?:this|your|the) call(?: over| on)?"
_PLAIN = (
    r"(?:put(?:ting)? you through|hand(?:ing|ed)? you (?:over|off|on)"
    rf"|pass(?:ing|ed)? you (?:on|over|along|across)|transfer(?:ring|red)? you|{_CALL})"
)
"""Said of calls only; the words that follow show whether this call is meant."""
_DIRECTION = _any("over on across straight directly right through back connected in_touch")
_VAGUE = (
    r"(?:(?:(?:connect|forward|redirect|direct)(?:ing|ed)? you"
    r"|(?:switch|send|mov|bring|tak|get|gett|put)(?:e|ing)? you|hand(?:ing)? over)"
    rf"(?: {_DIRECTION})*)"
)
"""Said of many things: an announcement only if the name of a desk follows."""
_FETCH = r"(?:get(?:ting)?|fetch(?:ing)?|bring(?:ing)?|call(?:ing)?|loop(?:ing)?)(?: in)?"
_PASSIVE = (
    r"\byou(?:'re| are|'ll be| will be)(?: now)?(?: being)?"
    rf" {_any('transferred connected put_through handed_over passed_on forwarded')}"
)
_COMES = (
    r"(?: will|'ll| is going to)(?: now)? (?:take over|take it from here|be with you|join us|join this call)"
)
_PEOPLE = _any("colleagues? someone somebody specialists? experts? agents? people person team")
_SOMEBODY = (
    rf"(?:(?:the |our |my |a |an )?(?:right |next |one of my |one of our )?{_PEOPLE}"
    r"(?: over)?(?: (?:at|in|from|of|on))? )?(?:the |our |my )?"
)
_DESK = rf"(?: (?:{_PEOPLE}|desk|department|side|office))?"
_STRANGER = re.compile(rf"^ (?:to|with|onto) (?:\w+ ){{0,3}}(?:{_PEOPLE}|desk|department|office|them)\b")
_ON_THE_LINE = r"(?: in| over)?(?: (?:on|onto|into|to) (?:the|this) (?:line|call|phone))?"


@dataclass(frozen=True, slots=True)
class Promise:
    """`target` is the role that was named; None if no role was named, or one that is out of reach."""

    target: str | None


class PromiseRule:
    """Finds promises of one role. `desks` maps the other roles to their spoken names."""

    def __init__(self, desks: Mapping[str, str]) -> None:
        self._names = {role: re.compile(rf"\b{_called(role, name)}\b") for role, name in desks.items()}
        any_name = "|".join(_called(role, name) for role, name in desks.items()) or r"(?!)"
        named = rf"{_SOMEBODY}(?:{any_name}){_DESK}\b"
        led = rf"(?:{_SUBJECT} ?(?:{_PLAIN}|{_VAGUE})|{_PASSIVE}){_ADVERBS} (?:to|with|onto|for) {named}"
        fetched = rf"{_SUBJECT} ?{_FETCH} {named}{_ON_THE_LINE}{_ADVERBS}$"
        self._named = re.compile(rf"(?P<named>{led}|{fetched}|{named}{_COMES})")
        self._unnamed = re.compile(rf"(?:{_SUBJECT} ?{_PLAIN}|{_PASSIVE}){_ADVERBS}(?P<rest>.*)$")

    def promise_in(self, reply: str) -> Promise | None:
        """Return the announced transfer, if there is one."""
        sentences = [sentence.strip() for sentence in _SENTENCE.findall(_plain(reply))]
        for sentence in sentences:
            if sentence.endswith("?") or _MAYBE.search(sentence):
                continue
            said = sentence.rstrip(" .!;…")
            if found := self._named.search(said):
                return Promise(self._only_one(found["named"]))
            if (found := self._unnamed.search(said)) and (
                not found["rest"] or _STRANGER.match(found["rest"])
            ):
                return Promise(self._only_one(" ".join(sentences)) if not found["rest"] else None)
        return None

    def _only_one(self, words: str) -> str | None:
        found = [role for role, name in self._names.items() if name.search(words)]
        return found[0] if len(found) == 1 else None


def _plain(words: str) -> str:
    words = words.lower().replace("’", "'").replace("–", ",").replace("—", ",")
    return " ".join(re.sub(r"[^a-z0-9'.!?;…\s]", " ", words).split())


def _called(role: str, name: str) -> str:
    """Return a regex for a role's spoken name, without its article or "desk", or for the role's id."""
    core = re.sub(r"^(?:the|our) ", "", _plain(name))
    core = re.sub(r" (?:desk|team|department|office)$", "", core) or core
    return "(?:" + "|".join(dict.fromkeys([re.escape(core), re.escape(role.replace("-", " "))])) + ")"
