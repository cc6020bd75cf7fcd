"""A call's troubles with Groq, as `baton show` writes them: each kind once, with what it means."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from operators.cli.output import since
from persistence.records import Trouble

COLUMNS = ("first", "part", "error", "times", "what it means")
MEANINGS: Mapping[str, str] = {
    "terms_not_accepted": "nobody has accepted this model's terms: baton doctor says where",
    "day_spent": "the day's limit of the key is spent: wait, or choose a larger plan",
    "model_gone": "Groq no longer offers this model: name another one in the settings",
    "401": "Groq refuses the key",
    "403": "Groq refuses the key",
    "429": "a limit of the key was spent for the moment",
    "498": "Groq had no capacity",
    "slow": "no answer in time",
    "lost": "the connection failed",
}
"""By error; agents/groq/errors.py names the faults. A status that is missing here speaks for itself."""


def rows(troubles: Sequence[Trouble], *, zero: int) -> list[tuple[object, ...]]:
    """One row for each part and error, in the order of their first time. `zero`: ms UTC."""
    kinds: dict[tuple[str, str], list[Trouble]] = {}
    for trouble in troubles:
        kinds.setdefault((trouble.part, trouble.error), []).append(trouble)
    return [
        (since(every[0].at, zero), part, error, str(len(every)), MEANINGS.get(error, ""))
        for (part, error), every in kinds.items()
    ]
