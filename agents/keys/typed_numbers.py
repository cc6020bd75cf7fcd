"""Keeps what a caller has typed, for this agent's tools: in memory, and nowhere else."""

from __future__ import annotations

from pydantic import SecretStr


class TypedNumbers:
    """One agent's numbers in one call. An agent that takes the call over does not get them."""

    def __init__(self) -> None:
        self._numbers: dict[str, SecretStr] = {}

    def keep(self, name: str, digits: str) -> None:
        self._numbers[name] = SecretStr(digits)

    def get(self, name: str) -> str | None:
        number = self._numbers.get(name)
        return None if number is None else number.get_secret_value()
