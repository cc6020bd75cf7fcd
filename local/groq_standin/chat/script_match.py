"""Which of the script's answers fits a request. Pure: no I/O, no clock, no state between requests."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import TypeVar

from rapidfuzz import fuzz  # word overlap that forgives a misheard word; difflib knows no token sets

from local.groq_standin.chat.request import ChatRequest, Message
from local.groq_standin.script import About, Exchange, Reply, RoleScript, Script, words_of

ENOUGH = 62.0
"""Of 100: less likeness than this is `otherwise`. Half a line that was heard well has about 75, a line of the
script against another one about 45."""

PART_OF_A_LINE = 3
"""A piece needs a third of a line's words to stand for it. Fewer are the rest of another line, or a noise:
"I was" must hand over nobody who has yet to say that they were charged twice."""

_ROLE_LINE = re.compile(r"^Your role: (\S+)\s*$", re.MULTILINE)
A = TypeVar("A", bound=About)


def role_of(messages: Sequence[Message]) -> str | None:
    """The role named by a line `Your role: NAME` of a system message."""
    for message in messages:
        if message.role in {"system", "developer"} and (found := _ROLE_LINE.search(message.text)):
            return found.group(1)
    return None


def reply_to(request: ChatRequest, script: Script) -> Reply:
    """What the asked role says or does now."""
    role = script.roles.get(role_of(request.messages) or "")
    if role is None:
        return Reply(say=script.otherwise)
    said, tool_result = _newest(request.messages)
    if not said:
        return Reply(say=role.opening or role.otherwise)
    exchange = _best(role, said)
    if tool_result:
        return (exchange.after_tool if exchange else None) or Reply(say=role.after_tool)
    return exchange or Reply(say=role.otherwise)


def best_about(choices: Iterable[A], text: str) -> A | None:
    """The choice with the most of its `about` found in `text`; one without any where none is found."""
    present = set(words_of(text))

    def found(choice: A) -> int:
        return sum(set(words_of(phrase)) <= present for phrase in choice.about)

    scored = [(found(choice), choice) for choice in choices]
    fitting = [(score, choice) for score, choice in scored if score or not choice.about]
    return max(fitting, key=lambda pair: pair[0])[1] if fitting else None


def _newest(messages: Sequence[Message]) -> tuple[list[str], bool]:
    """What the user said since the assistant's last words, and whether a tool's result came after it."""
    said: list[str] = []
    tool_result = False
    for message in reversed(messages):
        if message.role == "user":
            said.insert(0, message.text)
        elif message.role == "tool" and not said:
            tool_result = True
        elif message.role == "assistant" and not (tool_result and not said):
            break
    return said, tool_result


def _best(role: RoleScript, said: Sequence[str]) -> Exchange | None:
    heard = {" ".join(words_of(text)) for text in (said[-1], " ".join(said))}
    scored = [
        (likeness(pattern, text), exchange)
        for exchange in role.exchanges
        for pattern in exchange.patterns
        for text in heard
    ]
    if not scored:
        return None
    score, exchange = max(scored, key=lambda pair: pair[0])
    return exchange if score >= ENOUGH else None


def likeness(pattern: str, heard: str) -> float:
    """Of a line and of words as `words_of` has them, 0 to 100.

    Shared words count most, so that a beginning fits; then closeness of the whole decides.
    """
    words = words_of(pattern)
    if len(heard.split()) * PART_OF_A_LINE < len(words):
        return 0.0
    expected = " ".join(words)
    return 0.6 * fuzz.token_set_ratio(expected, heard) + 0.4 * fuzz.ratio(expected, heard)
