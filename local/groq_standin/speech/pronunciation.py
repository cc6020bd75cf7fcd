"""Finds how a word may sound, in the sounds of pocketsphinx's dictionary (ARPAbet). espeak-ng reads the word.

The recognizer's sounds are those of American English. The nearest ones replace another language's sounds.
"""

from __future__ import annotations

import re
import unicodedata

from agents.audio.espeak import espeak
from local.spoken_language import ENGLISH, latin_language, runs

_LETTERS = {
    "AA": "a ɑ ɒ",
    "AE": "æ",
    "AH": "ə ɐ ʌ ɤ",
    "AO": "ɔ",
    "AW": "aʊ",
    "AY": "aɪ",
    "B": "b β",
    "CH": "tʃ tɕ ʈʂ",
    "D": "d ɖ",
    "D Z": "dz",
    "DH": "ð",
    "EH": "ɛ",
    "ER": "ɜ ɚ ɝ ø œ",
    "EY": "eɪ e",
    "F": "f ɸ",
    "G": "g ɡ ɣ ɢ ɟ",
    "HH": "h ɦ ħ x χ ç",
    "IH": "ɪ ᵻ ɨ",
    "IY": "i",
    "JH": "dʒ dʑ ɖʐ",
    "K": "k q c",
    "L": "l ɫ ɭ ɬ",
    "L Y": "ʎ",
    "M": "m ɱ",
    "N": "n ɳ",
    "N Y": "ɲ",
    "NG": "ŋ ɴ",
    "OW": "oʊ əʊ o ɵ",
    "OY": "ɔɪ ɔø ɔʏ",
    "P": "p",
    "R": "r ɹ ʀ ʁ ɽ ɻ",
    "S": "s",
    "SH": "ʃ ʂ ɕ",
    "T": "t ʈ",
    "T S": "ts",
    "TH": "θ",
    "UH": "ʏ ʊ",
    "UW": "y u ɯ ʉ",
    "V": "v ʋ",
    "W": "w ɥ",
    "Y": "j ʝ",
    "Z": "z",
    "ZH": "ʒ ʐ ʑ",
}
"""The letters of the phonetic alphabet that each sound represents, or is closest to."""

_SOUNDS = {letters: sounds for sounds, written in _LETTERS.items() for letters in written.split()}
SOUNDS = tuple(sorted({sound for sounds in _LETTERS for sound in sounds.split()}))
"""The recognizer's sounds."""
_NASAL = "\N{COMBINING TILDE}"
_FLAP = "ɾ"  # a quick t in American English, an r elsewhere
_SWITCH = re.compile(r"\([a-z-]+\)")  # espeak-ng's note that a word is read in another language
_LONGEST = max(map(len, _SOUNDS))


def pronunciations(word: str, *, among: str = "") -> list[str]:
    """Return the word as an American reads it and, if another language is likelier, as its speakers do.

    `among`: the surrounding words, from which the language is guessed. Empty if the word cannot be spoken.
    """
    own = next((language for language, _ in runs(word) if language), None)
    languages = [own] if own else [ENGLISH, latin_language(f"{word} {among}")]
    with espeak() as engine:
        read = [(engine.sounds(word, language), language) for language in dict.fromkeys(languages)]
    return list(dict.fromkeys(filter(None, (_arpabet(sounds, language) for sounds, language in read))))


def _arpabet(ipa: str, language: str) -> str:
    """Return the sounds of `ipa`, without marks that are not sounds, such as stress, length and tone."""
    text = unicodedata.normalize("NFD", _SWITCH.sub("", ipa)).replace("c\N{COMBINING CEDILLA}", "ç")
    text = text.replace(_FLAP, "t" if language.startswith("en") else "r")
    found: list[str] = []
    place = 0
    while place < len(text):
        length = next((n for n in range(_LONGEST, 0, -1) if text[place : place + n] in _SOUNDS), 0)
        if length:
            found.append(_SOUNDS[text[place : place + length]])
        elif text[place] == _NASAL:
            found.append("N")
        place += length or 1
    return " ".join(found)
