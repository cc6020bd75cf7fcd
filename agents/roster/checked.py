"""What the roster's fields have in common: strict models, and lines with placeholders."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict

_OF_YAML = ("null", "~", "none", "true", "false", "off", "no")
"""YAML's values that would be spoken as words, because every value here is text."""
_TYPOGRAPHIC = re.compile("[“„«‘‚][^“”„«»]*[”“»’‘]")
PLACEHOLDER = re.compile(r"\{([^{}]*)\}")


def fill(line: str, **values: str) -> str:
    """Fill in the placeholders in one pass, so that braces in a value stay as they are."""
    return PLACEHOLDER.sub(lambda found: values[found[1]], line)


def spoken(words: str) -> str:
    """Return the words with single spaces between them. Raises: ValueError, if quotes would be spoken."""
    words = " ".join(words.split())
    if _TYPOGRAPHIC.fullmatch(words):
        raise ValueError("has typographic quotes around it; YAML knows straight ones only")
    return words


def placeholders(*known: str, needed: str = "") -> AfterValidator:
    """A validator for a spoken line: it must have words, and no placeholders but the `known` ones."""

    def check(line: str) -> str:
        line = spoken(line)
        if line.lower() in _OF_YAML:
            raise ValueError(f"is the word {line!r}, which would be spoken")
        if not any(letter.isalnum() for letter in PLACEHOLDER.sub("", line)):
            raise ValueError("has no words")
        unknown = [name for name in PLACEHOLDER.findall(line) if name not in known]
        if unknown:
            raise ValueError(f"has the unknown placeholder {{{unknown[0]}}}")
        if set("{}") & set(PLACEHOLDER.sub("", line)):
            raise ValueError("has a single brace")
        if needed and f"{{{needed}}}" not in line:
            raise ValueError(f"does not contain {{{needed}}}")
        return line

    return AfterValidator(check)


Line = Annotated[str, placeholders()]


class Checked(BaseModel):
    """Frozen, and strict about unknown fields, so that a misspelt field is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")
