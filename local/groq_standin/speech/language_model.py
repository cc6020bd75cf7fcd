"""Builds pocketsphinx's language model and dictionary from the lines that may be heard."""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from pocketsphinx import get_model_path

from errors import BadInput
from local.groq_standin.script import Script, words_of
from local.groq_standin.speech.pronunciation import SOUNDS, pronunciations
from local.groq_standin.vocabulary import understood

_BEGIN, _END = "<s>", "</s>"
_STOPS = 0.15
"""Weight for an utterance that ends at any word, as a share of a line: every pause is followed by a
transcription."""
_STARTS = 0.03  # weight for any word starting one, after a pause split the line
_JOINS = 0.05  # weight for any line following another without a pause
_BACKOFF = 0.05  # probability mass left for unseen pairs
_VARIANT = re.compile(r"\(\d+\)$")


@dataclass(frozen=True, slots=True)
class Language:
    """What may be heard: a language model and a dictionary, as texts in pocketsphinx's formats."""

    model: str
    dictionary: str


def language_of(
    script: Script, names: Mapping[str, str] | None = None, topics: Iterable[str] = ()
) -> Language | None:
    """Return the language for this script; None if it hears nothing, or only its lines by their sound.

    `names` (the roles' spoken names, by role) and `topics` (of their documents) are included if the stand-in
    makes answers up.
    Raises: BadInput, if the script names a sound that does not exist.
    """
    if script.hears == "lines":
        return None
    scripted = script.heard_lines()
    made_up = understood(names or {}, topics) if script.makes_up else {}
    words = [line for line in map(words_of, (*scripted, *made_up)) if line]
    if not words:
        return None
    return Language(arpa(words), dictionary({line: line for line in scripted} | made_up, script.pronounce))


def arpa(lines: Sequence[Sequence[str]]) -> str:
    """Return a bigram model in ARPA format, from lines of words."""
    pairs = _pairs(lines)
    seen = Counter(word for line in lines for word in (*line, _END))
    total = sum(seen.values())
    single = {word: count / total for word, count in seen.items()}
    backoff = {
        first: math.log10(_BACKOFF / max(1 - sum(single[word] for word in follow), 1e-6))
        for first, follow in pairs.items()
    }
    text = [
        "\\data\\",
        f"ngram 1={len(single) + 1}",
        f"ngram 2={sum(map(len, pairs.values()))}",
        "",
        "\\1-grams:",
    ]
    text.append(f"-99 {_BEGIN} {backoff[_BEGIN]:.4f}")
    text += [f"{math.log10(p):.4f} {word} {backoff.get(word, 0):.4f}" for word, p in sorted(single.items())]
    text += ["", "\\2-grams:"]
    for first, follow in sorted(pairs.items()):
        mass = sum(follow.values())
        text += [
            f"{math.log10((1 - _BACKOFF) * count / mass):.4f} {first} {word}"
            for word, count in sorted(follow.items())
        ]
    return "\n".join([*text, "", "\\end\\", ""])


def _pairs(lines: Sequence[Sequence[str]]) -> Mapping[str, Mapping[str, float]]:
    pairs: dict[str, dict[str, float]] = defaultdict(lambda: defaultdict(float))
    starts = Counter(line[0] for line in lines)
    for line in lines:
        for first, second in zip((_BEGIN, *line), (*line, _END), strict=True):
            pairs[first][second] += 1
        for word in line:
            pairs[word][_END] += _STOPS
            pairs[_BEGIN][word] += _STARTS
        for first, times in starts.items():
            pairs[line[-1]][first] += _JOINS * times / len(lines)
    return pairs


def dictionary(lines: Mapping[str, str], pronounce: Mapping[str, str]) -> str:
    """Return the pronunciations of the words in `lines`, in pocketsphinx's format.

    `lines` maps each line to the text that it is part of. A word that cannot be read out is left out, so it
    is never heard. Raises: BadInput, naming a word of `pronounce` with an unknown sound.
    """
    for word, sounds in pronounce.items():
        if unknown := [sound for sound in sounds.split() if sound not in SOUNDS]:
            wrong = f"{unknown[0]} is no sound of the recognizer"
            raise BadInput(f"script: pronounce.{word}", wrong, f"write some of {' '.join(SOUNDS)}")
    entries: dict[str, list[str]] = {}
    for line, whole in lines.items():
        for word in words_of(line):
            if word not in entries:
                entries[word] = _ways(word, whole, pronounce)
    return "\n".join(line for ways in entries.values() for line in ways) + "\n"


def _ways(word: str, among: str, pronounce: Mapping[str, str]) -> list[str]:
    """Return a word's dictionary lines: from the script, from the dictionary, or as espeak-ng reads it."""
    if word in pronounce:
        return [f"{word} {pronounce[word]}"]
    if known := _known_words().get(word):
        return list(known)
    read = pronunciations(word, among=among)
    return [f"{word}({n}) {sounds}" if n > 1 else f"{word} {sounds}" for n, sounds in enumerate(read, 1)]


@cache
def _known_words() -> Mapping[str, Sequence[str]]:
    """Map words to their lines in the dictionary of pocketsphinx's wheel (135,000 words)."""
    words: dict[str, list[str]] = defaultdict(list)
    for line in _lines_of(Path(get_model_path("en-us/cmudict-en-us.dict"))):
        words[_VARIANT.sub("", line.split(maxsplit=1)[0])].append(line)
    return dict(words)


def _lines_of(path: Path) -> Iterable[str]:
    return path.read_text(encoding="utf-8").splitlines()
