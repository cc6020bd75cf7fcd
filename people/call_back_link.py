"""The link by which a caller is called back: its token is random, and the store has only its hash."""

from __future__ import annotations

import hashlib
import secrets

_BYTES = 24


def new_token() -> str:
    """For one caller, and only that caller gets it."""
    return secrets.token_urlsafe(_BYTES)


def hash_of(token: str) -> str:
    """What the store keeps. The token has 192 random bits, so a plain hash gives nothing away."""
    return hashlib.sha256(token.encode(errors="replace")).hexdigest()
