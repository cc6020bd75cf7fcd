"""Reads one Markdown file with YAML front matter; its errors name file and line.

PyYAML's BaseLoader keeps the line of every field and leaves every scalar as text, so that a role called `no`
stays one. pydantic converts the numbers.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any, TypeVar, get_args, get_origin

import yaml
from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from errors import BadInput, Mistakes

FENCE = "---"
ONE_FIELD_A_LINE = "write one field a line, as NAME: VALUE"
LONGEST_PROMPT = 100_000
"""Characters. Groq's models read 131,072 tokens in all, and a character may be a token, as in Japanese."""
_MOST_NODES = 100_000
"""Values of one front matter, each counted as often as an anchor repeats it."""
_A_GROUP = re.compile(r"be a valid dictionary( or instance of \w+)?")
_TOO_FEW = re.compile(r"Tuple should have at least 1 item.*")
M = TypeVar("M", bound=BaseModel)
Place = Sequence[str | int]


@dataclass(frozen=True, slots=True)
class RosterFile:
    """`root`: the front matter as YAML nodes, which know their lines; `body`: the text after it, stripped."""

    path: Path
    root: yaml.MappingNode
    fields: dict[str, Any]
    body: str
    body_line: int

    def line(self, place: Place) -> int:
        """Return the line of a field, such as ("lines", "hold"); if missing, that of its deepest parent."""
        node: yaml.Node = self.root
        line = 0
        for step in place:
            found = _step(node, step)
            if found is None:
                continue  # the name of one of a field's forms, which the file does not have
            node, line = found
        return line + 1

    def where(self, place: Place) -> str:
        return f"{self.path}:{self.line(place)}"

    def bad(self, place: Place, wrong: str, right: str) -> BadInput:
        return BadInput(self.where(place), wrong, right)

    def checked(self, model: type[M], place: Place = ()) -> M:
        """Return the fields at `place` as `model`, whose descriptions say what to write. Raises: BadInput."""
        fields: Any = self.fields
        for step in place:
            fields = fields[step]
        try:
            return model.model_validate(fields)
        except ValidationError as error:
            mistakes, errors = Mistakes(), _told_once(model, error)
            for one in sorted(errors, key=lambda one: self.line((*place, *one["loc"]))):
                mistakes.add(self._translated(model, one["type"], one["loc"], one["msg"], place))
            mistakes.tell()
            raise

    def _translated(
        self, model: type[BaseModel], kind: str, inside: Place, message: str, place: Place
    ) -> BadInput:
        names, depth, owner, meaning = _described(model, inside)
        loc = (*place, *inside)
        name = ".".join(names)
        if kind == "extra_forbidden":
            unknown = str(loc[-1])
            if len(inside) > depth + 1:  # inside one of the forms that a field may have
                return self.bad(loc, f"{name} has the unknown field {unknown!r}", f"write {meaning}")
            wrong, known = f"unknown field {unknown!r}", _close_to(unknown, owner)
            if not known and unknown in model.model_fields:
                return self.bad(loc, wrong, f"write it beside {names[0]}, and not inside")
            return self.bad(loc, wrong, f"write {', '.join(known or owner.model_fields)}")
        if kind == "missing":
            return self.bad(loc, f"{name} is missing", f"write {name}: {meaning}")
        return self.bad(loc, f"{name} {_in_our_words(message)}", f"write {meaning}")

    def needs_body(self) -> str:
        """Return the body. Raises: BadInput, if it is empty, or longer than a model reads."""
        where = f"{self.path}:{self.body_line}"
        if not self.body:
            raise BadInput(where, "nothing follows the front matter", "write the instructions there")
        return _readable(self.body, where)


def read_text(path: Path) -> str:
    """Return the text of a file. Raises: BadInput (missing, not UTF-8, empty, unprintable)."""
    to_copy = "Baton comes with one to copy"
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError as error:
        if path.is_symlink():
            raise BadInput(
                str(path), "is a link to a file that is not there", "correct or remove it"
            ) from error
        right = f"rename {other}" if (other := misspelt(path)) else f"put it there; {to_copy}"
        raise BadInput(str(path), "is missing", right) from error
    except OSError as error:
        raise BadInput(str(path), f"cannot be read ({error.strerror})", "make it a readable file") from error
    except UnicodeDecodeError as error:
        raise BadInput(str(path), "is not UTF-8 text", "save it as UTF-8") from error
    if not text.strip():
        raise BadInput(f"{path}:1", "is empty", f"write the text there; {to_copy}")
    _refuse_unprintable(path, text)
    return text


