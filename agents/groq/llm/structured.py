"""A structured chat request: one answer that fits a strict JSON schema, without streaming or tools."""

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
    """Ask the models in turn until one answers. Models with an open circuit come last.

    `limit_s` is the total timeout; each model gets an even share of the time left.
    `data` is sent as JSON in its own message, so that people's words in it cannot become instructions.
    `shape` must forbid extra fields and have no defaults, as Groq's strict schemas require.
    Raises: what Groq, httpx or the timeout raises for the last model, and BadAnswer.
    """
    messages = [
        {"role": "system", "content": instructions},
        {"role": "user", "content": json.dumps(data, ensure_ascii=False)},
    ]
    asked = sorted(dict.fromkeys(models), key=lambda model: breaker.spent(model) or not breaker.trusts(model))
    now = asyncio.get_running_loop().time
    all_by = now() + limit_s
    for place, model in enumerate(asked):
        try:
            async with asyncio.timeout_at(now() + (all_by - now()) / (len(asked) - place)):
                answer = await _ask(shape, client, name, model, messages)
        except Exception as error:
            breaker.record_failure(model, error)
            fields = {"schema": name, "model": model, "fault": fault_of(error)}
            log.warning("structured completion failed", extra=fields)
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
        # The error's message holds what the model wrote, including people's words.
        raise BadAnswer(Fault.CUT_SHORT) from None
