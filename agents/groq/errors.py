"""Classifies Groq's failures, without people's words. livekit_errors.py translates them for LiveKit.

Does not import livekit.agents, which takes a second: the operators' service needs this module too.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import groq
import httpx

from errors import BadInput, OutOfReach
from settings import GroqAccess, env_name
from unreachable import explain_failure

API_KEY = env_name(GroqAccess, "api_key")
BASE_URL = env_name(GroqAccess, "base_url")


class Fault(StrEnum):
    """A kind of failure. Each is one row of groq-facts' table."""

    LIMITED = "limited"  # 429: too many requests or tokens for a minute, or for an hour of audio
    DAY_SPENT = "day_spent"  # 429: the day's limit of this model is spent
    TERMS = "terms_not_accepted"  # 400: the organization has not accepted this model's terms
    VOICE = "voice_unknown"  # 400: the speech model has no such voice
    NO_CAPACITY = "no_capacity"  # 498 or 503: the model is at capacity
    TOOL_USE = "tool_use"  # 400 tool_use_failed, or a malformed tool call
    GONE = "model_gone"  # 404, or 400 model_decommissioned: the model was shut down
    REFUSED = "refused"  # 401 or 403: the key was rejected
    MISUSED = "misused"  # any other 4xx: this model does not accept this request
    BROKEN = "broken"  # 5xx, or an unreadable response
    LOST = "lost"  # the connection failed or broke
    SLOW = "slow"  # a timeout
    CUT_SHORT = "cut_short"  # no finish_reason, no content, or the token limit in mid-sentence


PREFIX = "Groq: "
_FAULTS = {fault.value for fault in Fault}
OF_THE_ACCOUNT = frozenset({Fault.DAY_SPENT, Fault.TERMS, Fault.GONE, Fault.VOICE})
"""Neither code nor a retry can fix these faults: a person has to act or wait."""
RETRYABLE = frozenset(Fault) - OF_THE_ACCOUNT - {Fault.REFUSED, Fault.MISUSED}
_BY_STATUS = {
    401: Fault.REFUSED,
    403: Fault.REFUSED,
    404: Fault.GONE,
    408: Fault.SLOW,
    409: Fault.BROKEN,
    429: Fault.LIMITED,
    498: Fault.NO_CAPACITY,
    499: Fault.BROKEN,
    503: Fault.NO_CAPACITY,
    504: Fault.SLOW,
}
_BY_CODE = {
    "tool_use_failed": Fault.TOOL_USE,
    "model_not_found": Fault.GONE,
    "model_decommissioned": Fault.GONE,
    "rate_limit_exceeded": Fault.LIMITED,
    "capacity_exceeded": Fault.NO_CAPACITY,
    "invalid_api_key": Fault.REFUSED,
    "model_terms_required": Fault.TERMS,
}
OF_A_DAY, REQUESTS_OF_A_MINUTE = "per day (", "requests per minute ("
"""Parts of Groq's messages for such limits, as in "on tokens per day (TPD)"; no header or code says which."""
_OF_A_VOICE = "`voice` must be"
"""As above, for a voice that the model does not have."""


@dataclass(frozen=True, slots=True)
class Told:
    """What a refusal says in addition to its fault."""

    retry_after_s: float


class BadAnswer(Exception):
    """An unusable response without an error status. The message of this exception is only the fault."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.value)
        self.fault = fault


def fault_of(error: Exception) -> Fault:
    """Classify any exception; an unknown one is BROKEN."""
    match error:
        case BadAnswer():
            return error.fault
        case groq.APITimeoutError() | httpx.TimeoutException() | TimeoutError():
            return Fault.SLOW
        case groq.APIConnectionError() | httpx.HTTPError() | httpx.StreamError() | OSError():
            return Fault.LOST
        case groq.APIError():
            return _fault_of_answer(error)
    return _written_fault(str(getattr(error, "message", ""))) or Fault.BROKEN  # a LiveKit error that we made


def retry_after_s(error: Exception) -> float | None:
    """Return Groq's retry-after in seconds, also from an error we converted; None if missing or a date."""
    if isinstance(told := getattr(error, "body", None), Told):
        return told.retry_after_s
    if not isinstance(error, groq.APIStatusError):
        return None
    try:
        return max(0.0, float(error.response.headers.get("retry-after", "")))
    except ValueError:
        return None


def error_label(error: object) -> str:
    """Return the part of an error that is safe to record.

    That is the fault if it concerns the account; else the status, else the fault, else the error's type.
    """
    fault = str(getattr(error, "message", "")).removeprefix(PREFIX)
    status = getattr(error, "status_code", -1)
    if isinstance(status, int) and status > 0 and fault not in OF_THE_ACCOUNT:
        return str(status)
    return fault if fault in _FAULTS else type(error).__name__


def as_bad_input(error: Exception, address: str) -> BadInput:
    """Explain why Groq is unusable, and which setting to change."""
    fault = fault_of(error)
    strip_words(error, fault)
    if fault is Fault.REFUSED:
        return BadInput(API_KEY, "Groq refuses it", "set it to a key from console.groq.com/keys")
    if fault in {Fault.LOST, Fault.SLOW}:
        nobody = OutOfReach(BASE_URL, f"{address} does not answer", "check the address and the network")
        return explain_failure(error, BASE_URL, address, nobody)
    status = status_of(error)
    if fault in RETRYABLE and status is not None:
        return OutOfReach(
            BASE_URL, f"{address} fails with status {status}", "look at groqstatus.com, or wait"
        )
    return BadInput(
        BASE_URL,
        f"{address} does not answer like Groq ({fault})",
        "set it to Groq's address, or try again later",
    )


def status_of(error: Exception) -> int | None:
    return error.status_code if isinstance(error, groq.APIStatusError) else None


def _written_fault(message: str) -> Fault | None:
    """Return the fault in one of our own messages; None for any other message."""
    fault = message.removeprefix(PREFIX)
    return Fault(fault) if fault in _FAULTS else None


def _fault_of_answer(error: groq.APIError) -> Fault:
    if known := _written_fault(error.message):
        return known  # `strip_words` has already removed Groq's text
    code, status = _code_and_status(error)
    if Fault.LIMITED in {_BY_CODE.get(code), _BY_STATUS.get(status or 0)} and OF_A_DAY in error.message:
        return Fault.DAY_SPENT
    if code in _BY_CODE:
        return _BY_CODE[code]
    if status in _BY_STATUS:
        return _BY_STATUS[status]
    if status is None or not 400 <= status < 500:
        return Fault.BROKEN
    return Fault.VOICE if _OF_A_VOICE in error.message else Fault.MISUSED


def _code_and_status(error: groq.APIError) -> tuple[str, int | None]:
    """Read a status error's body, {"error": {…}}, or an SSE error event's, {…}."""
    body: dict[str, object] = error.body if isinstance(error.body, dict) else {}
    inner = body.get("error")
    told: dict[str, object] = inner if isinstance(inner, dict) else body
    status = getattr(error, "status_code", None) or told.get("status_code") or told.get("status")
    return str(told.get("code") or told.get("type") or ""), status if isinstance(status, int) else None


def strip_words(error: Exception, fault: Fault) -> None:
    if isinstance(error, groq.APIError):
        error.args = (f"{PREFIX}{fault}",)
        error.message = error.args[0]
        error.body = None
