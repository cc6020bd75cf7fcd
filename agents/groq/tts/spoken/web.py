"""E-mail and web addresses, files, handles, versions, UUIDs, IP and MAC addresses. Pure."""

from __future__ import annotations

import re
from itertools import pairwise

from agents.groq.tts.spoken.counting import cardinal, digits
from agents.groq.tts.spoken.rule import Match, any_of, rule

_TOP = (
    "com org net edu gov mil int info biz dev app shop online site store tech cloud email example test "
    "co uk us ca au nz ie de fr nl ch es pt dk fi pl eu io ai tv jp cn br"
).split()
"""Endings of a host name without https://. Common words are left out because of "That is it.In May"."""
_FILES = (
    "pdf txt csv doc docx xls xlsx ppt pptx html htm xml json yaml zip jpg jpeg png gif svg mp3 mp4 exe md py"
).split()
_COUNTRIES = {*_TOP[_TOP.index("uk") :], "at", "be", "it", "se", "no"}
"""Said as letters after a dot: example.us, but not "contact-us@"."""
_SPELLED = {*_FILES, "www", "http", "php", "api", "vpn"} - {"zip", "json", "yaml", "doc"}
_MARKS = {".": "dot", "-": "dash", "_": "underscore", "+": "plus", "/": "slash", "@": "at", ":": "colon"}
_MARKS |= {"~": "tilde", "&": "and", "=": "equals", "%": "percent", "\\": "backslash", "#": "hash"}
_PARTS = re.compile(r"[^\W\d_]+|\d+|[^\w\s]|_")
_HOST = rf"(?:[a-z0-9](?:[a-z0-9-]{{0,61}}[a-z0-9])?\.){{1,8}}(?:{any_of(_TOP)})"


def spelled(address: str) -> str:
    """a.b@c.com → a dot b at c dot com. Spells digits, and what nobody can pronounce."""
    parts = _PARTS.findall(address)
    said = (_part(part, last) for last, part in pairwise(["", *parts]))
    return " ".join(filter(None, said))


def _part(part: str, last: str) -> str:
    if part.isdecimal():
        return digits(part)
    if part.lower() in _SPELLED or (last == "." and part.lower() in _COUNTRIES):
        return " ".join(part.upper())
    return part if part.isalpha() else _MARKS.get(part, "")


def _web(found: Match) -> str:
    # What follows ? or # is for machines: nobody types it by ear.
    return spelled(re.split(r"[?#]", found["address"])[0].rstrip("/"))


def _version(found: Match) -> str:
    word = "version " if found["v"] else ""
    return word + " point ".join(cardinal(int(part)) for part in found["parts"].split("."))


def _machine(found: Match) -> str:
    parts = [cardinal(int(part)) if len(part) < 3 else digits(part) for part in found[1].split(".")]
    return " dot ".join(parts) + (f" colon {digits(found[2])}" if found[2] else "")


def _identifier(found: Match) -> str:
    groups = re.split(r"[-:]", found[0])
    return ", ".join(
        " ".join(digits(sign) if sign.isdecimal() else sign.upper() for sign in one) for one in groups
    )


_I = re.IGNORECASE
RULES = (
    rule(r"\btel:(?=\+?\d)", lambda _: ""),
    rule(
        r"(?:mailto:)?(?<![\w.+%-])([\w.+%-]{1,64}@[a-z0-9-]+(?:\.[a-z0-9-]+)*[a-z0-9])(?!\w)",
        lambda m: spelled(m[1]),
        flags=_I,
    ),
    rule(r"\b(?:https?|ftp)://(?P<address>[^\s<>\"”)\]]*[\w/])", _web, flags=_I),
    rule(
        rf"(?<![\w@.-])(?P<address>(?:www\.[\w.-]+\w|{_HOST})(?::\d+)?(?:/[^\s<>\"”)\]]*[\w/]|/)?)(?![\w@])",
        _web,
        flags=_I,
    ),
    rule(rf"(?<![\w-])([\w-]{{1,80}}\.(?:{any_of(_FILES)}))(?!\w)", lambda m: spelled(m[1]), flags=_I),
    rule(r"(?<![\w/])(/\w[\w./-]*/[\w.-]*\w|/etc|~/[\w./-]+\w|[A-Z]:\\[\w.\\-]+)", lambda m: spelled(m[1])),
    rule(r"(?<![\w@.])@(\w{2,})", lambda m: f"at {spelled(m[1])}"),
    rule(r"(?<!\w)#(?=[A-Za-z]*[a-z])([A-Za-z_]{3,}\w*)", lambda m: f"hashtag {spelled(m[1])}"),
    rule(r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b", _identifier, flags=_I),
    rule(r"\b(?:[0-9a-f]{2}[:-]){5}[0-9a-f]{2}\b", _identifier, flags=_I),
    rule(r"(?<![\w.])(\d{1,3}(?:\.\d{1,3}){3})(?::(\d+))?(?![\w.]*\d)", _machine),
    rule(
        r"(?<![\w.])(?P<v>v)?(?P<parts>\d+(?(v)(?:\.\d+)*|(?:\.\d{1,2}){2}))(?![\w]|\.\d)", _version, flags=_I
    ),
)
