"""Whatever colours a company has, the text on them can be read."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from operators.call_page.colours import _luminance, style_of, text_on


@given(st.integers(0, 0xFFFFFF))
def test_text_on_any_colour_has_enough_contrast(number: int) -> None:
    colour = f"#{number:06x}"
    lighter, darker = sorted([_luminance(colour), _luminance(text_on(colour))], reverse=True)
    assert (lighter + 0.05) / (darker + 0.05) >= 4.5


def test_light_colours_have_black_text_and_dark_ones_white() -> None:
    assert [text_on(colour) for colour in ("#ffffff", "#f2c94c", "#1f4e9e", "#000000")] == [
        "#000000",
        "#000000",
        "#ffffff",
        "#ffffff",
    ]
    assert style_of("#000000", "#ffffff").count("#ffffff") == 2
