"""Loads LiveKit function tools from Python files of the roster's folder, unchanged."""

from __future__ import annotations

import importlib.util
import inspect
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from difflib import get_close_matches
from hashlib import sha256
from pathlib import Path
from traceback import extract_tb
from types import ModuleType
from typing import Any, get_type_hints

from livekit.agents import Agent, StopResponse
from livekit.agents.llm import (
    FunctionTool,
    RawFunctionTool,
    ToolError,
    ToolResult,
    function_tool,
)
from livekit.agents.llm.utils import build_legacy_openai_schema, is_context_type, prepare_function_arguments
from pydantic import ValidationError

from agents.tools.own_tool import MaybeDone, NotDone, OwnTool, Policy, Use
from agents.tools.refused import Refused

LiveKitTool = FunctionTool[..., Any] | RawFunctionTool[..., Any]
_FOLDERS: list[str] = []
_RAW = "raw_arguments"
KEY = "idempotency_key"
"""Baton fills in a parameter of this name, not the model."""


def load_python_tool(folder: Path, named: str, policy: Policy, where: str) -> OwnTool:
    """Load the tool that `named` names, such as tools/invoices.py:look_up. Runs the file. Raises: Refused."""
    file, _, name = named.rpartition(":")
    if not file or not name.isidentifier():
        raise Refused(
            f"{named!r} names no function", "write FILE.py:FUNCTION, such as tools/invoices.py:look_up"
        )
    return tool_of(_tool_in(loaded_file(folder, file), file, name), policy, where)


def tool_of(tool: LiveKitTool, policy: Policy, where: str) -> OwnTool:
    """Make a role's own tool from a function tool of LiveKit's. Raises: Refused."""
    _check_callable(tool)
    description, parameters = _described(tool)
    return OwnTool(tool.info.name, description, parameters, policy, "python", where, _work(tool))


def _check_callable(tool: LiveKitTool) -> None:
    """Raises: Refused, if the tool cannot take a model's arguments by name, or would block the call."""
    name, function = tool.info.name, inspect.unwrap(tool)
    if inspect.isasyncgenfunction(function):
        raise Refused(f"{name} yields its answer in parts", "return the whole answer")
    if inspect.isroutine(function) and not inspect.iscoroutinefunction(function):
        raise Refused(f"{name} is not async", "write it as async def: it must not block the call")
    for parameter in inspect.signature(tool).parameters.values():
        if parameter.kind not in (parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY):
            wrong = (
                f"{name} takes {str(parameter).partition(':')[0]}, which has no name for the model to fill"
            )
            raise Refused(wrong, "write each parameter with a name of its own, without * and /")


def loaded_file(folder: Path, file: str) -> ModuleType:
    """Run a Python file of the roster's folder, and return it as a module. Raises: Refused."""
    return _loaded(_inside(folder, file), file)


def _inside(folder: Path, file: str) -> Path:
    try:
        path = (folder / file).resolve()
    except (RuntimeError, ValueError) as error:  # ValueError: a zero byte in its name
        raise Refused(f"{file!r} cannot be followed ({error})", "name a file, not a circular link") from error
    if not path.is_relative_to(folder.resolve()):
        raise Refused(f"{file} is outside the roster's folder", f"put it into {folder}")
    if not path.is_file():
        files = [other.relative_to(folder).as_posix() for other in folder.rglob("*.py")]
        near = get_close_matches(file, files, n=1, cutoff=0.8)
        right = f"write {near[0]}" if near else f"put it into {folder}, or correct the name"
        raise Refused(f"{file} is missing", right)
    return path


def _loaded(path: Path, file: str) -> ModuleType:
    """Load the file under a name of its own, so that its types can be looked up.

    It may import its neighbours. If several entries name it, it runs once: they all share its state.
    """
    digest = sha256(f"{path} {path.stat().st_mtime_ns}".encode()).hexdigest()[:12]
    name = f"baton_roster_{path.stem}_{digest}"
    if name in sys.modules:
        return sys.modules[name]
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise Refused(f"{file} is no Python file", "give it a name that ends in .py")
    _import_from(str(path.parent))
    module = sys.modules[name] = importlib.util.module_from_spec(spec)
    try:
        with _without_bytecode():
            spec.loader.exec_module(module)
    except KeyboardInterrupt:
        del sys.modules[name]
        raise
    except BaseException as error:  # whatever somebody else's file raises
        del sys.modules[name]
        why = f"{type(error).__name__}: {error}"
        wrong = f"{file}{_line_in(path, error)} cannot be loaded ({why})"[:300]
        raise Refused(wrong, "correct it until python can import it") from error
    return module


def _line_in(path: Path, error: BaseException) -> str:
    """Return where in the file the error was raised, as `:LINE`; empty if the file did not run."""
    lines = [frame.lineno for frame in extract_tb(error.__traceback__) if frame.filename == str(path)]
    return f":{lines[-1]}" if lines else ""


def _import_from(folder: str) -> None:
    """Let Python import from this folder: after everything else, but before other rosters' folders."""
    if folder in _FOLDERS:
        _FOLDERS.remove(folder)
    _FOLDERS.insert(0, folder)
    sys.path[:] = [place for place in sys.path if place not in _FOLDERS] + _FOLDERS


