"""Reads a request's role: its name, targets and tools. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from agents.knowledge.knowledge import SEARCH
from local.groq_standin.chat.request import ChatRequest, Function, Message

_ROLE = re.compile(r"^Your role: (\S+)\s*$", re.MULTILINE)
_NAME = re.compile(r"^Your name: (\S.*?)\s*$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Persona:
    """`targets`: the spoken names of the roles that transfer_call may name, by role."""

    name: str
    targets: Mapping[str, str]
    may_end: bool
    may_search: bool = False


def role_of(messages: Sequence[Message]) -> str | None:
    """Return the role named in a system message's line `Your role: ROLE`."""
    return _in_system(_ROLE, messages)


def persona_of(request: ChatRequest) -> Persona:
    """Return the request's role, as its instructions and tools describe it."""
    tools = {tool.function.name: tool.function for tool in request.usable_tools}
    transfer = tools.get("transfer_call")
    role = role_of(request.messages)
    return Persona(
        name=_in_system(_NAME, request.messages) or (_spoken(role) if role else "the stand-in for Groq"),
        targets=_targets(transfer) if transfer else {},
        may_end="end_call" in tools,
        may_search=SEARCH in tools,
    )


def _targets(transfer: Function) -> Mapping[str, str]:
    """Parse the parameter `target`: an enum of roles, with a description such as "billing: the desk; …"."""
    properties = (transfer.parameters or {}).get("properties")
    target = properties.get("target") if isinstance(properties, dict) else None
    if not isinstance(target, dict):
        return {}
    described = str(target.get("description", ""))
    return {str(role): _described(str(role), described) for role in target.get("enum", ())}


def _described(role: str, description: str) -> str:
    found = re.search(rf"(?:^|; ){re.escape(role)}: (.+?)(?=; [a-z][a-z0-9-]*: |$)", description)
    return found[1] if found else _spoken(role)


def _spoken(role: str) -> str:
    return f"the {role.replace('-', ' ')}"


def _in_system(pattern: re.Pattern[str], messages: Sequence[Message]) -> str | None:
    for message in messages:
        if message.role in {"system", "developer"} and (found := pattern.search(message.text)):
            return found[1]
    return None
