"""POST chat/completions."""

from __future__ import annotations

import json
from dataclasses import replace

from aiohttp import web

from local.groq_standin.account.account import Request
from local.groq_standin.chat import wire
from local.groq_standin.chat.generation import EMPTY, Completion, generate
from local.groq_standin.chat.persona import role_of
from local.groq_standin.chat.request import ChatRequest, parse_chat
from local.groq_standin.chat.request_checks import check_chat
from local.groq_standin.chat.token_count import TokenCount, completion_tokens, prompt_parts
from local.groq_standin.faults import Purpose, RequestTraits
from local.groq_standin.models import CHAT
from local.groq_standin.request_run import RequestRun


async def complete(run: RequestRun) -> web.StreamResponse:
    """Answer a chat request. Raises: ErrorResponse."""
    request = await _read(run)
    traits = RequestTraits(
        endpoint="chat", model=request.model, purpose=_purpose(request), role=role_of(request.messages)
    )
    run.entry.details = _details(request, traits)
    fault = run.take_fault(traits)
    # Generate first, so that a request without an answer is refused before it is counted.
    made = EMPTY if fault and fault.kind == "empty" else generate(request, run.state.script)
    tokens, admitted = _admit(run, request)
    tokens = replace(tokens, completion=completion_tokens(made))
    _settle(run, admitted, tokens)
    if request.stream:
        return await _stream(run, request, made, tokens)
    await run.pacer.until(_last_token_ms(run, made))
    took_s = _last_token_ms(run, made) / 1000
    response = await run.deliver_json(wire.whole(run.id, took_s, request, made, tokens))
    _tell(run, tokens)
    return response


def _admit(run: RequestRun, request: ChatRequest) -> tuple[TokenCount, Request]:
    """Admit a request as Groq does, by its prompt and the longest answer it allows. Raises: ErrorResponse."""
    parts = list(prompt_parts(request))
    # A prompt enters the cache only once it was served, so not before it is admitted.
    cached = run.state.prompts.cached(request.model, parts)
    tokens = TokenCount(sum(count for _, count in parts), cached)
    most = request.max_completion_tokens or request.max_tokens or 0
    admitted = run.admit(tokens=tokens.counted + most)
    run.state.prompts.keep(request.model, parts)
    return tokens, admitted


def _settle(run: RequestRun, admitted: Request, tokens: TokenCount) -> None:
    run.state.account.settle(admitted, tokens.counted)
    used = run.state.account.ledger[admitted.model]
    used.untold += 1
    used.untold_tokens += tokens.prompt + tokens.completion


def _tell(run: RequestRun, tokens: TokenCount) -> None:
    """Record the tokens as known to the client: the usage was sent."""
    used = run.state.account.ledger[run.entry.model]
    used.untold -= 1
    used.untold_tokens -= tokens.prompt + tokens.completion
    used.prompt_tokens += tokens.prompt
    used.cached_tokens += tokens.cached
    used.completion_tokens += tokens.completion


async def _read(run: RequestRun) -> ChatRequest:
    request = parse_chat(await run.content(CHAT, "chat completions"))
    check_chat(request)
    return request


def _purpose(request: ChatRequest) -> Purpose:
    name = request.schema_asked.name if request.schema_asked else ""
    return "summary" if name == "summary" else "screening" if name == "screening" else "reply"


def _details(request: ChatRequest, traits: RequestTraits) -> dict[str, object]:
    return {
        "purpose": traits.purpose,
        "role": traits.role,
        "stream": bool(request.stream),
        "messages": len(request.messages),
        "tools": [tool.function.name for tool in request.tools or []],
        "tool_choice": request.tool_choice if isinstance(request.tool_choice, str) else None,
        "temperature": request.temperature,
        "reasoning_effort": request.reasoning_effort,
        "schema": request.schema_asked.name if request.schema_asked else None,
    }


def _last_token_ms(run: RequestRun, made: Completion) -> float:
    return run.latencies.first_token_ms + run.latencies.per_token_ms * len(made.tokens)


async def _stream(
    run: RequestRun, request: ChatRequest, made: Completion, tokens: TokenCount
) -> web.StreamResponse:
    delivery = run.open("text/event-stream")
    moment = run.latencies.first_token_ms
    for chunk in wire.chunks(run.id, _last_token_ms(run, made) / 1000, request, made, tokens):
        await run.pacer.until(moment)
        await delivery.send(f"data: {json.dumps(chunk)}\n\n".encode())
        if wire.tells_usage(chunk):
            _tell(run, tokens)
        if "x_groq" not in chunk:  # neither the first nor the last chunk: it carries a token
            moment += run.latencies.per_token_ms
    await delivery.send(b"data: [DONE]\n\n")
    return await delivery.finish()
