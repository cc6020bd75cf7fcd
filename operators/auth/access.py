"""Creates and renews operators' tokens. The store keeps only the hash of a token."""

from __future__ import annotations

import hashlib
import re
import secrets

from errors import BadInput, BatonError
from persistence.access import EVERYTHING, Operator, Rights
from persistence.contract.operators import OperatorStore
from transfer.ports import Clock

FIRST_NAME = "operator"
"""The operator that the first start of the service creates."""

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._@-]{0,63}")
_TAKEN = {"model", "rule", "deploy", "caller"}
"""Actors in events that are not operators. An operator of such a name could not be told apart from them."""


def token_hash(token: str) -> str:
    """Return the hash that the store keeps. A token is 256 random bits: it needs no salt and no slow hash."""
    return hashlib.sha256(token.encode(errors="replace")).hexdigest()


def new_token() -> str:
    return f"baton_{secrets.token_urlsafe(32)}"


def is_name(name: str) -> bool:
    """Whether an operator may have this name."""
    return _NAME.fullmatch(name) is not None and name not in _TAKEN


async def add_operator(
    store: OperatorStore, name: str, rights: Rights, clock: Clock, *, expires_at: int | None = None
) -> str:
    """Create an operator and return the token, which is stored nowhere. Raises: BadInput."""
    if not is_name(name):
        wrong = f"{name!r} cannot be an operator's name"
        raise BadInput(
            "name", wrong, "begin with a letter or digit, then letters, digits, spaces and . _ @ -"
        )
    token = new_token()
    made = Operator(name, rights, token_hash(token), clock.now_ms(), expires_at)
    if not await store.add_operator(made):
        wrong = f"there is, or was, an operator called {name}"
        raise BadInput("name", wrong, f"choose another name, or: baton operators renew {name}")
    return token


async def renew_operator(
    store: OperatorStore, name: str, *, rights: Rights | None, expires_at: int | None
) -> str:
    """Return a new token for an operator. The old token and its sessions end. Raises: BatonError."""
    token = new_token()
    if not await store.renew_operator(
        name, token_hash=token_hash(token), rights=rights, expires_at=expires_at
    ):
        raise BatonError(f"there is no operator called {name}, or their token was revoked")
    return token


async def first_operator(store: OperatorStore, clock: Clock) -> str | None:
    """Create an operator with every right if there has never been an operator. Return the token, or None."""
    if await store.operators():
        return None
    try:
        return await add_operator(store, FIRST_NAME, EVERYTHING, clock)
    except BadInput:  # another instance of the service was first
        return None
