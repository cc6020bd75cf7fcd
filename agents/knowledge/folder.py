"""A folder of documents: Markdown and text, at any depth. Blocks: call it in a thread."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from errors import BadInput, Mistakes

ENDINGS = (".md", ".markdown", ".txt")
SYNONYMS = "synonyms.txt"
LARGEST_BYTES = 1_000_000
"""Limit of one file: a book of 150,000 words. A larger file is a list or a log, not an answer to a caller."""
MOST_BYTES = 50_000_000
"""Limit of all files together: SQLite indexes them in about ten seconds."""

_SOME = f"put files that end in {', '.join(ENDINGS[:-1])} or {ENDINGS[-1]} there"


@dataclass(frozen=True, slots=True)
class Document:
    """`name`: its path inside the folder, with / between the parts."""

    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Folder:
    """One folder, named in a role's file. Hidden files and files of other kinds are ignored."""

    path: Path

    def files(self) -> Sequence[Path]:
        """Return the documents, including `synonyms.txt`, sorted by path."""
        return sorted(path for path in self.path.rglob("*") if self._is_document(path))

    def _is_document(self, path: Path) -> bool:
        hidden = any(part.startswith(".") for part in path.relative_to(self.path).parts)
        return not hidden and path.suffix.lower() in ENDINGS and path.is_file()

    def state(self) -> str:
        """Return a name for the folder's state. It changes when a file is added, changed or removed."""
        told = sha256(str(self.path.resolve()).encode())
        for path in self.files():
            status = path.stat()
            told.update(f"\0{path}\0{status.st_size}\0{status.st_mtime_ns}\0{status.st_ino}".encode())
        return told.hexdigest()[:32]

    def read(self) -> tuple[Sequence[Document], str]:
        """Return the documents, and the text of `synonyms.txt`. Raises: BadInput, with every mistake."""
        mistakes, documents, synonyms = Mistakes(), [], ""
        for path in self._bearable(mistakes):
            with mistakes.collecting():
                text = self._text(path)
                if path == self.path / SYNONYMS:
                    synonyms = text
                elif any(map(str.isalnum, text)):
                    documents.append(Document(path.relative_to(self.path).as_posix(), text))
        mistakes.tell()
        if not documents:
            raise BadInput(str(self.path), "has no text", _SOME)
        return documents, synonyms

    def _bearable(self, mistakes: Mistakes) -> Iterator[Path]:
        """Yield the files that are small enough and inside the folder; add a mistake for each other one."""
        files, root = self.files(), self.path.resolve()
        if sum(path.stat().st_size for path in files) > MOST_BYTES:
            right = (
                f"leave out what callers do not ask about, or divide it between roles: {MOST_BYTES:,} each"
            )
            mistakes.add(BadInput(str(self.path), f"has more than {MOST_BYTES:,} bytes of text", right))
            return
        for path in files:
            if (size := path.stat().st_size) > LARGEST_BYTES:
                right = f"divide it into files of up to {LARGEST_BYTES:,}, one for each subject"
                mistakes.add(BadInput(str(path), f"has {size:,} bytes", right))
            elif not path.resolve().is_relative_to(root):
                mistakes.add(
                    BadInput(
                        str(path), "is a link to a file outside its folder", "put a copy of the file there"
                    )
                )
            else:
                yield path

    def _text(self, path: Path) -> str:
        """Return the file's text. Raises: BadInput, with the line where it stops being text."""
        try:
            content = path.read_bytes()
            text = content.decode("utf-8-sig")
        except OSError as error:
            wrong = f"cannot be read ({error.strerror})"
            raise BadInput(str(path), wrong, "make it a readable file") from error
        except UnicodeDecodeError as error:
            line = content.count(b"\n", 0, error.start) + 1
            raise BadInput(f"{path}:{line}", "is not UTF-8 text", "save it as UTF-8") from error
        if (place := text.find("\0")) >= 0:
            line = text.count("\n", 0, place) + 1
            raise BadInput(f"{path}:{line}", "is not text", "save it as text, or remove it")
        return text.replace("\r\n", "\n").replace("\r", "\n")
