"""One question to a chat model with an answer of a given shape: no stream, no tools, a strict JSON schema."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, TypeVar

from groq import AsyncGroq
from pydantic import BaseModel, ValidationError

from agents.groq.breaker import Breaker
from agents.groq.errors import BadAnswer, Fault, fault_of
from agents.groq.llm.request import reasoning

log = logging.getLogger(__name__)

A = TypeVar("A", bound=BaseModel)


async def ask_structured(
    shape: type[A],
    client: AsyncGroq,
    *,
    name: str,
    models: Sequence[str],
    instructions: str,
    data: Mapping[str, Any],
    limit_s: float,
    breaker: Breaker,
) -> A:
    """Ask one model after the other until one answers, those that keep failing last.

    `limit_s` is for all of them together, and each gets an even share of what is left of it.
    `data` goes as JSON in a message of its own: what people said in it cannot end it and become instruction.
    `shape` must forbid other fields and give no defaults, as Groq's strict schemas want it.
    Raises: whatever Groq, httpx or the limit raises for the last model, and BadAnswer.
    """
    messages = [
        {"role": "system", "content": instructions},
        {"role": "user", "content": json.dumps(data, ensure_ascii=False)},
    ]
    asked = sorted(dict.fromkeys(models), key=lambda model: not breaker.trusts(model))
    now = asyncio.get_running_loop().time
    all_by = now() + limit_s
    for place, model in enumerate(asked):
        try:
            async with asyncio.timeout_at(now() + (all_by - now()) / (len(asked) - place)):
                answer = await _ask(shape, client, name, model, messages)
        except Exception as error:
            breaker.record_failure(model, error)
            fields = {"schema": name, "model": model, "fault": fault_of(error)}
            log.warning("structured answer failed", extra=fields)
            if model == asked[-1] or fault_of(error) is Fault.REFUSED:
                raise
        else:
            breaker.record_success(model)
            return answer
    raise BadAnswer(Fault.BROKEN)


@cache
def _schema(shape: type[BaseModel]) -> dict[str, Any]:
    return shape.model_json_schema()


async def _ask(
    shape: type[A], client: AsyncGroq, name: str, model: str, messages: Sequence[Mapping[str, Any]]
) -> A:
    fields: dict[str, Any] = {"model": model, **reasoning(model), "temperature": 0.0, "messages": messages}
    fields["response_format"] = {
        "type": "json_schema",
        "json_schema": {"name": name, "strict": True, "schema": _schema(shape)},
    }
    answer = await client.chat.completions.create(**fields)
    try:
        return shape.model_validate_json(answer.choices[0].message.content or "")
    except (ValidationError, IndexError):
        # Its message holds what the model wrote, and with it people's words.
        raise BadAnswer(Fault.CUT_SHORT) from None
