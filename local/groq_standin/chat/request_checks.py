"""Groq's checks on a chat request beyond the validity of each field."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from jsonschema import Draft202012Validator  # the reference implementation: tools carry whole JSON Schemas
from jsonschema.exceptions import SchemaError

from local.groq_standin.chat.request import ChatRequest, JsonSchema, Tool
from local.groq_standin.error_responses import bad_request

_MOST_TOKENS = 65_536  # of both gpt-oss models
_EFFORTS = ("low", "medium", "high")
_NOT_IN_STRICT = (
    *("minItems", "maxItems", "uniqueItems", "minLength", "maxLength", "pattern", "format", "default"),
    *("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "patternProperties"),
)


def check_chat(request: ChatRequest) -> None:
    """Check a chat request as Groq does. Raises: ErrorResponse."""
    _check_reasoning(request)
    for name in ("max_completion_tokens", "max_tokens"):
        if (getattr(request, name) or 0) > _MOST_TOKENS:
            raise bad_request(
                f"`{name}` must be less than or equal to `{_MOST_TOKENS}`, "
                f"the maximum value for `{name}` is less than the `context_window` for this model"
            )
    if request.n not in {None, 1}:
        raise bad_request("'n' : number must be at most 1")
    for place, message in enumerate(request.messages):
        if message.role == "assistant" and message.content is None and not message.tool_calls:
            raise bad_request(
                f"'messages.{place}' : for 'role:assistant' one of 'content' or 'tool_calls' is required"
            )
    _check_tools(request)
    _check_response_format(request)


def _check_reasoning(request: ChatRequest) -> None:
    if request.include_reasoning is not None and request.reasoning_format is not None:
        raise bad_request("`include_reasoning` and `reasoning_format` cannot be used together")
    if request.reasoning_format is not None:
        raise bad_request("reasoning_format is not supported with this model")
    if request.reasoning_effort is not None and request.reasoning_effort not in _EFFORTS:
        raise bad_request("`reasoning_effort` must be one of `low`, `medium`, or `high`")


def _check_tools(request: ChatRequest) -> None:
    tools = request.tools or []
    names = [tool.function.name for tool in tools]
    if len(set(names)) != len(names):
        raise bad_request("'tools' : function names must be unique")
    for place, tool in enumerate(tools):
        _check_parameters(place, tool)
    choice = request.tool_choice
    if choice is not None and not isinstance(choice, str) and choice.function.name not in names:
        raise bad_request("requested tool does not exist")
    if choice == "required" and not tools:
        raise bad_request("'tool_choice' : `required` needs `tools`")


def _check_parameters(place: int, tool: Tool) -> None:
    parameters = tool.function.parameters
    if parameters is None:
        return
    where = f"invalid JSON schema for tool {tool.function.name}, tools[{place}].function.parameters"
    if parameters.get("type") != "object":
        raise bad_request(f"{where}: `type` must be `object`")
    try:
        Draft202012Validator.check_schema(parameters)
    except SchemaError as error:
        raise bad_request(f"{where}: {error.json_path}: {error.message}") from error


def _check_response_format(request: ChatRequest) -> None:
    form = request.response_format
    if form is None or form.type == "text":
        return
    if form.type == "json_object":
        if not any("json" in message.text.lower() for message in request.messages):
            raise bad_request(
                "'messages' must contain the word 'json' in some form, "
                "to use 'response_format' of type 'json_object'."
            )
        return
    if form.json_schema is None:
        raise bad_request("'response_format' : property 'json_schema' is missing")
    if request.tools:
        raise bad_request("json_schema response format cannot be combined with tool/function calling")
    if request.stream:
        raise bad_request("`response_format` does not support streaming")
    _check_schema(form.json_schema)


def _check_schema(asked: JsonSchema) -> None:
    try:
        Draft202012Validator.check_schema(asked.schema_)
    except SchemaError as error:
        raise bad_request(
            f"invalid JSON schema for response_format: '{asked.name}': {error.message}"
        ) from error
    if not asked.strict:
        return
    for path, part in _parts(asked.schema_, ""):
        for keyword in _NOT_IN_STRICT:
            if keyword in part:
                raise bad_request(
                    f"invalid schema for response format: response_format/json_schema/{asked.name}{path}: "
                    f"{keyword} is not supported"
                )
        _check_strict_object(asked.name, path, part)


def _check_strict_object(name: str, path: str, part: Mapping[str, object]) -> None:
    if part.get("type") != "object" and "properties" not in part:
        return
    where = f"invalid JSON schema for response_format: '{name}': {path or '/'}"
    if part.get("additionalProperties") is not False:
        raise bad_request(f"{where}: `additionalProperties:false` must be set on every object")
    properties, required = part.get("properties", {}), part.get("required", [])
    if isinstance(properties, dict) and isinstance(required, list) and set(properties) != set(required):
        raise bad_request(f"{where}: `required` must be an array including every key in properties")


def _parts(part: object, path: str) -> Iterator[tuple[str, Mapping[str, object]]]:
    """Yield every subschema. A property named like a keyword is not mistaken for one."""
    if not isinstance(part, dict):
        return
    yield path, part
    for holder in ("properties", "$defs"):
        for name, inner in dict(part.get(holder) or {}).items():
            yield from _parts(inner, f"{path}/{holder}/{name}")
    yield from _parts(part.get("items"), f"{path}/items")
    for holder in ("anyOf", "allOf", "oneOf"):
        for place, inner in enumerate(part.get(holder) or []):
            yield from _parts(inner, f"{path}/{holder}/{place}")
