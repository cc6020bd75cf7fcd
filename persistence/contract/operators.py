"""What Baton needs of a store to know its operators."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from persistence.records import Operator


class OperatorStore(Protocol):
    """Who may watch, and who may act."""

    async def add_operator(self, operator: Operator) -> bool:
        """Insert. False: the name is taken."""
        ...

    async def operator_of(self, token_hash: str) -> Operator | None:
        """The operator whose token has this hash; None if there is none, or it was revoked."""
        ...

    async def operators(self) -> Sequence[Operator]:
        """Sorted by name, including the revoked ones."""
        ...

    async def revoke_operator(self, name: str, *, at: int) -> bool:
        """False: there is no operator of this name, or the token was revoked before."""
        ...
