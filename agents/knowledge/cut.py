"""Cuts a document into passages, at its headings. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from persistence.passages import Passage

LONGEST = 900
"""Characters of a passage: a minute of speech, and three of them are a small part of a model's prompt."""
BETWEEN = " › "
"""Separates a passage's headings, the top one first."""

_LONGEST_HEADING = 150
_ATX = re.compile(r" {0,3}(#{1,6})(?:[ \t]+(.*?))??(?:[ \t]+#+)?[ \t]*")
_UNDERLINE = re.compile(r" {0,3}(=+|-{2,})[ \t]*")
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")
_LINK = re.compile(r"!?\[([^\]\n]*)\]\((?:[^()\s]|\([^()]*\))*(?:\s+\"[^\"]*\")?\)")
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_EMPHASIS = re.compile(r"(\*{1,3}|_{2,3}|`+)(?=\S)(.+?)(?<=\S)\1")
_SENTENCE_END = re.compile(r"(?<=[.!?。！？])\s+|(?<=[。！？])")


@dataclass(slots=True)
class _Section:
    """The lines below one heading. `headings`: the top one first, its own last; `line`: counted from 1."""

    headings: tuple[str, ...]
    line: int
    lines: list[str] = field(default_factory=list)


def cut(source: str, text: str) -> list[Passage]:
    """Return a document's passages, in order. A heading without text is only in the passages under it."""
    return [
        Passage(source, BETWEEN.join(section.headings), part, line)
        for section in _sections(_without_front_matter(text))
        for part, line in _parts(section)
    ]


def _without_front_matter(text: str) -> str:
    """Replace front matter and comments by empty lines, so that the lines keep their numbers."""
    if text.startswith("---\n") and (end := re.search(r"^---[ \t]*$", text[4:], re.MULTILINE)):
        head = text[: 4 + end.end()]
        text = "\n" * head.count("\n") + text[len(head) :]
    return _COMMENT.sub(lambda comment: "\n" * comment[0].count("\n"), text)


def _sections(text: str) -> Iterator[_Section]:
    section, levels = _Section((), 1), [0]
    fence = ""
    for number, line in enumerate(text.split("\n"), start=1):
        if found := _FENCE.match(line):
            fence, line = _fence_after(fence, found[1]), ""
        level, heading = (0, "") if fence else _heading(section.lines, line)
        if not level:
            section.lines.append(line)
            continue
        yield section
        while levels[-1] >= level:
            levels.pop()
        above = section.headings[: len(levels) - 1]
        levels.append(level)
        section = _Section((*above, heading), number)
    yield section


def _fence_after(fence: str, found: str) -> str:
    """Return the code fence that is open after `found`, which closes a like one that is not longer."""
    if not fence:
        return found
    return "" if found.startswith(fence) else fence


def _heading(before: list[str], line: str) -> tuple[int, str]:
    """Return the level and the words of the heading that ends with this line; level 0 if none does.

    For an underlined heading, remove the line above from the section that it seemed to be part of.
    """
    if (found := _ATX.fullmatch(line)) and (words := _plain(found[2] or "")):
        return len(found[1]), words[:_LONGEST_HEADING]
    if (found := _UNDERLINE.fullmatch(line)) and before and _is_a_title(before):
        return (1 if found[1].startswith("=") else 2), _plain(before.pop())[:_LONGEST_HEADING]
    return 0, ""


def _is_a_title(before: list[str]) -> bool:
    alone = len(before) < 2 or not before[-2].strip()
    return alone and bool(_plain(before[-1])) and not before[-1].lstrip().startswith(("|", "-", "*", ">"))


def _plain(text: str) -> str:
    """Keep only the words of links and pictures, and drop marks of emphasis."""
    return _EMPHASIS.sub(r"\2", _LINK.sub(r"\1", text)).strip()


def _parts(section: _Section) -> Iterator[tuple[str, int]]:
    """Yield the section's text in parts of at most LONGEST characters, each with its first line's number."""
    kept: list[str] = []
    began = section.line
    for paragraph, line in _paragraphs(section):
        for piece in _pieces(paragraph):
            if kept and sum(map(len, kept)) + 2 * len(kept) + len(piece) > LONGEST:
                yield "\n\n".join(kept), began
                kept = []
            began = began if kept else line
            kept.append(piece)
    if kept:
        yield "\n\n".join(kept), began


def _paragraphs(section: _Section) -> Iterator[tuple[str, int]]:
    """Yield the paragraphs that have words, each with its first line's number. The heading is left out."""
    first = section.line + bool(section.headings)
    kept: list[str] = []
    for number, line in enumerate([*section.lines, ""], start=first):
        if line.strip():
            kept.append(line.rstrip())
            continue
        words = _plain("\n".join(kept))
        if any(letter.isalnum() for letter in words):
            yield words, number - len(kept)
        kept = []


def _pieces(paragraph: str) -> Iterator[str]:
    """Yield the paragraph; cut a long one at lines, else at sentences, else at words, else anywhere."""
    if len(paragraph) <= LONGEST:
        yield paragraph
        return
    kept = ""
    for piece in _small(paragraph):
        if kept and len(kept) + len(piece) + 1 > LONGEST:
            yield kept
            kept = ""
        kept = f"{kept} {piece}" if kept else piece
    yield kept


def _small(paragraph: str) -> Iterator[str]:
    for line in paragraph.split("\n"):
        for sentence in _SENTENCE_END.split(line):
            if len(sentence) <= LONGEST:
                yield from [sentence] if sentence else []
                continue
            for word in sentence.split():
                yield from (word[start : start + LONGEST] for start in range(0, len(word), LONGEST))
