"""Selects the script's answer to a request. Pure: no I/O, no clock, no state between requests."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypeVar

from rapidfuzz import fuzz  # tolerates a misrecognized word; difflib has no token sets

from local.groq_standin.chat.lookups import read_out
from local.groq_standin.chat.names import asked_for, mentions_any
from local.groq_standin.chat.persona import Persona, persona_of, role_of
from local.groq_standin.chat.play_along import make_up
from local.groq_standin.chat.request import ChatRequest, Message
from local.groq_standin.script import About, Exchange, Reply, RoleScript, Script, words_of

ENOUGH = 62.0
"""Minimum similarity, of 100; below it the answer is `otherwise`. Half of a line, recognized well, scores
about 75; two different lines of the script score about 45."""

CLEAR = 85.0
"""Minimum similarity for a line that names a role. With one misheard word, such a line scores about 90."""

PART_OF_A_LINE = 3
"""A fragment needs a third of a line's words to match the line. A shorter one is the rest of another line, or
noise: "I was" must not cause a handoff before the caller has said that they were charged twice."""

A = TypeVar("A", bound=About)


def reply_to(request: ChatRequest, script: Script) -> Reply:
    """Return the reply of the request's role, from the script; what the script leaves out is made up."""
    role = script.roles.get(role_of(request.messages) or "", RoleScript(otherwise=script.otherwise))
    persona = persona_of(request)
    said, tool_result = _newest(request.messages)
    if not said and (words := role.opening or role.otherwise):
        return Reply(say=words)
    best = _best(role, said) if said else None
    if tool_result:
        scripted = best and best[1].after_tool
        return scripted or read_out(request.messages) or Reply(say=role.after_tool)
    if best and (role.otherwise or _means(best[0], said, persona)):
        return best[1]
    return Reply(say=role.otherwise) if role.otherwise else make_up(persona, said, _earlier(request, said))


def _means(pattern: str, said: Sequence[str], persona: Persona) -> bool:
    """Whether a caller who said this can have meant the line. If they named a target, it must match clearly.

    "Can I speak to billing" and "can I speak to technical" are almost alike, and so are "put me through to
    the technical desk" and "can the technical desk explain my contract".
    """
    text = " ".join(said)
    named = asked_for(text, persona.targets)
    if named is None:
        return not mentions_any(text, persona.targets)  # "not billing"
    alike = likeness(pattern, " ".join(words_of(text)))
    return alike >= CLEAR and named == asked_for(pattern, persona.targets)


def _earlier(request: ChatRequest, said: Sequence[str]) -> list[str]:
    """Return what the caller said before these newest words."""
    return [message.text for message in request.messages if message.role == "user"][: -len(said) or None]


def best_about(choices: Iterable[A], text: str) -> A | None:
    """Return the choice with the most `about` phrases in `text`, else one without phrases, else None."""
    present = set(words_of(text))

    def found(choice: A) -> int:
        return sum(set(words_of(phrase)) <= present for phrase in choice.about)

    scored = [(found(choice), choice) for choice in choices]
    fitting = [(score, choice) for score, choice in scored if score or not choice.about]
    return max(fitting, key=lambda pair: pair[0])[1] if fitting else None


def _newest(messages: Sequence[Message]) -> tuple[list[str], bool]:
    """Return the user's messages since the assistant's last, and whether a tool's result followed them."""
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


def _best(role: RoleScript, said: Sequence[str]) -> tuple[str, Exchange] | None:
    """Return the line most similar to these words, and its exchange; None if none is similar enough."""
    heard = {" ".join(words_of(text)) for text in (said[-1], " ".join(said))}
    scored = [
        (likeness(pattern, text), pattern, exchange)
        for exchange in role.exchanges
        for pattern in exchange.patterns
        for text in heard
    ]
    if not scored:
        return None
    score, pattern, exchange = max(scored, key=lambda one: one[0])
    return (pattern, exchange) if score >= ENOUGH else None


def likeness(pattern: str, heard: str) -> float:
    """Return the similarity of a line and recognized words (as from `words_of`), 0 to 100.

    Shared words count most, so that the beginning of a line matches; then the similarity of the whole counts.
    """
    words = words_of(pattern)
    if len(heard.split()) * PART_OF_A_LINE < len(words):
        return 0.0
    expected = " ".join(words)
    return 0.6 * fuzz.token_set_ratio(expected, heard) + 0.4 * fuzz.ratio(expected, heard)
