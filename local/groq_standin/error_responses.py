"""Groq's error responses: status, JSON body and headers. The wording is from users' posts."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import quote

from local.groq_standin.account.allowance import Allowance, duration

INVALID = "invalid_request_error"
ORGANIZATION = "org_01standin"


@dataclass
class ErrorResponse(Exception):
    """An error response. `extra` are further fields of the error object."""

    status: int
    message: str
    code: str | None = None
    kind: str = INVALID
    extra: Mapping[str, object] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)

    def error(self) -> dict[str, object]:
        """Return the error object, without its envelope."""
        body: dict[str, object] = {"message": self.message, "type": self.kind}
        if self.code is not None:
            body["code"] = self.code
        return {**body, **self.extra}

    def body(self) -> dict[str, object]:
        return {"error": self.error()}


def bad_request(message: str) -> ErrorResponse:
    return ErrorResponse(400, message)


def invalid_key() -> ErrorResponse:
    return ErrorResponse(401, "Invalid API Key", "invalid_api_key")


def unknown_url(method: str, path: str) -> ErrorResponse:
    return ErrorResponse(
        404, f"Unknown request URL: {method} {path}. Please check the URL for typos.", "unknown_url"
    )


def model_not_found(model: str) -> ErrorResponse:
    return ErrorResponse(
        404,
        f"The model `{model}` does not exist or you do not have access to it.",
        "model_not_found",
    )


def model_decommissioned(model: str) -> ErrorResponse:
    return ErrorResponse(
        400,
        f"The model `{model}` has been decommissioned and is no longer supported. Please refer to "
        "https://console.groq.com/docs/deprecations for a recommendation on which model to use instead.",
        "model_decommissioned",
    )


def model_terms_required(model: str) -> ErrorResponse:
    return ErrorResponse(
        400,
        f"The model `{model}` requires terms acceptance. Please have the org admin accept the terms at "
        f"https://console.groq.com/playground?model={quote(model, safe='')}",
        "model_terms_required",
    )


_MORE = "Need more tokens? Upgrade to Dev Tier today at https://console.groq.com/settings/billing"


def limit_reached(model: str, limit: Allowance, requested: float, wait_s: float) -> ErrorResponse:
    return ErrorResponse(
        429,
        f"Rate limit reached for model `{model}` in organization `{ORGANIZATION}` service tier `on_demand` "
        f"on {limit.name}: Limit {limit.limit}, Used {limit.used:.0f}, Requested {requested:.0f}. "
        f"Please try again in {duration(wait_s)}. {_MORE}",
        "rate_limit_exceeded",
        kind=limit.unit,
        headers={"retry-after": str(math.ceil(wait_s))},
    )


def too_large(model: str, limit: Allowance, requested: float) -> ErrorResponse:
    """Refuse a request that exceeds a whole limit."""
    return ErrorResponse(
        413,
        f"Request too large for model `{model}` in organization `{ORGANIZATION}` service tier `on_demand` "
        f"on {limit.name}: Limit {limit.limit}, Requested {requested:.0f}, please reduce your message size "
        f"and try again. {_MORE}",
        "rate_limit_exceeded",
        kind=limit.unit,
    )


def rate_limited(model: str, retry_after_s: float, *, daily: bool = False) -> ErrorResponse:
    """Refuse as an injected fault orders, whatever was spent."""
    window, limit = ("day (RPD)", 1000) if daily else ("minute (RPM)", 30)
    return ErrorResponse(
        429,
        f"Rate limit reached for model `{model}` in organization `{ORGANIZATION}` service tier `on_demand` "
        f"on requests per {window}: Limit {limit}, Used {limit}, Requested 1. "
        f"Please try again in {duration(retry_after_s)}. {_MORE}",
        "rate_limit_exceeded",
        kind="requests",
        headers={"retry-after": f"{retry_after_s:g}", "x-ratelimit-remaining-requests": "0"},
    )


def no_capacity() -> ErrorResponse:
    return ErrorResponse(
        498, "Flex tier capacity exceeded, try again later.", "capacity_exceeded", "capacity"
    )


def tool_use_failed(failed_generation: str, message: str = "") -> ErrorResponse:
    return ErrorResponse(
        400,
        message
        or "Failed to call a function. Please adjust your prompt. See 'failed_generation' for more details.",
        "tool_use_failed",
        extra={"failed_generation": failed_generation},
    )


def json_validate_failed(failed_generation: str, why: str) -> ErrorResponse:
    return ErrorResponse(
        400,
        f"Generated JSON does not match the expected schema: {why}. "
        "See 'failed_generation' for more details.",
        "json_validate_failed",
        extra={"failed_generation": failed_generation},
    )


def server_error(status: int) -> ErrorResponse:
    texts = {500: "Internal Server Error", 502: "Bad Gateway", 503: "Service Unavailable"}
    return ErrorResponse(status, texts.get(status, "Internal Server Error"), kind="internal_server_error")


def in_stream(code: str, failed_generation: str) -> ErrorResponse:
    """Return the error for an SSE error event. Its body has the status as `status_code`."""
    known = {
        "tool_use_failed": tool_use_failed(failed_generation),
        "rate_limit_exceeded": ErrorResponse(429, "Rate limit reached", code, kind="requests"),
        "capacity_exceeded": no_capacity(),
    }
    error_response = known.get(code) or ErrorResponse(
        500, "Internal Server Error", code, kind="internal_server_error"
    )
    error_response.extra = {**error_response.extra, "status_code": error_response.status}
    return error_response
