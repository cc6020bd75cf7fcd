"""POST chat/completions."""

from __future__ import annotations

import json

from aiohttp import web

from local.groq_standin.chat import wire
from local.groq_standin.chat.generation import EMPTY, Completion, generate
from local.groq_standin.chat.request import ChatRequest, parse_chat
from local.groq_standin.chat.request_checks import check_chat
from local.groq_standin.chat.script_match import role_of
from local.groq_standin.faults import Asked, Purpose
from local.groq_standin.models import CHAT, check_model
from local.groq_standin.refusals import bad_request
from local.groq_standin.request_run import Visit


async def complete(visit: Visit) -> web.StreamResponse:
    """Raises: Refusal."""
    request = await _read(visit)
    asked = Asked(
        endpoint="chat", model=request.model, purpose=_purpose(request), role=role_of(request.messages)
    )
    visit.entry.details = _details(request, asked)
    fault = visit.take_fault(asked)
    made = EMPTY if fault and fault.kind == "empty" else generate(request, visit.house.script)
    if request.stream:
        return await _stream(visit, request, made)
    await visit.pace.until(_last_token_ms(visit, made))
    return await visit.deliver_json(wire.whole(visit.id, _last_token_ms(visit, made) / 1000, request, made))


async def _read(visit: Visit) -> ChatRequest:
    try:
        content = json.loads(await visit.request.read())
    except ValueError as error:
        raise bad_request("could not parse request body as JSON") from error
    if isinstance(content, dict) and isinstance(content.get("model"), str):
        visit.entry.model = content["model"]
        check_model(content["model"], CHAT, "chat completions")
    request = parse_chat(content)
    check_chat(request)
    return request


def _purpose(request: ChatRequest) -> Purpose:
    name = request.schema_asked.name if request.schema_asked else ""
    return "summary" if name == "summary" else "screening" if name == "screening" else "reply"


def _details(request: ChatRequest, asked: Asked) -> dict[str, object]:
    return {
        "purpose": asked.purpose,
        "role": asked.role,
        "stream": bool(request.stream),
        "messages": len(request.messages),
        "tools": [tool.function.name for tool in request.tools or []],
        "tool_choice": request.tool_choice if isinstance(request.tool_choice, str) else None,
        "temperature": request.temperature,
        "reasoning_effort": request.reasoning_effort,
        "schema": request.schema_asked.name if request.schema_asked else None,
    }


def _last_token_ms(visit: Visit, made: Completion) -> float:
    return visit.latencies.first_token_ms + visit.latencies.per_token_ms * len(made.tokens)


async def _stream(visit: Visit, request: ChatRequest, made: Completion) -> web.StreamResponse:
    delivery = visit.open("text/event-stream")
    moment = visit.latencies.first_token_ms
    for chunk in wire.chunks(visit.id, _last_token_ms(visit, made) / 1000, request, made):
        await visit.pace.until(moment)
        await delivery.send(f"data: {json.dumps(chunk)}\n\n".encode())
        if "x_groq" not in chunk:  # neither the first nor the last: it carries a token
            moment += visit.latencies.per_token_ms
    await delivery.send(b"data: [DONE]\n\n")
    return await delivery.finish()
