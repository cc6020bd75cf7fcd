"""An MCP server, as a role's file defines it. Pure: its tools become known once it is connected."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from agents.tools.own_tool import Policy


@dataclass(frozen=True, slots=True)
class ToolServer:
    """Either `address` or `command` is given; `allow`: the names of the tools that may be used.

    `headers` and `environment` have values that are secret.
    """

    policy: Policy
    where: str
    folder: Path
    allow: tuple[str, ...]
    address: str = ""
    command: tuple[str, ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)
    networks: tuple[str, ...] = ()
