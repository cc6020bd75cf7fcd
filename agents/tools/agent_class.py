"""Loads a subclass of LiveKit's Agent from a Python file of the roster's folder, unchanged."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any

from livekit.agents import Agent, AgentTask
from livekit.agents.beta import EndCallTool
from livekit.agents.llm import FunctionTool, RawFunctionTool, Toolset
from livekit.agents.types import NotGiven

from agents.tools.checks import check_tool
from agents.tools.own_agent import OwnAgent
from agents.tools.own_tool import OwnTool, Policy
from agents.tools.python_tool import LiveKitTool, loaded_file, tool_of
from agents.tools.refused import Refused

_MODELS = {
    "llm": "leave it out: the role's file has `model`",
    "tts": "leave it out: the role's file has `voice`",
    "stt": "leave it out: Baton's settings say what transcribes",
    "vad": "leave it out: Baton's settings say how turns are taken",
    "turn_detection": "leave it out: Baton's settings say how turns are taken",
    "allow_interruptions": "leave it out: callers may always interrupt",
    "mcp_servers": "write them as mcp: in the tools of the role's file, with the tools that it may use",
}
"""What a constructor may pass to LiveKit's Agent although Baton has it already, and what to do instead."""


def load_agent_class(folder: Path, named: str, policy: Policy, where: str) -> OwnAgent:
    """Load the class that `named` names, such as desks.booking:BookingDesk. Run its file. Raises: Refused."""
    module, _, name = named.rpartition(":")
    if not module or not name.isidentifier():
        right = "write MODULE:CLASS, such as desks.booking:BookingDesk for a class in desks/booking.py"
        raise Refused(f"{named!r} names no class", right)
    file = module if module.endswith(".py") else f"{module.replace('.', '/')}.py"
    cls = _class_in(loaded_file(folder, file), file, name)
    tools_of = partial(_tools_of, policy=policy, where=where)
    made = _made(cls, file)
    _check_models(made, name)
    own = OwnAgent(cls, str(made.instructions).strip(), tools_of(made), tools_of, where)
    for tool in own.tools:
        check_tool(tool.name, tool.description, tool.parameters)
    return own


def _class_in(module: ModuleType, file: str, name: str) -> type[Agent]:
    found = getattr(module, name, None)
    if isinstance(found, type) and issubclass(found, AgentTask):
        raise Refused(f"{name} in {file} is an AgentTask", "name a subclass of Agent: it has the whole call")
    if isinstance(found, type) and issubclass(found, Agent):
        return found
    if found is not None:
        right = f"write class {name}(Agent), with Agent from livekit.agents"
        raise Refused(f"{name} in {file} is no subclass of livekit.agents.Agent", right)
    others = [key for key, value in vars(module).items() if _is_own_class(value, module)]
    near = get_close_matches(name, others, n=1) or others
    raise Refused(f"{file} has no class {name}", f"write {' or '.join(near)}" if near else "write one")


def _is_own_class(value: object, module: ModuleType) -> bool:
    return isinstance(value, type) and issubclass(value, Agent) and value.__module__ == module.__name__


def _made(cls: type[Any], file: str) -> Agent:
    """Make an agent to inspect. Raises: Refused."""
    try:
        inspect.signature(cls).bind()
    except TypeError as error:
        wrong = f"the constructor of {cls.__name__} in {file} needs arguments ({error})"
        raise Refused(wrong, "give each a default: Baton makes one without arguments") from error
    except ValueError:
        pass  # a class without a signature that Python knows
    try:
        made: Agent = cls()
        _ = made.instructions, made.tools
    except (Exception, SystemExit) as error:  # whatever somebody else's class raises
        wrong = f"{cls.__name__} in {file} cannot be made ({type(error).__name__}: {error})"[:300]
        raise Refused(
            wrong, "correct its constructor: Baton makes one at the start, and one for each call"
        ) from error
    return made


def _check_models(made: Agent, name: str) -> None:
    """Raises: Refused, if the agent brings what Baton has already."""
    for what, right in _MODELS.items():
        if not isinstance(given := getattr(made, f"_{what}"), NotGiven) and given is not None:
            raise Refused(f"{name} has its own {what}", right)


def _tools_of(made: Agent, *, policy: Policy, where: str) -> tuple[OwnTool, ...]:
    """Return the agent's function tools. Raises: Refused, for a tool of any other kind."""
    return tuple(tool_of(tool, policy, where) for tool in _function_tools(made.tools, type(made).__name__))


def _function_tools(tools: Sequence[Any], owner: str) -> Iterator[LiveKitTool]:
    """Yield the function tools, also those of toolsets.

    Leave out LiveKit's end_call: it would end the session, and Baton has its own.
    """
    for tool in tools:
        if isinstance(tool, FunctionTool | RawFunctionTool):
            yield tool
        elif isinstance(tool, EndCallTool):
            continue
        elif isinstance(tool, Toolset) and tool.tools:
            yield from _function_tools(tool.tools, owner)
        else:
            right = "write an MCP server as mcp: in the role's file, and anything else as a function tool"
            raise Refused(f"{owner} has {tool.id}, which is no function tool", right)
