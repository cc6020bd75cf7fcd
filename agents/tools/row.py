"""The row of a use, made before the tool is called. Pure, except for the id."""

from __future__ import annotations

import hmac
import json
import uuid
from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from pydantic import SecretStr

from agents.redaction.redactor import Redactor
from agents.tools.own_tool import OwnTool
from persistence.records import CallId, JobId, RoleName, ToolUse, ToolUseId


def new_use(
    tool: OwnTool,
    arguments: Mapping[str, Any],
    *,
    call: CallId,
    role: RoleName,
    job: JobId,
    at: int,
    redactor: Redactor,
    key: SecretStr,
) -> ToolUse:
    """Make the row. All processes of a call give a `once` tool with equal arguments the same idempotency key.

    The row has the arguments as the role redacts them. Their hash distinguishes numbers that look alike after
    that. It uses `key`, which all processes of a call have: nobody finds a number by hashing every number.
    """
    masked = tool.masked(arguments)
    whole, written = _written(masked), _written(redactor.redact_all(masked))
    digest = sha256(whole.encode()).hexdigest()
    if written != whole:
        digest = hmac.new(key.get_secret_value().encode(), whole.encode(), sha256).hexdigest()
    use_id = f"use-{uuid.uuid4().hex}"
    once = sha256(f"{call}\n{tool.name}\n{digest}".encode()).hexdigest() if tool.policy.once else use_id
    return ToolUse(
        id=ToolUseId(use_id),
        call_id=call,
        seq=0,  # set by the store
        role=role,
        tool=tool.name,
        arguments=written,
        arguments_hash=digest,
        idempotency_key=once,
        once=tool.policy.once,
        job=job,
        began_at=at,
    )


def _written(arguments: Mapping[str, Any]) -> str:
    return json.dumps(arguments, ensure_ascii=False, sort_keys=True, default=str)
