"""The timeline picture of a call."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import numpy as np

from local.caller.tape import RATE_HZ, Samples
from local.measure.lanes import Span
from local.timeline.panel import Axis, Lane
from local.timeline.picture import Band, Picture, draw

SVG = "{http://www.w3.org/2000/svg}"


def noise(*sounds: Span) -> Samples:
    samples = np.zeros(RATE_HZ * 30, np.int16)
    for sound in sounds:
        samples[RATE_HZ * sound.start_ms // 1000 : RATE_HZ * sound.end_ms // 1000] = 3000
    return samples


LANES = (
    Lane("caller", "caller", noise(Span(2000, 5000))),
    Lane("front-desk", "first", noise(Span(6000, 9000))),
    Lane("billing", "second", noise(Span(9300, 15_000))),
    Lane("music", "music", noise()),
)
BANDS = (
    Band("requested", Span(6000, 6004)),
    Band("dispatching", Span(6004, 6400)),
    Band("accepted", Span(6400, 9100)),
    Band("completed", Span(9100, 30_000)),
)
WITH_HANDOFF = Picture("A call & more", "two agents", LANES, 30_000, BANDS, Span(9000, 9300))


def texts(picture: Picture) -> list[str]:
    return [element.text or "" for element in ElementTree.fromstring(draw(picture)).iter(f"{SVG}text")]


def test_every_lane_state_and_the_seam_is_named() -> None:
    words = texts(WITH_HANDOFF)
    for name in ("caller", "front-desk", "billing", "music"):
        assert words.count(name) == 2, "once in the whole call, once in the close-up"
    assert "dispatching 396 ms" in words
    assert "completed" in words
    assert "seam 300 ms" in words
    assert "10 s" in words


def test_without_a_handoff_the_whole_call_is_drawn_alone() -> None:
    words = texts(Picture("A call", "one agent", LANES[:2], 30_000))
    assert words.count("caller") == 1
    assert "handoff" not in words


def test_screen_readers_get_a_description() -> None:
    root = ElementTree.fromstring(draw(WITH_HANDOFF))
    assert root.get("role") == "img"
    named = [
        root.find(f"{SVG}{tag}[@id='{id_}']") for tag, id_ in (("title", "title"), ("desc", "description"))
    ]
    assert all(element is not None and element.text for element in named)
    assert root.get("aria-labelledby") == "title description"


def test_it_follows_dark_mode() -> None:
    assert "@media (prefers-color-scheme:dark)" in draw(WITH_HANDOFF)


def test_a_silent_lane_has_no_waveform_and_others_have_one_in_each_panel() -> None:
    waves = re.findall(r'class="wave (\w+)"', draw(WITH_HANDOFF))
    assert waves == ["caller", "first", "second"] * 2


def test_sound_is_drawn_at_its_time() -> None:
    strokes = re.search(r'class="wave first" d="([^"]+)"', draw(WITH_HANDOFF))
    assert strokes
    xs = [float(x) for x in re.findall(r"M([\d.]+) ", strokes[1])]
    axis = Axis(Span(0, 30_000), 112, 932)
    assert abs(min(xs) - axis.x(6000)) <= 4
    assert abs(max(xs) - axis.x(9000)) <= 4


def test_ticks_are_round_values_and_not_too_dense() -> None:
    assert list(Axis(Span(0, 40_000), 100, 900).ticks_ms()) == list(range(0, 40_001, 5000))
    assert Axis(Span(1500, 9500), 100, 900).ticks_ms()[0] == 2000
