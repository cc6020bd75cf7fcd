"""Cursors of lists: opaque to clients, and refused if they are not ours."""

from __future__ import annotations

import base64
import binascii
import re

from operators.refused import Refused
from persistence.contract.calls import Cursor

_PLACE = re.compile(r"([0-9]{1,15}):([\x21-\x7e]{1,200})")


def written(cursor: Cursor) -> str:
    return base64.urlsafe_b64encode(f"{cursor.at}:{cursor.id}".encode()).decode().rstrip("=")


def read(text: str | None) -> Cursor | None:
    """Parse a cursor; None is the first page. Raises: Refused."""
    if text is None:
        return None
    try:
        place = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        found = _PLACE.fullmatch(place.decode("ascii"))
    except (binascii.Error, ValueError):
        found = None
    if found is None:
        raise Refused("cursor-unknown", "send `next` from the previous page, or no cursor for the first page")
    return Cursor(int(found[1]), found[2])