@contextmanager
def _without_bytecode() -> Iterator[None]:
    """Write no bytecode: Python reuses it for a changed file of equal size, written in the same second."""
    before, sys.dont_write_bytecode = sys.dont_write_bytecode, True
    try:
        yield
    finally:
        sys.dont_write_bytecode = before


def _tool_in(module: ModuleType, file: str, name: str) -> LiveKitTool:
    found = getattr(module, name, None)
    inner = inspect.unwrap(found) if callable(found) else None
    if inspect.isasyncgenfunction(inner):
        raise Refused(f"{name} in {file} yields its answer in parts", "return the whole answer")
    if isinstance(found, FunctionTool | RawFunctionTool):
        if not inspect.isfunction(inner) or inspect.iscoroutinefunction(inner):
            return found
    elif inspect.iscoroutinefunction(found) and hasattr(found, "__name__"):  # a partial has none
        return function_tool(found)
    if callable(found):
        raise Refused(f"{name} in {file} is not async", "write it as async def: it must not block the call")
    others = [key for key, value in vars(module).items() if _may_be_tool(value)]
    near = get_close_matches(name, others, n=1) or others
    raise Refused(f"{file} has no function {name}", f"write {' or '.join(near)}" if near else "write one")


def _may_be_tool(value: object) -> bool:
    return isinstance(value, FunctionTool | RawFunctionTool) or inspect.iscoroutinefunction(value)


def _described(tool: LiveKitTool) -> tuple[str, Mapping[str, Any]]:
    if isinstance(tool, RawFunctionTool):
        schema: Mapping[str, Any] = tool.info.raw_schema
        if not isinstance(schema["parameters"], Mapping):
            raise Refused(f"the parameters of {tool.info.name} are no object", "write type: object")
        _check_raw(tool)
    else:
        try:
            schema = build_legacy_openai_schema(tool)["function"]
        except Exception as error:  # pydantic's, for a type that has no schema
            wrong = f"the parameters of {tool.info.name} have no JSON schema ({type(error).__name__})"
            raise Refused(wrong, "annotate them with plain types, such as str or int") from error
    description = schema.get("description")
    return description if isinstance(description, str) else "", _for_model(dict(schema.get("parameters", {})))


def _check_raw(tool: RawFunctionTool[..., Any]) -> None:
    """Raises: Refused, if LiveKit cannot call the tool: it passes only raw_arguments and a RunContext."""
    known = inspect.signature(tool).parameters
    try:
        hints = get_type_hints(tool)
    except Exception:  # noqa: BLE001 - whatever an annotation raises
        hints = {}
    others = [
        name
        for name, parameter in known.items()
        if name != _RAW
        and not (name in hints and is_context_type(hints[name], allow_subclasses=True))
        and parameter.default is parameter.empty
    ]
    if others or _RAW not in hints:
        wrong = f"{tool.info.name} has a raw schema, and takes {', '.join(known) or 'nothing'}"
        raise Refused(wrong, f"let it take {_RAW}: dict[str, object], and a RunContext if it needs one")


def _for_model(parameters: dict[str, Any]) -> dict[str, Any]:
    """Remove the idempotency key, which the model must not choose."""
    parameters.setdefault("type", "object")
    known, required = parameters.get("properties", {}), parameters.get("required", [])
    if not isinstance(known, Mapping) or not isinstance(required, list):
        return parameters  # `check_tool` says what is wrong about it
    kept = {name: value for name, value in known.items() if name != KEY}
    return {**parameters, "properties": kept, "required": [name for name in required if name != KEY]}


def _work(tool: LiveKitTool) -> Any:
    wants_key = _wants_key(tool)

    async def work(arguments: dict[str, Any], use: Use) -> object:
        given = {**arguments, KEY: use.key} if wants_key else arguments
        try:
            args, kwargs = prepare_function_arguments(fnc=tool, json_arguments=given, call_ctx=use.context)
        except Exception as error:
            raise NotDone(f"the arguments do not fit{_misfits(error)}") from error
        try:
            return _plain(await tool(*args, **kwargs))
        except ToolError as error:
            raise NotDone(error.message) from error
        except StopResponse:
            return ToolResult(None, reply_required=False)
        except SystemExit as error:  # would end the call's process
            raise MaybeDone("it broke off") from error

    return work


def _wants_key(tool: LiveKitTool) -> bool:
    if isinstance(tool, RawFunctionTool):
        return KEY in (tool.info.raw_schema["parameters"].get("properties") or ())
    return KEY in inspect.signature(tool).parameters


def _misfits(error: BaseException) -> str:
    """Return which arguments do not fit, and why, if pydantic says so without their values."""
    while error.__cause__ is not None and not isinstance(error, ValidationError):
        error = error.__cause__
    if not isinstance(error, ValidationError):
        return ""
    wrong = [
        f"{'.'.join(map(str, each['loc']))}: {each['msg']}"
        for each in error.errors(include_input=False, include_url=False, include_context=False)
    ]
    return f": {'; '.join(wrong)}"


def _plain(answer: object) -> object:
    parts = answer if isinstance(answer, tuple | list) else (answer,)
    if any(isinstance(part, Agent) for part in parts):
        raise MaybeDone("it hands over to a LiveKit agent, which this call cannot follow: use transfer_call")
    return answer
