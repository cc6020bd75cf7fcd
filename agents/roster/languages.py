"""The languages that a role may be spoken to in, as the speech recognition names them. Pure."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator

ENGLISH = "en"
_CODES = """
af am ar as az ba be bg bn bo br bs ca cs cy da de el en es et eu fa fi fo fr gl gu ha haw he hi
hr ht hu hy id is it ja jv ka kk km kn ko la lb ln lo lt lv mg mi mk ml mn mr ms mt my ne nl nn no
oc pa pl ps pt ro ru sa sd si sk sl sn so sq sr su sv sw ta te tg th tk tl tr tt uk ur uz vi yi yo
yue zh
"""
LANGUAGES = frozenset(_CODES.split())
"""The languages in groq's `transcription_create_params`. Groq would refuse any other during a call."""


def _is_language(code: str) -> str:
    if code not in LANGUAGES:
        raise ValueError(f"has {code[:40]!r}, which is no language that is recognised")
    return code


Language = Annotated[str, AfterValidator(_is_language)]
