"""Draws a call: who sounded when, the handoff's states above, the seam marked. Pure: SVG as text.

Written by hand: plotting libraries do not follow the reader's dark mode, and these few shapes take less code
than configuring a library. The picture contains nobody's words.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal
from xml.sax.saxutils import escape

from local.measure.lanes import Span
from local.timeline.panel import Axis, Lane, draw_lanes
from local.timeline.shapes import path, rect, seconds, text
from local.timeline.style import STYLE

WIDTH = 960
_LEFT, _RIGHT = 112, 28
_OVERVIEW_TOP, _OVERVIEW_LANE = 84, 24
_CLOSE_UP_LANE = 34
_LABELS = 28  # height of the row of state names
_BAND = 16
_THINNEST = 2.0

StateName = Literal["requested", "dispatching", "briefing", "accepted", "completed", "ended"]


@dataclass(frozen=True, slots=True)
class Band:
    """A state of the handoff and its time span, on the caller's clock."""

    state: StateName
    when: Span


@dataclass(frozen=True, slots=True)
class Picture:
    """What to draw. With bands, the picture also has a close-up of the handoff."""

    title: str
    subtitle: str
    lanes: Sequence[Lane]
    length_ms: int
    bands: Sequence[Band] = ()
    seam: Span | None = None


def draw(picture: Picture) -> str:
    """Return the whole SVG document."""
    whole = Axis(Span(0, picture.length_ms), _LEFT, WIDTH - _RIGHT)
    parts, below = draw_lanes(picture.lanes, whole, top=_OVERVIEW_TOP, lane=_OVERVIEW_LANE)
    if picture.bands:
        window = _window(picture)
        parts += _lens(whole, window, top=_OVERVIEW_TOP - 8, bottom=below - 18, close_up=below + 26)
        close_up, below = _close_up(picture, window, top=below + 26)
        parts += close_up
    return _document(picture, parts, height=round(below) + 16)


def _document(picture: Picture, parts: Sequence[str], *, height: int) -> str:
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" '
        f'height="{height}" role="img" aria-labelledby="title description">',
        f'<title id="title">{escape(picture.title)}</title>',
        f'<desc id="description">{escape(_description(picture))}</desc>',
        f"<style>{STYLE}</style>",
        rect("card", 0.5, 0.5, WIDTH - 1, height - 1, rounded=14),
        text(28, 36, picture.title, "heading"),
        text(28, 58, picture.subtitle, "soft"),
        *parts,
        "</svg>",
    ]
    return "\n".join(lines) + "\n"


def _description(picture: Picture) -> str:
    """Describe the lanes, states and seam for readers who cannot see the picture."""
    told = [
        f"A call of {seconds(picture.length_ms)}, with lanes for {', '.join(x.name for x in picture.lanes)}."
    ]
    told += [f"{band.state} from {seconds(band.when.start_ms)}." for band in picture.bands]
    if picture.seam:
        told.append(f"Seam of {_length(picture.seam)}.")
    return " ".join(told)


def _window(picture: Picture) -> Span:
    """Choose the close-up's span: the handoff, a little before it, and the new holder's first words."""
    start = picture.bands[0].when.start_ms
    last = max(picture.bands[-1].when.start_ms, picture.seam.end_ms if picture.seam else 0)
    return Span(max(0, start - 2500), min(picture.length_ms, last + 3500))


def _lens(whole: Axis, window: Span, *, top: float, bottom: float, close_up: float) -> list[str]:
    """Frame the part of the call that the close-up shows, and connect the two."""
    left, right = whole.x(window.start_ms), whole.x(window.end_ms)
    beam = f"M{left:.1f} {bottom:.1f}L{_LEFT} {close_up:.1f}H{WIDTH - _RIGHT}L{right:.1f} {bottom:.1f}Z"
    return [rect("lens", left, top, right - left, bottom - top, rounded=6), path("beam", beam)]


def _close_up(picture: Picture, window: Span, *, top: float) -> tuple[list[str], float]:
    axis = Axis(window, _LEFT, WIDTH - _RIGHT)
    parts = [text(28, top + _LABELS + 13, "handoff", "name")]
    parts += _states(picture.bands, axis, top=top)
    lanes_top = top + _LABELS + _BAND + 14
    bottom = lanes_top + len(picture.lanes) * _CLOSE_UP_LANE
    if picture.seam:
        parts += _seam(picture.seam, axis, top=lanes_top - 8, bottom=bottom)
    lanes, below = draw_lanes(picture.lanes, axis, top=lanes_top, lane=_CLOSE_UP_LANE)
    return parts + lanes, below + (16 if picture.seam else 0)


def _states(bands: Sequence[Band], axis: Axis, *, top: float) -> list[str]:
    """Draw a bar in the states' colours, with the names above it: some states are too short for a name."""
    parts: list[str] = []
    y = top + _LABELS
    free = float(_LEFT)
    for band in bands:
        start, end = axis.x(band.when.start_ms), axis.x(band.when.end_ms)
        name = band.state if band.state == "completed" else f"{band.state} {_length(band.when)}"
        width = max(end - start, _THINNEST)
        parts += [
            rect(band.state, start, y, width, _BAND),
            rect(band.state, free, y - 20, 10, 10, rounded=3),
            text(free + 16, y - 11, name, "state"),
        ]
        free += 16 + 6.9 * len(name) + 18
    return parts


def _seam(seam: Span, axis: Axis, *, top: float, bottom: float) -> list[str]:
    start, end = axis.x(seam.start_ms), axis.x(seam.end_ms)
    return [
        rect("seam", start, top, max(end - start, _THINNEST), bottom - top + 26),
        text((start + end) / 2, bottom + 40, f"seam {_length(seam)}", "seam-name"),
    ]


def _length(span: Span) -> str:
    length_ms = span.end_ms - span.start_ms
    return f"{length_ms} ms" if length_ms < 1000 else seconds(length_ms)
