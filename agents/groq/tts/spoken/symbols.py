"""Signs that are said as words, after every number has been said. Pure."""

from __future__ import annotations

from agents.groq.tts.spoken.rule import rule

RULES = (
    rule(r"(?<=\w)\+\+(?!\w)", lambda _: " plus plus"),
    rule(r"\s?&\s?", lambda _: " and "),
    rule(r"\b(and|either)/or\b", lambda m: f"{m[1]} or"),
    rule(r"(?<=\w)²", lambda _: " squared"),
    rule(r"(?<=\w)³", lambda _: " cubed"),
    rule(r"(?<=[a-z])/(?=[A-Za-z])", lambda _: " or "),
    rule(r"(?<=[a-z])\s/\s(?=[A-Za-z])", lambda _: " or "),
    rule(r"(?<=\w)\s?/\s?(?=\w)", lambda _: " "),
    rule(r"[~≈](?=\s?[a-z])\s?", lambda _: "about "),
    rule(r"\s?±\s?", lambda _: " plus or minus "),
    rule(r"\s?(?:≥|>=)\s?", lambda _: " at least "),
    rule(r"\s?(?:≤|<=)\s?", lambda _: " at most "),
    rule(r"(?<=\w)\s?(?:→|⇒|➜|=>|->|›|»)\s?(?=\w)", lambda _: ", "),
    # In "Settings > Network", the sign is a path through menus; between numbers, it compares.
    rule(r"(?<=[a-z])\s>\s(?=[A-Z])", lambda _: ", "),
    rule(r"(?<=\w)\s?>\s?(?=\w)", lambda _: " greater than "),
    rule(r"(?<=\w)\s?<\s?(?=\w)", lambda _: " less than "),
    rule(r"(?<![\w<])<\s?(?=\w)", lambda _: "less than "),
    rule(r"(?<![\w>])>\s?(?=\w)", lambda _: "more than "),
    rule(r"(?<=\w)\s?=+\s?(?=\w)", lambda _: " equals "),
    rule(r"(?<=\w)\s?×\s?(?=\w)|(?<=\w)\s\*\s(?=\w)", lambda _: " times "),
    rule(r"(?<=\w)\s?÷\s?(?=\w)", lambda _: " divided by "),
    rule(r"(?<=\w)\s?\+(?=\s?\w)\s?", lambda _: " plus "),
    rule(r"(?<!\w)\+(?=\w)", lambda _: "plus "),
    rule(r"(?<=[a-z])\+(?!\w)", lambda _: " plus"),
    rule(r"\s?%", lambda _: " percent"),
    rule(r"§+\s?", lambda _: "section "),
    rule(r"(?<=\w)@(?=\w)|(?<=\s)@(?=\s)", lambda _: " at "),
    rule(r"\s?″", lambda _: " inch"),
    rule(r"°", lambda _: " degrees"),
    rule(r"(?<=\w)_(?=\w)", lambda _: " "),
    rule(r"[©®™†‡•·¶@#_=<>§¦→←↑↓+%&*/]", lambda _: " "),
)
