"""The page's files, filled in once at start with the company's name and colours."""

from __future__ import annotations

import html
import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from agents.roster.shared_prompts import House
from errors import BadInput
from operators.call_page.colours import style_of, text_on
from operators.console_folder import CONSOLE, LIVEKIT_CLIENT

FOLDER = Path(__file__).parent / "files"
PAGE = "page.html"
BUTTON = "button.js"

_SHARED = {"dom.js": CONSOLE / "script/dom.js", LIVEKIT_CLIENT.name: LIVEKIT_CLIENT}
"""Files of the console that the page also uses. All of the page's addresses begin with /call."""


def read_files(house: House, hints: Sequence[str] = ()) -> Mapping[str, bytes]:
    """Return every file by name. `hints`: sentences that the page suggests. Blocks.

    Raises: BadInput, if livekit-client is not installed.
    """
    if not _SHARED[LIVEKIT_CLIENT.name].is_file():
        wrong = "turns on the call page, which needs livekit-client"
        raise BadInput("BATON_CALL_PAGE_ORIGINS", wrong, "run scripts/set-up-console, which needs Node.js")
    found = {path.name: path.read_bytes() for path in FOLDER.iterdir() if path.is_file()}
    found |= {name: path.read_bytes() for name, path in _SHARED.items()}
    company = house.company or ""
    called = f"Call {company}" if company else "Call us"
    found["company.css"] = style_of(house.colour, house.second_colour).encode()
    values = {"CALLED": html.escape(called), "COMPANY": html.escape(company), "HINTS": _list_of(hints)}
    found[PAGE] = _filled(found[PAGE], values)
    made = {"called": called, "colour": house.colour, "text": text_on(house.colour)}
    found[BUTTON] = _filled(found[BUTTON], {"MADE": json.dumps(made)})
    return found


def _list_of(hints: Sequence[str]) -> str:
    """Return markup that suggests these sentences; "" without any."""
    if not hints:
        return ""
    items = "".join(f"<li>{html.escape(hint)}</li>" for hint in hints)
    heading = "<p>You can say, or type:</p>"
    return f'<section class="hint" aria-label="What you can say">{heading}<ul>{items}</ul></section>'


def _filled(file: bytes, values: Mapping[str, str]) -> bytes:
    text = file.decode()
    for name, value in values.items():
        text = text.replace(f"@{name}@", value)
    return text.encode()
