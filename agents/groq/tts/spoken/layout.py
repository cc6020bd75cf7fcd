"""Removes formatting (Markdown, tables, emoji), and directions that the speech model would obey. Pure."""

from __future__ import annotations

import re

from livekit.agents.voice.transcription.filters import EMOJI_PATTERN, INLINE_PATTERNS, LINE_PATTERNS

from agents.groq.tts.spoken.counting import cardinal
from agents.groq.tts.spoken.rule import UNBROKEN

_DIRECTION = re.compile(r"\[[A-Za-z]+(?:[\s-][A-Za-z]+){0,2}\](?!\()|\[\d{1,3}\](?!\()")
"""[whisper], [clears throat], and a note's number. Other brackets lose their marks and keep their words."""
_BREAK = re.compile(r"<br\s*/?>", re.IGNORECASE)
_TAG = re.compile(r"</?[A-Za-z]+\s*/?>|(?<!\w)<[A-Za-z]+(?:\s[A-Za-z]+){1,2}>|</?[A-Za-z]+\s[^<>]*=[^<>]*>")
_AUTOLINK = re.compile(r"<((?:https?://|mailto:)?[^\s<>]+[.@][^\s<>]+)>")
_RULE = re.compile(r"^\s*(?:(?:[-*_=]\s*){3,}|\|?(?:\s*:?-{3,}:?\s*\|)+(?:\s*:?-{3,}:?\s*)?|`{3,}\S*)\s*$")
_NUMBERED = re.compile(r"^\s*(\d{1,2})[.)]\s+(?=\S)")
_BULLET = re.compile(r"^\s*(?:[-+*•‣◦▪–]\s+|\[[ xX]\]\s+)+(?=\S)")
_HEADING = re.compile(r"^\s*#{1,6}\s+")
_ROW = re.compile(r"^\s*\|.*\|\s*$|^[^|]+(?:\s\|\s[^|]+)+$")
_STRAY = re.compile(r"[*`~|\[\]{}\\^]")
_EMOTICON = re.compile(r"(?<!\S)[:;8]['’]?-?[)(DPp](?!\w)|(?<!\S)<3(?!\S)")
_JOINERS = re.compile("[\u200b-\u200f\u2060\ufe0f\u20e3\u00ad\ufeff]")
_THIN_SPACE = re.compile("(?<=\\d)[\u00a0\u202f\u2009](?=\\d{3}(?!\\d))")
_ENDS = re.compile(r"[.!?…:;,—][\"'”’)\]]*$")
_BEFORE_MARK = re.compile(r"\s+(?=[,.!?;:](?:\s|$))")
_NO_SPACE = re.compile(r",(?=\w)")
_SPACES = re.compile(r"[^\S\n]{2,}")
_EMPTY_BRACKETS = re.compile(r"\(\s*\)")
_TWICE = re.compile(r",(?:\s*,)+|([,:;])\s*(?=[.!?](?:\s|$))")


def without_layout(text: str) -> str:
    """Return the text as one line, with a pause after each heading, list item and table row."""
    text = _SPACES.sub(" ", text)
    text = _AUTOLINK.sub(r"\1", _BREAK.sub("\n", _THIN_SPACE.sub("", _JOINERS.sub("", text))))
    # A tag or a direction goes with the space before it: "Hello <laugh>, Anna".
    text = _TAG.sub("", _DIRECTION.sub("", text))
    lines = [(_kind(line), line) for line in text.splitlines() if not _RULE.match(line)]
    return " ".join(filter(None, (_said(place, lines) for place in range(len(lines)))))


def _kind(line: str) -> str:
    kinds = (("row", _ROW), ("numbered", _NUMBERED), ("bullet", _BULLET), ("heading", _HEADING))
    return next((kind for kind, pattern in kinds if pattern.match(line)), "plain" if line.strip() else "")


def _said(place: int, lines: list[tuple[str, str]]) -> str:
    kind, line = lines[place]
    line = _NUMBERED.sub(lambda found: f"{cardinal(int(found[1])).capitalize()}, ", _HEADING.sub("", line))
    line = _BULLET.sub("", line)
    if kind == "row":
        line = ", ".join(cell.strip() for cell in line.strip().strip("|").split("|") if cell.strip())
    for pattern, kept in (*LINE_PATTERNS, *INLINE_PATTERNS):
        line = pattern.sub(kept, line)
    line = line.strip()
    following = lines[place + 1 :]
    # The last line may go on in the next piece; a line of prose may go on in the next line.
    if not line or not following or _ENDS.search(line) or (kind, following[0][0]) == ("plain", "plain"):
        return line
    return line + ("," if (kind, following[0][0]) == ("bullet", "bullet") else ".")


def tidied(text: str) -> str:
    """Remove what is left of marks, emoji and control characters; empty if nothing speakable remains."""
    text = EMOJI_PATTERN.sub("", _STRAY.sub("", _EMOTICON.sub("", text)))
    text = "".join(letter if letter.isprintable() or letter == UNBROKEN else " " for letter in text)
    text = _EMPTY_BRACKETS.sub("", text)
    text = re.sub(f"(?:(?!{UNBROKEN})\\s)+", " ", text)
    text = _NO_SPACE.sub(", ", text)
    text = _TWICE.sub(lambda found: "" if found[1] else ",", _BEFORE_MARK.sub("", text)).strip()
    return text if any(letter.isalnum() for letter in text) else ""
