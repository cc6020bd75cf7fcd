"""Guesses the language of a text by its letters and its commonest words, for espeak-ng. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import cache
from itertools import groupby

ENGLISH = "en-us"
_SCRIPTS = {
    "CYRILLIC": "ru",
    "GREEK": "el",
    "ARABIC": "ar",
    "HEBREW": "he",
    "CJK": "cmn",
    "HIRAGANA": "ja",
    "KATAKANA": "ja",
    "HANGUL": "ko",
    "DEVANAGARI": "hi",
    "BENGALI": "bn",
    "TAMIL": "ta",
    "TELUGU": "te",
    "THAI": "th",
    "GEORGIAN": "ka",
    "ARMENIAN": "hy",
    "ETHIOPIC": "am",
}
"""espeak-ng's language for a script, by the first word in the Unicode names of the script's letters."""

_WORDS = {
    ENGLISH: "the and is are you your can what how this that with of to for have i me please",
    "de": "der die das und ich ist nicht sie wir mit für ein eine bei was wie kann auf guten bitte zum zur",
    "fr": "le la les et est vous je que de un une pour avec bonjour nous dans au aux des votre",
    "es": "el la los las y es usted que de un una para con por en hola su puedo como buenos",
    "it": "il lo la gli e è di che un una per con sono buongiorno posso come le del della",
    "pt": "o a os as e é você que de um uma para com por em olá posso como não seu",
    "nl": "de het een en is u ik niet met van voor wat hoe kan goede dag bij uw wij",
    "pl": "i jest nie na w z do pan pani co jak proszę dzień dobry się to czy mogę",
    "sv": "och är det att en ett jag du inte med för vad hur kan hej på till vi",
    "tr": "ve bir bu ne nasıl için ile değil merhaba size mi ben siz var",
    "cs": "a je v na s z do co jak prosím dobrý den se to mohu vám není",
    "hu": "a az és egy nem van jó napot hogy mit kérem önnek miben",
}
_LETTERS = {
    "de": "äöüß",
    "fr": "çœèêëîïûùÿ",
    "es": "ñ¿¡áéíóú",
    "pt": "ãõ",
    "pl": "ąęłńśźżć",
    "sv": "å",
    "tr": "ğış",
    "cs": "ěřůčšž",
    "hu": "őű",
}
"""Letters that tell apart the languages with Latin letters."""

_WORD = re.compile(r"[^\W\d_]+")


def latin_language(text: str) -> str:
    """Return the likeliest language of a text in Latin letters; English unless another one is likelier."""
    words = _WORD.findall(text.casefold())
    counts = {
        language: sum(word in known for word in words)
        + sum(letter in _LETTERS.get(language, "") for letter in "".join(words))
        for language, known in _known_words().items()
    }
    best = max(counts, key=lambda language: counts[language])
    return best if counts[best] > counts[ENGLISH] else ENGLISH


def runs(text: str) -> Iterator[tuple[str | None, str]]:
    """Split the text where its script changes. Yield each part's language (None for Latin) and its words."""
    japanese = any(_script(letter) in {"HIRAGANA", "KATAKANA"} for letter in text)
    languages: list[str | None] = []
    for letter in text:
        if not letter.isalpha() and not unicodedata.combining(letter):
            languages.append(languages[-1] if languages else None)
        elif japanese and _script(letter) == "CJK":
            languages.append("ja")
        else:
            languages.append(_SCRIPTS.get(_script(letter)))
    for language, pairs in groupby(zip(languages, text, strict=True), key=lambda pair: pair[0]):
        yield language, "".join(letter for _, letter in pairs)


@cache
def _script(letter: str) -> str:
    return unicodedata.name(letter, "").partition(" ")[0]


@cache
def _known_words() -> dict[str, frozenset[str]]:
    return {language: frozenset(words.split()) for language, words in _WORDS.items()}
