"""Turns pydantic's validation errors into readable messages. Pure."""

from __future__ import annotations

import re

from pydantic import ValidationError

_FIELD = re.compile(r"[a-z_][\w-]*")


def first_wrong(error: ValidationError) -> tuple[str, str]:
    """Return the first error: its field, such as `roles.billing.exchanges[2].say`, and what is wrong."""
    first = error.errors()[0]
    own = first.get("ctx", {}).get("error")
    return _field(first["loc"]), str(own) if own else first["msg"]


def _field(location: tuple[int | str, ...]) -> str:
    """Format the field's path, without pydantic's names for union members."""
    text = ""
    for part in location:
        if isinstance(part, int):
            text += f"[{part}]"
        elif part != "str" and _FIELD.fullmatch(part):
            text += f".{part}" if text else part
    return text
