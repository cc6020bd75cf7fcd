"""A company's colours as a style sheet: text on them is black or white, whichever is readable. Pure."""

from __future__ import annotations

_BLACK, _WHITE = "#000000", "#ffffff"


def style_of(colour: str, second_colour: str) -> str:
    """Return the style sheet. `colour` and `second_colour`: # and six hexadecimal digits."""
    return (
        ":root {\n"
        f"  --company: {colour};\n  --on-company: {text_on(colour)};\n"
        f"  --second: {second_colour};\n  --on-second: {text_on(second_colour)};\n"
        "}\n"
    )


def text_on(colour: str) -> str:
    """Return black or white. The better one has a contrast of at least 4.58 on any colour (WCAG asks 4.5)."""
    light = _luminance(colour)
    return _WHITE if (1.05 / (light + 0.05)) >= (light + 0.05) / 0.05 else _BLACK


def _luminance(colour: str) -> float:
    """Return the relative luminance, from 0 to 1, as WCAG 2.2 defines it."""
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    ]
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
