"""Generates the model's output for a request: words, tool calls or JSON. Pure: no I/O, no clock."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from uuid import uuid4

from jsonschema import Draft202012Validator

from local.groq_standin.chat.persona import role_of
from local.groq_standin.chat.play_along import make_up_summary
from local.groq_standin.chat.request import ChatRequest, JsonSchema
from local.groq_standin.chat.script_match import best_about, reply_to
from local.groq_standin.error_responses import json_validate_failed, tool_use_failed
from local.groq_standin.script import Call, RoleScript, Script

_NO_WORDS = "I am here. How can I help you?"  # if the script has a tool call, but the request no tools
REASONING = "The script says what to answer here."
"""What the model thinks. Groq counts it towards the limit, whether or not anybody reads it."""
TOKENS_OF_CALL = 12
_TOKEN = re.compile(r"\s*\S+")


@dataclass(frozen=True, slots=True)
class Completion:
    """The model's output."""

    tokens: tuple[str, ...]
    calls: tuple[dict[str, object], ...]
    finish_reason: str

    @property
    def content(self) -> str:
        return "".join(self.tokens)


EMPTY = Completion((), (), "stop")


def generate(request: ChatRequest, script: Script) -> Completion:
    """Generate the answer. Raises: ErrorResponse, if the script's answer does not fit the request."""
    if request.schema_asked is not None:
        return _limited(request, _structured(request, request.schema_asked, script), ())
    reply = reply_to(request, script)
    if not request.usable_tools:
        return _limited(request, reply.say or script.otherwise or _NO_WORDS, ())
    calls = reply.calls[:1] if request.parallel_tool_calls is False else reply.calls
    if request.tool_choice == "required" and not calls:
        raise tool_use_failed(reply.say, "Tool choice is required, but model did not call a tool")
    return _limited(request, reply.say, tuple(_called(request, call) for call in calls))


def _limited(request: ChatRequest, text: str, calls: tuple[dict[str, object], ...]) -> Completion:
    tokens = tuple(_TOKEN.findall(text))
    limit = request.max_completion_tokens or request.max_tokens
    left = None if limit is None else max(0, limit - len(REASONING.split()))
    if left is not None and len(tokens) + TOKENS_OF_CALL * len(calls) > left:
        fitting = max(0, left - len(tokens)) // TOKENS_OF_CALL
        return Completion(tokens[:left], calls[:fitting], "length")
    return Completion(tokens, calls, "tool_calls" if calls else "stop")


def _called(request: ChatRequest, call: Call) -> dict[str, object]:
    generated = json.dumps({"name": call.name, "arguments": call.arguments})
    tools = {tool.function.name: tool.function for tool in request.usable_tools}
    if call.name not in tools:
        why = f"attempted to call tool '{call.name}' which was not in request.tools"
        raise tool_use_failed(generated, f"tool call validation failed: {why}")
    errors = list(Draft202012Validator(tools[call.name].parameters or {}).iter_errors(call.arguments))
    if errors:
        why = f"parameters for tool {call.name} did not match schema: errors: [`{errors[0].json_path}`]"
        raise tool_use_failed(generated, f"tool call validation failed: {why}")
    return {
        "id": f"fc_{uuid4()}",
        "type": "function",
        "function": {"name": call.name, "arguments": json.dumps(call.arguments)},
    }


def _structured(request: ChatRequest, asked: JsonSchema, script: Script) -> str:
    text = " ".join(message.text for message in request.messages if message.role != "system")
    answer = _summary(script, text) if asked.name == "summary" else _screening(request, script, asked, text)
    generated = json.dumps(answer)
    if answer is None:
        raise json_validate_failed("", f"the script has no answer for the schema `{asked.name}`")
    for error in Draft202012Validator(asked.schema_).iter_errors(answer):
        raise json_validate_failed(generated, f"{error.json_path}: {error.message[:200]}")
    return generated


def _summary(script: Script, text: str) -> dict[str, object] | None:
    if found := best_about(script.summary, text):
        return found.model_dump(mode="json", exclude={"about"})
    return make_up_summary(text) if script.makes_up else None


def _screening(
    request: ChatRequest, script: Script, asked: JsonSchema, text: str
) -> dict[str, object] | None:
    role = script.roles.get(role_of(request.messages) or "") or (RoleScript() if script.makes_up else None)
    found = best_about(role.screening, text) if role and asked.name == "screening" else None
    return found.model_dump(mode="json", exclude={"about"}) if found else None
