"""One Markdown file with YAML front matter: its fields, its body, and errors that name file and line.

Read by PyYAML's BaseLoader: it keeps the line of every field, and leaves every scalar as the text it is, so
that a role called `no` stays one; pydantic turns the numbers into numbers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from errors import BadInput

FENCE = "---"
ONE_FIELD_A_LINE = "write one field a line, as NAME: VALUE"
M = TypeVar("M", bound=BaseModel)
Place = Sequence[str | int]


@dataclass(frozen=True, slots=True)
class RosterFile:
    """`root` is the front matter as YAML nodes, which know their lines; `body` is what follows, stripped."""

    path: Path
    root: yaml.MappingNode
    fields: dict[str, Any]
    body: str
    body_line: int

    def line(self, place: Place) -> int:
        """The line of a field, such as ("lines", "hold"); of the deepest part of it that is there."""
        node: yaml.Node = self.root
        line = 0
        for step in place:
            found = _step(node, step)
            if found is None:
                break
            node, line = found
        return line + 1

    def where(self, place: Place) -> str:
        return f"{self.path}:{self.line(place)}"

    def bad(self, place: Place, wrong: str, right: str) -> BadInput:
        return BadInput(self.where(place), wrong, right)

    def checked(self, model: type[M]) -> M:
        """The fields as `model`, whose field descriptions say what to write. Raises: BadInput."""
        try:
            return model.model_validate(self.fields)
        except ValidationError as error:
            errors = error.errors(include_url=False, include_context=False, include_input=False)
            # A misspelt field is unknown, and often missing as well: the first is what helps.
            first = min(errors, key=lambda one: one["type"] != "extra_forbidden")
            raise self._translated(model, first["type"], first["loc"], first["msg"]) from error

    def _translated(self, model: type[BaseModel], kind: str, loc: Place, message: str) -> BadInput:
        names, owner, meaning = _described(model, loc)
        name = ".".join(names)
        if kind == "extra_forbidden":
            unknown = str(loc[-1])
            if len(loc) > len(names) + 1:  # within one of several forms that a field may have
                return self.bad(loc, f"{name} has the unknown field {unknown!r}", f"write {meaning}")
            known = get_close_matches(unknown, owner.model_fields, n=1) or list(owner.model_fields)
            return self.bad(loc, f"unknown field {unknown!r}", f"write {', '.join(known)}")
        if kind == "missing":
            return self.bad(loc, f"{name} is missing", f"write {name}: {meaning}")
        message = message.removeprefix("Value error, ").removeprefix("Input ").removeprefix("String ")
        return self.bad(loc, f"{name} {message}", f"write {meaning}")

    def needs_body(self) -> str:
        """The body. Raises: BadInput where it is empty."""
        if not self.body:
            where = f"{self.path}:{self.body_line}"
            raise BadInput(where, "nothing follows the front matter", "write the instructions there")
        return self.body


def read_text(path: Path) -> str:
    """The text of a file. Raises: BadInput (not there, not UTF-8, empty)."""
    to_copy = "Baton's own roster has one to copy"
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError as error:
        raise BadInput(str(path), "is missing", f"put it there; {to_copy}") from error
    except OSError as error:
        raise BadInput(str(path), f"cannot be read ({error.strerror})", "make it a readable file") from error
    except UnicodeDecodeError as error:
        raise BadInput(str(path), "is not UTF-8 text", "save it as UTF-8") from error
    if not text.strip():
        raise BadInput(f"{path}:1", "is empty", f"write the text there; {to_copy}")
    return text


def read_prompt(path: Path) -> str:
    """A file that is a prompt and nothing else, stripped. Raises: BadInput."""
    return read_text(path).strip()


def read_roster_file(path: Path) -> RosterFile:
    """Read and take apart one file. Raises: BadInput."""
    lines = read_text(path).split("\n")
    if lines[0].rstrip() != FENCE:
        right = f"begin with a line {FENCE}, the fields, and another line {FENCE}"
        raise BadInput(f"{path}:1", "has no front matter", right)
    end = next((n for n, line in enumerate(lines[1:], 1) if line.rstrip() == FENCE), None)
    if end is None:
        right = f"write a line {FENCE} after its fields"
        raise BadInput(f"{path}:1", "the front matter has no end", right)
    # The first fence becomes an empty line, so that YAML counts its lines as the file does.
    root, fields = _parsed(path, "\n".join(["", *lines[1:end]]))
    body = "\n".join(lines[end + 1 :]).strip()
    return RosterFile(path, root, fields, body, body_line=end + 1)


def _parsed(path: Path, text: str) -> tuple[yaml.MappingNode, dict[str, Any]]:
    try:
        loader = yaml.BaseLoader(text)
        root = loader.get_single_node()
        if not isinstance(root, yaml.MappingNode):
            raise BadInput(f"{path}:2", "the front matter has no fields", ONE_FIELD_A_LINE)
        _refuse_repeats(path, root)
        return root, loader.construct_document(root)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        right = "put the value in double quotes, or mend the indentation"
        raise BadInput(f"{path}:{line}", f"is not YAML ({error.problem})", right) from error
    except (yaml.YAMLError, RecursionError) as error:
        raise BadInput(f"{path}:1", "is not YAML that can be read", ONE_FIELD_A_LINE) from error


def _refuse_repeats(path: Path, root: yaml.MappingNode) -> None:
    """YAML would silently take the last of two."""
    nested = [value for _, value in root.value if isinstance(value, yaml.MappingNode)]
    for mapping in (root, *nested):
        seen: set[str] = set()
        for key, _ in mapping.value:
            name = str(key.value)
            if name in seen:
                where = f"{path}:{key.start_mark.line + 1}"
                raise BadInput(where, f"{name!r} is there twice", "keep one of the two")
            seen.add(name)


def _step(node: yaml.Node, step: str | int) -> tuple[yaml.Node, int] | None:
    """One step down, with its line counted from 0."""
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if key.value == step:
                return value, key.start_mark.line
    elif isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
        item: yaml.Node = node.value[step]
        return item, item.start_mark.line
    return None


def _described(model: type[BaseModel], loc: Place) -> tuple[list[str], type[BaseModel], str]:
    """The field's names from the top, the model that has or lacks the last of them, and what it means."""
    names: list[str] = []
    meaning = ONE_FIELD_A_LINE.removeprefix("write ")
    for step in loc:
        field = model.model_fields.get(str(step))
        if field is None:
            break
        names.append(str(step))
        meaning = field.description or meaning
        if not (isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel)):
            break
        model = field.annotation
    return names, model, meaning
