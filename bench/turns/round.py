"""What the parts of a round need."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from bench.support.environment import Environment
from bench.turns.cases import Cases


@dataclass(frozen=True, slots=True)
class Round:
    """One round. `groq`: the stand-in's address. `folder`: for the calls' recordings."""

    env: Environment
    groq: str
    cases: Cases
    folder: Path
    number: int

    def recording(self, name: str) -> Path:
        return self.folder / f"{name}-{self.number + 1}.wav"
