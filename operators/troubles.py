"""A call's troubles with Groq: each kind once, with an explanation for people. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from persistence.records import Trouble

MEANINGS: Mapping[str, str] = {
    "terms_not_accepted": "nobody has accepted this model's terms: baton doctor says where",
    "day_spent": "the day's limit of the key is spent: wait, or choose a larger plan",
    "model_gone": "Groq no longer offers this model: name another one in the settings",
    "voice_unknown": "the speech model has no such voice: baton doctor says which",
    "spare_voice": "the spare voice on this machine spoke instead",
    "second_ear": "the second hearing model heard instead",
    "works_again": "the model itself served again",
    "401": "Groq refuses the key",
    "403": "Groq refuses the key",
    "429": "a limit of the key was spent for the moment",
    "498": "Groq had no capacity",
    "slow": "no answer in time",
    "lost": "the connection failed",
}
"""Explanations by error; agents/groq/errors.py names the faults. A status that is missing explains itself."""


@dataclass(frozen=True, slots=True)
class Kind:
    """All troubles of one part with the same error. `first_at`: ms UTC; `meaning` may be empty."""

    first_at: int
    part: str
    error: str
    times: int
    meaning: str


def kinds_of(troubles: Sequence[Trouble]) -> list[Kind]:
    """Return the kinds, sorted by their first occurrence."""
    kinds: dict[tuple[str, str], list[Trouble]] = {}
    for trouble in troubles:
        kinds.setdefault((trouble.part, trouble.error), []).append(trouble)
    return [
        Kind(every[0].at, part, error, len(every), MEANINGS.get(error, ""))
        for (part, error), every in kinds.items()
    ]
