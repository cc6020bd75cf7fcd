"""The row of a use, before the tool is called. Pure, but for the id."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from agents.tools.own_tool import OwnTool
from persistence.records import CallId, JobId, RoleName, ToolUse, ToolUseId


def new_use(
    tool: OwnTool, arguments: Mapping[str, Any], *, call: CallId, role: RoleName, job: JobId, at: int
) -> ToolUse:
    """The same once tool with the same arguments gets the same idempotency key in each process of a call."""
    written = json.dumps(tool.masked(arguments), ensure_ascii=False, sort_keys=True, default=str)
    digest = sha256(written.encode()).hexdigest()
    use_id = f"use-{uuid.uuid4().hex}"
    key = sha256(f"{call}\n{tool.name}\n{digest}".encode()).hexdigest() if tool.policy.once else use_id
    return ToolUse(
        id=ToolUseId(use_id),
        call_id=call,
        seq=0,  # the store's
        role=role,
        tool=tool.name,
        arguments=written,
        arguments_hash=digest,
        idempotency_key=key,
        once=tool.policy.once,
        job=job,
        began_at=at,
    )
