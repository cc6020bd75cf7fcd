"""Patterns of numbers, as they are written. Pure."""

from __future__ import annotations

from agents.groq.tts.spoken.counting import grouped, number, year

MOST_DIGITS = 24
"""Anything longer is not an amount. Without a limit, a long row of digits would take seconds."""
_DIGITS = rf"\d{{1,{MOST_DIGITS}}}"
N = rf"(?:\d{{1,3}}(?:,\d{{3}}){{1,8}}(?:\.{_DIGITS})?|{_DIGITS}(?:\.{_DIGITS})?|(?<!\d)\.{_DIGITS})"
START = r"(?<![\w.,])"
MINUS = r"(?:(?<![\w)\]])[-−](?=[\d.]))?"
TO = r"\s?[–—-]\s?"


def signed(written: str) -> str:
    """−5 → minus five."""
    return f"minus {number(written[1:])}" if written[0] in "-−" else number(written)


def bare(written: str) -> str:
    """Say a bare number: as a year from 1900 to 2099, digit by digit if it is long, else as an amount."""
    if written.isdecimal() and len(written) == 4 and "1900" <= written <= "2099":
        return year(int(written))
    if written.isdecimal() and len(written) > 4 and not written.endswith("000"):
        return grouped(written)
    return number(written)
