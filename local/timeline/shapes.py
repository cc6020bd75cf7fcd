"""The SVG elements that the picture uses. Pure."""

from __future__ import annotations

from xml.sax.saxutils import escape


def rect(look: str, x: float, y: float, width: float, height: float, *, rounded: float = 0) -> str:
    return (
        f'<rect class="{look}" x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" '
        f'rx="{rounded}"/>'
    )


def path(look: str, steps: str) -> str:
    return f'<path class="{look}" d="{steps}"/>'


def text(x: float, y: float, words: str, look: str) -> str:
    return f'<text class="{look}" x="{x:.1f}" y="{y:.1f}">{escape(words)}</text>'


def seconds(length_ms: int, *, places: int = 1) -> str:
    return f"{length_ms / 1000:.{places}f} s"