def _refuse_unprintable(path: Path, text: str, line: int = 1) -> None:
    """`line`: where the text begins. Raises: BadInput, with the first unprintable character."""
    if found := yaml.reader.Reader.NON_PRINTABLE.search(text):
        place = f"{path}:{line + text.count(chr(10), 0, found.start())}"
        raise BadInput(place, f"has the unprintable character U+{ord(found[0]):04X}", "remove it")


def misspelt(path: Path) -> str:
    """Return the name of a file beside it that differs only in capital letters; empty if there is none."""
    beside = (other.name for other in path.parent.iterdir()) if path.parent.is_dir() else ()
    return next((name for name in beside if name != path.name and name.lower() == path.name), "")


def read_prompt(path: Path) -> str:
    """Return the text of a file that is one prompt, stripped. Raises: BadInput."""
    return _readable(read_text(path).strip(), str(path))


def _readable(prompt: str, where: str) -> str:
    """Return the prompt. Raises: BadInput, if it is longer than a model reads."""
    if len(prompt) > LONGEST_PROMPT:
        right = f"write {LONGEST_PROMPT:,} at most; move what is rarely needed into knowledge"
        raise BadInput(where, f"has {len(prompt):,} characters of instructions", right)
    return prompt


def read_roster_file(path: Path) -> RosterFile:
    """Read and parse one file. Raises: BadInput."""
    lines = read_text(path).split("\n")
    if lines[0].rstrip() != FENCE:
        right = f"begin with a line {FENCE}, the fields, and another line {FENCE}"
        if next(line for line in lines if line.strip()).rstrip() == FENCE:
            raise BadInput(f"{path}:1", "has an empty line before its front matter", "remove it")
        raise BadInput(f"{path}:1", "has no front matter", right)
    end = next((n for n, line in enumerate(lines[1:], 1) if line.rstrip() == FENCE), None)
    if end is None:
        right = f"write a line {FENCE} after its fields"
        raise BadInput(f"{path}:1", "the front matter has no end", right)
    # An empty line replaces the first fence, so that YAML's line numbers are the file's.
    root, fields = _parsed(path, "\n".join(["", *lines[1:end]]))
    body = "\n".join(lines[end + 1 :]).strip()
    return RosterFile(path, root, fields, body, body_line=end + 1)


def _parsed(path: Path, text: str) -> tuple[yaml.MappingNode, dict[str, Any]]:
    try:
        loader = yaml.BaseLoader(text)
        root = loader.get_single_node()
        if not isinstance(root, yaml.MappingNode):
            raise BadInput(f"{path}:2", "the front matter has no fields", ONE_FIELD_A_LINE)
        fields = loader.construct_document(root)  # refuses a node that is inside itself
    except yaml.MarkedYAMLError as error:
        raise _not_yaml(path, error) from error
    except (yaml.YAMLError, RecursionError, ValueError) as error:  # ValueError: "\\U00110000"
        raise BadInput(f"{path}:1", "is not YAML that can be read", ONE_FIELD_A_LINE) from error
    if _size(root, {}) > _MOST_NODES:
        raise BadInput(f"{path}:2", "its anchors expand to too many values", "write values out")
    for node in _nodes(root):
        if isinstance(node, yaml.ScalarNode):  # a character may be an escape, such as "\\a"
            _refuse_unprintable(path, node.value, node.start_mark.line + 1)
    _refuse_repeats(path, root)
    return root, fields


def _not_yaml(path: Path, error: yaml.MarkedYAMLError) -> BadInput:
    mark, problem = error.problem_mark, str(error.problem)
    right = "put the value in double quotes, or correct the indentation"
    if "found '<scalar>'" in problem:
        right = f"{right}, or the quotes of a value before it"
    if "'\\t'" in problem:
        right = "write spaces instead of the tab"
    elif "expected ':'" in problem:  # noticed only a line later
        mark, right = error.context_mark or mark, f"{ONE_FIELD_A_LINE}, with a space after the colon"
    return BadInput(f"{path}:{mark.line + 1 if mark else 1}", f"is not YAML ({problem})", right)


def _refuse_repeats(path: Path, root: yaml.MappingNode) -> None:
    """Refuse equal fields: YAML would silently use the last one. Raises: BadInput."""
    mistakes = Mistakes()
    for mapping in (node for node in _nodes(root) if isinstance(node, yaml.MappingNode)):
        seen: set[str] = set()
        for key, _ in mapping.value:
            name = str(key.value)
            if name in seen:
                where = f"{path}:{key.start_mark.line + 1}"
                mistakes.add(BadInput(where, f"{name!r} is there twice", "keep one of the two"))
            seen.add(name)
    mistakes.tell()


