"""Python loads this at its start, in every process of a worker that has this folder on its PYTHONPATH.

It records each name that is looked up, and each address that is connected to, in the file that ADDRESSES
names.
"""

from __future__ import annotations

import os
import sys
from typing import Any

_FILE = os.environ.get("ADDRESSES")


def _note(event: str, arguments: tuple[Any, ...]) -> None:
    if event == "socket.getaddrinfo":
        asked = arguments[0]
    elif event == "socket.connect":
        asked = arguments[1][0] if isinstance(arguments[1], tuple) else "a path of this machine"
    else:
        return
    assert _FILE is not None
    with open(_FILE, "a", encoding="utf-8") as file:
        file.write(f"{asked.decode() if isinstance(asked, bytes) else asked}\n")


if _FILE:
    sys.addaudithook(_note)
