"""Checks whether the caller's own words allow a tool call; another tool's answer does not. Pure."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterator

from livekit.agents.llm import ChatContext, ChatMessage, FunctionCallOutput

from agents.words import words_of

_STEM = 4
"""Letters that two words share if they mean the same: refund and refunded, bill and billing."""
_LATEST = 3
"""How many of the caller's latest turns may contain a request that had to wait for a tool's answer."""
_YES = frozenset(
    [
        "yes",
        "yeah",
        "yep",
        "yup",
        "sure",
        "correct",
        "right",
        "okay",
        "ok",
        "please",
        "exactly",
        "absolutely",
        "definitely",
        "certainly",
        "ja",
        "oui",
        "sí",
        "si",
        "agreed",
        "confirmed",
    ]
)
_NO = frozenset(["no", "not", "nope", "don't", "dont", "never", "wait", "stop", "cancel", "nein", "non"])
_GOODBYE = frozenset(["bye", "goodbye", "thanks", "thank", "nothing", "all", "no", "nope", "cheers", "ciao"])


def acts_on_answer(context: ChatContext, tools: Collection[str]) -> bool:
    """Whether one of these tools has answered since the caller's latest words."""
    for item in reversed(context.items):
        if isinstance(item, ChatMessage) and item.role == "user":
            return False
        if isinstance(item, FunctionCallOutput) and item.name in tools and not item.is_error:
            return True
    return False


def asks_for(context: ChatContext, *names: str) -> bool:
    """Whether the caller's latest turns contain a word of these names."""
    said = {_stem(word) for words in _last_said(context, _LATEST) for word in words}
    wanted = {
        _stem(word) for name in names for word in words_of(name.replace("_", " ")) if len(word) >= _STEM
    }
    return bool(said & wanted)


def says_goodbye(context: ChatContext) -> bool:
    """Whether the caller's latest words may end the call."""
    return any(_GOODBYE & set(words) for words in _last_said(context, 1))


class CallersYes:
    """Remembers what the caller is being asked, until their next words say yes to it."""

    def __init__(self) -> None:
        self._asked: dict[Hashable, int] = {}

    def given(self, context: ChatContext, what: Hashable) -> bool:
        """Whether the caller has said yes since they had to be asked. If not, they must be asked now."""
        turns = _turns(context)
        asked_at = self._asked.pop(what, None)
        if asked_at is not None and turns > asked_at and says_yes(context):
            return True
        self._asked[what] = turns
        return False


def says_yes(context: ChatContext) -> bool:
    """Whether the caller's latest words contain a yes and no refusal."""
    return any(bool(_YES & set(words)) and not _NO & set(words) for words in _last_said(context, 1))


def _last_said(context: ChatContext, turns: int) -> Iterator[list[str]]:
    said = [item for item in context.items if isinstance(item, ChatMessage) and item.role == "user"]
    for message in said[-turns:]:
        yield words_of(message.text_content or "")


def _turns(context: ChatContext) -> int:
    return sum(isinstance(item, ChatMessage) and item.role == "user" for item in context.items)


def _stem(word: str) -> str:
    return word[:_STEM]
