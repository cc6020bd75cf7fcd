"""What was used of each model, as Groq's bill would count it."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import asdict, dataclass


@dataclass(slots=True)
class Used:
    """One model's. `prompt_tokens` include `cached_tokens`; audio is billed with at least 10 s a request.

    `untold` are chat requests whose tokens no client can know: Groq tells them at the end of an answer, which
    was cut, or the client left before. Their `untold_tokens` are not in the three sums: what Groq bills for
    them is in no document.
    """

    requests: int = 0
    refused: int = 0
    prompt_tokens: int = 0
    cached_tokens: int = 0
    completion_tokens: int = 0
    untold: int = 0
    untold_tokens: int = 0
    characters: int = 0
    audio_ms: int = 0
    billed_audio_ms: int = 0


class Ledger:
    """By model. A request counts when it was admitted; a chat's tokens count when they have been told."""

    def __init__(self) -> None:
        self._models: defaultdict[str, Used] = defaultdict(Used)

    def __getitem__(self, model: str) -> Used:
        return self._models[model]

    def public(self) -> dict[str, dict[str, int]]:
        return {model: asdict(used) for model, used in self._models.items()}