def _size(node: yaml.Node, known: dict[int, int]) -> int:
    """Return the number of nodes. A node that an anchor repeats is visited once, and counted each time."""
    if id(node) not in known:
        known[id(node)] = 1 + sum(_size(part, known) for part in _parts(node))
    return known[id(node)]


def _nodes(node: yaml.Node) -> Iterator[yaml.Node]:
    """Yield the node, and every name and value in it, at any depth, in the order of the file."""
    yield node
    for part in _parts(node):
        yield from _nodes(part)


def _parts(node: yaml.Node) -> Sequence[yaml.Node]:
    """Return the names and values of a group, or the entries of a list; nothing for a single value."""
    if isinstance(node, yaml.MappingNode):
        return [part for pair in node.value for part in pair]
    return node.value if isinstance(node, yaml.SequenceNode) else ()


def _step(node: yaml.Node, step: str | int) -> tuple[yaml.Node, int] | None:
    """Return the child node of `step`, and its line counted from 0; None if there is no such child."""
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if key.value == step:
                return value, key.start_mark.line
    elif isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
        item: yaml.Node = node.value[step]
        return item, item.start_mark.line
    return None


def _told_once(model: type[BaseModel], error: ValidationError) -> Sequence[ErrorDetails]:
    """Leave out errors that only repeat another one, as a person sees it.

    A misspelt field is unknown and often missing as well. A field with several forms gets an error for each.
    """
    errors = error.errors(include_url=False, include_context=False, include_input=False)
    errors.sort(key=lambda one: one["type"] != "extra_forbidden")
    kept: dict[Place, ErrorDetails] = {}
    meant: set[Place] = set()
    for one in errors:
        _, depth, owner, _ = _described(model, one["loc"])
        place = one["loc"][: depth + 1 if _is_own_mistake(one, depth) else depth]
        if one["type"] == "missing" and place in meant:
            continue
        if one["type"] == "extra_forbidden":
            meant |= {(*one["loc"][:depth], close) for close in _close_to(str(one["loc"][-1]), owner)}
        kept.setdefault(place, one)
    return list(kept.values())


def _is_own_mistake(one: ErrorDetails, depth: int) -> bool:
    """Whether the error is about one item of a list, or about an unknown field."""
    beyond = one["loc"][depth:]
    return len(beyond) > 0 and (
        isinstance(beyond[0], int) or (len(beyond) == 1 and one["type"] == "extra_forbidden")
    )


def _close_to(unknown: str, owner: type[BaseModel]) -> list[str]:
    """Return the field that was probably meant, if any."""
    # A long word is close only with a letter or two wrong: `instructions` is not `introduction`.
    cutoff = 0.6 if len(unknown) < 10 else 0.85
    return get_close_matches(unknown, owner.model_fields, n=1, cutoff=cutoff)


def _described(model: type[BaseModel], loc: Place) -> tuple[list[str], int, type[BaseModel], str]:
    """Return the field's names from the top, how many steps of `loc` they take, its model and description.

    The number of an entry in a list of groups is a step without a name.
    """
    names: list[str] = []
    depth, meaning = 0, ONE_FIELD_A_LINE.removeprefix("write ")
    inside: type[BaseModel] | None = model
    for step in loc:
        if inside is None:
            break
        if isinstance(step, int) and depth:
            depth += 1
            continue
        field = inside.model_fields.get(str(step))
        if field is None:
            break
        names.append(str(step))
        depth, model, meaning = depth + 1, inside, field.description or meaning
        inside = group_in(field) or _entry_in(field)
    return names, depth, inside or model, meaning


def group_in(field: FieldInfo) -> type[BaseModel] | None:
    """Return the model of a group of fields; None for a value, also for one that has several forms."""
    return None if get_origin(field.annotation) is tuple else _only_model(field)


def _entry_in(field: FieldInfo) -> type[BaseModel] | None:
    """Return the model of each entry of a list of groups; None for any other field."""
    return _only_model(field) if get_origin(field.annotation) is tuple else None


def _only_model(field: FieldInfo) -> type[BaseModel] | None:
    parts = get_args(field.annotation) or (field.annotation,)
    forms = [part for part in parts if part not in (type(None), ...)]
    only = forms[0] if len(forms) == 1 else None
    return only if isinstance(only, type) and issubclass(only, BaseModel) else None


def _in_our_words(message: str) -> str:
    """Return what pydantic says, without its own words for types."""
    message = message.removeprefix("Value error, ").partition(", unable to")[0]
    message = message.removeprefix("Input ").removeprefix("String ")
    message = _A_GROUP.sub("be fields, as {NAME: VALUE}", message)
    message = message.replace("be a valid tuple", "be a list in square brackets")
    return _TOO_FEW.sub("should have at least one entry", message)
