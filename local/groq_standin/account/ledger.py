"""The use of each model, as Groq's bill would count it."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import asdict, dataclass


@dataclass(slots=True)
class Used:
    """One model's use. `prompt_tokens` include `cached_tokens`; audio is billed with at least 10 s a request.

    `untold` counts chat requests whose tokens no client can know: Groq sends them at the end of an answer,
    but the answer was cut or the client left first. Their `untold_tokens` are not in the three sums, because
    no document says what Groq bills for them.
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
    """The use by model. A request counts once it is admitted; a chat's tokens count once they were sent."""

    def __init__(self) -> None:
        self._models: defaultdict[str, Used] = defaultdict(Used)

    def __getitem__(self, model: str) -> Used:
        return self._models[model]

    def public(self) -> dict[str, dict[str, int]]:
        return {model: asdict(used) for model, used in self._models.items()}
