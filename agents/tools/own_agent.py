"""A role's own agent class, as its file names it. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from agents.tools.own_tool import OwnTool, Policy


@dataclass(frozen=True, slots=True)
class OwnAgent:
    """`cls`: a subclass of LiveKit's Agent. Each agent of a call is a new instance, made without arguments.

    `instructions` and `tools`: those of an instance made for inspection. `tools_of`: returns the tools of
    another instance, which work on its own state. `where`: the role's file and line.
    """

    cls: type[Any]
    instructions: str
    tools: tuple[OwnTool, ...]
    tools_of: Callable[[Any], tuple[OwnTool, ...]]
    where: str

    def ruled_by(self, policies: Mapping[str, Policy]) -> OwnAgent:
        """Return this class with new policies for its tools. `policies`: by the tools' names."""

        def ruled(tools: Iterable[OwnTool]) -> tuple[OwnTool, ...]:
            return tuple(replace(tool, policy=policies.get(tool.name, tool.policy)) for tool in tools)

        return replace(self, tools=ruled(self.tools), tools_of=lambda made: ruled(self.tools_of(made)))
