"""Translates Groq's failures to LiveKit's errors, without people's words."""

from __future__ import annotations

import groq
from livekit.agents import APIConnectionError, APIError, APIStatusError, APITimeoutError

from agents.groq.errors import PREFIX, RETRYABLE, Fault, Told, fault_of, retry_after_s, status_of, strip_words


def as_livekit_error(error: Exception) -> APIError:
    """Convert any exception to LiveKit's APIError: any other type leaves the agent deaf (livekit-facts).

    Also removes Groq's text from `error` itself, because the traceback of `raise … from error` prints it.
    """
    if isinstance(error, APIError):
        return error
    fault = fault_of(error)
    status = status_of(error)
    request_id = (
        error.response.headers.get("x-request-id") if isinstance(error, groq.APIStatusError) else None
    )
    told_s = retry_after_s(error)
    strip_words(error, fault)
    made = _livekit_error(fault, status, request_id)
    made.retryable = fault in RETRYABLE
    made.body = Told(told_s) if told_s is not None else None  # LiveKit drops the cause
    return made


def _livekit_error(fault: Fault, status: int | None, request_id: str | None) -> APIError:
    message = f"{PREFIX}{fault}"
    # LiveKit treats 499 as a cancelled reply and stays silent.
    if status is not None and status != 499:
        return APIStatusError(message, status_code=status, request_id=request_id)
    if fault is Fault.SLOW:
        return APITimeoutError(message)
    if fault is Fault.LOST:
        return APIConnectionError(message)
    return APIError(message)
