"""Groq's chat request. Every field is declared; any other is rejected with Groq's message."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from local.groq_standin.error_responses import ErrorResponse, bad_request

Name = Annotated[str, Field(pattern=r"^[a-zA-Z0-9_-]{1,64}$")]


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class TextPart(_Strict):
    type: Literal["text"]
    text: str


class CalledFunction(_Strict):
    name: Name
    arguments: str


class ToolCall(_Strict):
    id: Annotated[str, Field(min_length=1)]
    type: Literal["function"]
    function: CalledFunction


class _Message(_Strict):
    content: str | list[TextPart]
    name: str | None = None

    @property
    def text(self) -> str:
        return self.content if isinstance(self.content, str) else " ".join(p.text for p in self.content)


class SystemMessage(_Message):
    role: Literal["system", "developer"]


class UserMessage(_Message):
    role: Literal["user"]


class ToolMessage(_Message):
    role: Literal["tool"]
    tool_call_id: Annotated[str, Field(min_length=1)]


class AssistantMessage(_Strict):
    role: Literal["assistant"]
    content: str | list[TextPart] | None = None
    name: str | None = None
    reasoning: str | None = None
    tool_calls: list[ToolCall] | None = None

    @property
    def text(self) -> str:
        if isinstance(self.content, list):
            return " ".join(part.text for part in self.content)
        return self.content or ""


Message = Annotated[SystemMessage | UserMessage | ToolMessage | AssistantMessage, Field(discriminator="role")]


class Function(_Strict):
    name: Name
    description: str | None = None
    parameters: dict[str, object] | None = None
    strict: bool | None = None


class Tool(_Strict):
    type: Literal["function"]
    function: Function


class NamedFunction(_Strict):
    name: Name


class NamedTool(_Strict):
    type: Literal["function"]
    function: NamedFunction


class JsonSchema(_Strict):
    name: Name
    description: str | None = None
    schema_: dict[str, object] = Field(alias="schema")
    strict: bool | None = None


class ResponseFormat(_Strict):
    type: Literal["text", "json_object", "json_schema"]
    json_schema: JsonSchema | None = None


class StreamOptions(_Strict):
    include_usage: bool = False


class ChatRequest(_Strict):
    """The fields in Groq's reference, without those that no model supports."""

    messages: Annotated[list[Message], Field(min_length=1)]
    model: str
    disable_tool_validation: bool | None = None
    frequency_penalty: Annotated[float, Field(ge=-2, le=2)] | None = None
    include_reasoning: bool | None = None
    max_completion_tokens: Annotated[int, Field(ge=1)] | None = None
    max_tokens: Annotated[int, Field(ge=1)] | None = None
    n: int | None = None
    parallel_tool_calls: bool | None = None
    presence_penalty: Annotated[float, Field(ge=-2, le=2)] | None = None
    reasoning_effort: str | None = None
    reasoning_format: str | None = None
    response_format: ResponseFormat | None = None
    seed: int | None = None
    service_tier: Literal["auto", "on_demand", "flex", "performance"] | None = None
    stop: str | Annotated[list[str], Field(max_length=4)] | None = None
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    temperature: Annotated[float, Field(ge=0, le=2)] | None = None
    tool_choice: Literal["none", "auto", "required"] | NamedTool | None = None
    tools: Annotated[list[Tool], Field(max_length=128)] | None = None
    top_p: Annotated[float, Field(ge=0, le=1)] | None = None
    user: str | None = None

    @property
    def schema_asked(self) -> JsonSchema | None:
        return self.response_format.json_schema if self.response_format else None

    @property
    def usable_tools(self) -> list[Tool]:
        """The tools that this request allows."""
        return [] if self.tool_choice == "none" else self.tools or []


def parse_chat(content: object) -> ChatRequest:
    """Parse a chat request. Raises: ErrorResponse, naming the first invalid field."""
    if not isinstance(content, dict):
        raise bad_request("request body must be a JSON object")
    try:
        return ChatRequest.model_validate(content)
    except ValidationError as error:
        raise _error_response(error) from error


def _error_response(error: ValidationError) -> ErrorResponse:
    first = error.errors()[0]
    place = [str(part) for part in first["loc"]]
    wrong = _wrong(first["type"], place, first["msg"])
    if place[0] == "messages" and len(place) > 3:
        where, role = ".".join(place[:2]), place[2]
        return bad_request(
            f"'{where}' : for 'role:{role}' the following must be satisfied[('{where}' : {wrong})]"
        )
    return bad_request(wrong if first["type"] == "extra_forbidden" else f"'{'.'.join(place)}' : {wrong}")


def _wrong(kind: str, place: list[str], message: str) -> str:
    if kind == "extra_forbidden":
        return f"property '{place[-1]}' is unsupported"
    if kind == "missing":
        return f"property '{place[-1]}' is missing"
    return message
