"""Makes up what the script leaves out, for any role: a few simple answers. Pure.

It answers in the role's name, hands over to a target that the caller asks for by name, and says goodbye. It
looks up everything else in the role's documents; without any, it says what it can do.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence

from local.groq_standin.chat.lookups import look_up
from local.groq_standin.chat.names import asked_for, mentions_any
from local.groq_standin.chat.persona import Persona
from local.groq_standin.script import Call, Reply, words_of

GREETINGS = ("hello", "hello can you help me please", "good morning")
QUESTIONS = ("who are you", "what can you do", "what can I say")
AGREEMENTS = ("yes", "yes please", "no", "no thank you", "thank you", "thank you very much")
GOODBYES = ("goodbye", "thank you goodbye", "no that is all thank you goodbye", "bye bye")

_FAREWELLS = (
    "goodbye bye tschüss wiedersehen wiederhören adieu adiós adios ciao arrivederci adeus "
    "hejdå пока свидания widzenia αντίο nashledanou viszlát さようなら 再见"
)
_CLAUSE_END = re.compile(r"[.,;!?]| and ")
_MOST_NAMED = 5
_SMALL_TALK = 2  # words at most, such as "yes, thanks"
_MOST_WORDS = 16


def make_up(persona: Persona, said: Sequence[str], earlier: Sequence[str]) -> Reply:
    """Return the reply to the caller's newest words `said`. `earlier`: what they said before."""
    text = " ".join(said)
    words = words_of(text)
    if (target := asked_for(text, persona.targets)) is not None:
        besides = [part for part in _CLAUSE_END.split(text) if not mentions_any(part, persona.targets)]
        reason = _reason(persona.targets[target], [*earlier, *besides])
        return Reply(call=Call(name="transfer_call", arguments={"target": target, "reason": reason}))
    if set(_FAREWELLS.split()) & set(words):
        return Reply(say="You are welcome. Goodbye.", call=Call(name="end_call") if persona.may_end else ())
    spoken = " ".join(words)
    if spoken in _plain(AGREEMENTS):
        return Reply(say=f"All right. {_offer(persona)}")
    asks_for_us = mentions_any(text, {"": persona.name})
    if not words or asks_for_us or spoken in _plain(GREETINGS) or spoken in _plain(QUESTIONS):
        return Reply(say=f"This is {persona.name}. {_offer(persona)}")
    if persona.may_search:
        return look_up(text)
    return Reply(say=f"This is {persona.name}. I did not understand that. {_offer(persona)}")


def make_up_summary(data: str) -> dict[str, object]:
    """Summarize the data of Baton's request for a summary: a JSON object of `reason` and `transcript`."""
    try:
        asked = json.loads(data)
        reason = str(asked["reason"]).strip()
        said = [str(turn["text"]) for turn in asked["transcript"] if turn["speaker"] == "caller"]
    except (ValueError, TypeError, KeyError):
        reason, said = "", []
    last = _short(said[-1]) if said else ""
    return {
        "matter": reason or (f"you said “{last}”" if last else "you have a question"),
        "done": "The call was handed over as asked.",
        "wanted": f"The caller said “{last}”." if last else "",
        "mood": "calm",
        "facts": [],
    }


def _reason(target: str, said: Sequence[str]) -> str:
    """Return a reason that completes "I understand that …". `said`: the caller's other words."""
    asked = f"you would like to speak with {target}"
    matter = next((words for words in reversed(said) if _is_matter(words)), None)
    return f"{asked} about “{_short(matter)}”" if matter else asked


def _is_matter(said: str) -> bool:
    words = words_of(said)
    small_talk = _plain((*GREETINGS, *QUESTIONS, *AGREEMENTS, *GOODBYES))
    return len(words) > _SMALL_TALK and " ".join(words) not in small_talk


def _short(said: str) -> str:
    return " ".join(said.split()[:_MOST_WORDS]).rstrip(".!?,; ")


def _offer(persona: Persona) -> str:
    """Return a sentence on what the caller can say."""
    end = "say goodbye to end the call" if persona.may_end else "hang up to end the call"
    names = list(persona.targets.values())
    if not names:
        return f"I cannot put you through to anybody else. You can {end}."
    more = [f"{len(names) - _MOST_NAMED} others"] if len(names) > _MOST_NAMED else []
    named = _or([*names[:_MOST_NAMED], *more])
    return f"I can put you through to {named}, if you ask by name. Or {end}."


def _or(names: Sequence[str]) -> str:
    *first, last = names
    return f"{', '.join(first)} or {last}" if first else last


def _plain(lines: Iterable[str]) -> set[str]:
    return {" ".join(words_of(line)) for line in lines}
