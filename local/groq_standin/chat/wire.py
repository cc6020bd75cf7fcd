"""Writes a completion as Groq's JSON: one object, or the chunks of a stream."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from uuid import uuid4

from local.groq_standin.chat.generation import REASONING, Completion
from local.groq_standin.chat.request import ChatRequest
from local.groq_standin.chat.token_count import TokenCount
from local.groq_standin.models import CREATED


def whole(
    request_id: str, took_s: float, request: ChatRequest, made: Completion, tokens: TokenCount
) -> dict[str, object]:
    message: dict[str, object] = {"role": "assistant", "content": made.content or None}
    if made.calls:
        message["tool_calls"] = list(made.calls)
    if request.include_reasoning is not False:
        message["reasoning"] = REASONING
    return {
        **_envelope(request, "chat.completion"),
        "choices": [{"index": 0, "message": message, "logprobs": None, "finish_reason": made.finish_reason}],
        "usage": _usage(took_s, tokens),
        "usage_breakdown": None,
        "service_tier": "on_demand",
        "x_groq": {"id": request_id},
    }


def chunks(
    request_id: str, took_s: float, request: ChatRequest, made: Completion, tokens: TokenCount
) -> Iterator[dict[str, object]]:
    envelope = _envelope(request, "chat.completion.chunk")

    def chunk(delta: dict[str, object], finish: str | None = None, **more: object) -> dict[str, object]:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
        return {**envelope, "choices": [choice], **more}

    yield chunk({"role": "assistant", "content": ""}, x_groq={"id": request_id})
    if request.include_reasoning is not False:
        yield chunk({"reasoning": REASONING, "channel": "analysis"})
    for token in made.tokens:
        yield chunk({"content": token})
    if made.calls:
        yield chunk({"tool_calls": [{**call, "index": place} for place, call in enumerate(made.calls)]})
    usage = _usage(took_s, tokens)
    yield chunk({}, made.finish_reason, x_groq={"id": request_id, "usage": usage})
    if request.stream_options and request.stream_options.include_usage:
        yield {**envelope, "choices": [], "usage": usage, "x_groq": {"id": request_id}}


def tells_usage(chunk: Mapping[str, object]) -> bool:
    told = chunk.get("x_groq")
    return isinstance(told, dict) and "usage" in told


def _envelope(request: ChatRequest, kind: str) -> dict[str, object]:
    return {
        "id": f"chatcmpl-{uuid4()}",
        "object": kind,
        "created": CREATED,
        "model": request.model,
        "system_fingerprint": "fp_standin",
    }


def _usage(took_s: float, tokens: TokenCount) -> dict[str, object]:
    usage: dict[str, object] = {
        "queue_time": 0.001,
        "prompt_tokens": tokens.prompt,
        "prompt_time": 0.001,
        "completion_tokens": tokens.completion,
        "completion_time": round(took_s, 6),
        "total_tokens": tokens.prompt + tokens.completion,
        "total_time": round(took_s + 0.001, 6),
    }
    if tokens.cached:
        usage["prompt_tokens_details"] = {"cached_tokens": tokens.cached}
    return usage
