"""Every failure becomes LiveKit's error, with the decision on it and without people's words."""

from __future__ import annotations

import json
import traceback

import groq
import httpx
import pytest
from livekit.agents import APIConnectionError, APIError, APIStatusError, APITimeoutError

from agents.groq.errors import BadAnswer, Fault, fault_of, retry_after_s
from agents.groq.livekit_errors import as_livekit_error
from agents.groq.llm.fallback import Fallback, next_fallback

REQUEST = httpx.Request("POST", "http://127.0.0.1/openai/v1/chat/completions")
WORDS = "my card is 4111"


def _status(status: int, code: str = "", on: str = "", **headers: str) -> groq.APIStatusError:
    body = {"error": {"message": f"because of {WORDS} {on}", "code": code, "failed_generation": WORDS}}
    response = httpx.Response(status, request=REQUEST, json=body, headers=headers)
    return groq.APIStatusError(f"Error code: {status} - {body}", response=response, body=body)


def _event(**body: object) -> groq.APIError:
    return groq.APIError(WORDS, REQUEST, body=body)


FAULTS: list[tuple[Exception, Fault, type[APIError], bool]] = [
    (_status(429), Fault.LIMITED, APIStatusError, True),
    (
        _status(429, "rate_limit_exceeded", "on tokens per day (TPD): Limit 3600"),
        Fault.DAY_SPENT,
        APIStatusError,
        False,
    ),
    (_status(400, "model_terms_required"), Fault.TERMS, APIStatusError, False),
    (_status(498), Fault.NO_CAPACITY, APIStatusError, True),
    (_status(503), Fault.NO_CAPACITY, APIStatusError, True),
    (_status(400, "tool_use_failed"), Fault.TOOL_USE, APIStatusError, True),
    (_status(400), Fault.MISUSED, APIStatusError, False),
    (_status(413), Fault.MISUSED, APIStatusError, False),
    (_status(401, "invalid_api_key"), Fault.REFUSED, APIStatusError, False),
    (_status(403), Fault.REFUSED, APIStatusError, False),
    (_status(404, "model_not_found"), Fault.GONE, APIStatusError, False),
    (_status(400, "model_decommissioned"), Fault.GONE, APIStatusError, False),
    (_status(500), Fault.BROKEN, APIStatusError, True),
    (_event(code="tool_use_failed"), Fault.TOOL_USE, APIError, True),
    (_event(code="rate_limit_exceeded", status_code=429), Fault.LIMITED, APIError, True),
    (_event(status_code=498), Fault.NO_CAPACITY, APIError, True),
    (_event(type="internal_server_error"), Fault.BROKEN, APIError, True),
    (groq.APIError(WORDS, REQUEST, body=None), Fault.BROKEN, APIError, True),
    (groq.APITimeoutError(REQUEST), Fault.SLOW, APITimeoutError, True),
    (groq.APIConnectionError(request=REQUEST), Fault.LOST, APIConnectionError, True),
    (httpx.ReadTimeout(""), Fault.SLOW, APITimeoutError, True),
    (httpx.RemoteProtocolError(""), Fault.LOST, APIConnectionError, True),
    (TimeoutError(), Fault.SLOW, APITimeoutError, True),
    (ConnectionResetError(), Fault.LOST, APIConnectionError, True),
    (BadAnswer(Fault.CUT_SHORT), Fault.CUT_SHORT, APIError, True),
    (json.JSONDecodeError("no", WORDS, 0), Fault.BROKEN, APIError, True),
    (AttributeError("choices"), Fault.BROKEN, APIError, True),
]


@pytest.mark.parametrize(("error", "fault", "kind", "retryable"), FAULTS, ids=lambda value: str(value)[:40])
def test_every_failure_has_a_kind_and_is_an_error_of_livekit(
    error: Exception, fault: Fault, kind: type[APIError], *, retryable: bool
) -> None:
    assert fault_of(error) is fault
    made = as_livekit_error(error)
    assert type(made) is kind
    assert made.retryable is retryable
    made.__cause__ = error
    assert WORDS not in "".join(traceback.format_exception(made))
    assert WORDS not in f"{made} {made!r} {error!r}"
    assert not isinstance(error, groq.APIError) or fault_of(error) is fault  # even without its words


def test_a_cancelled_request_of_groqs_does_not_end_the_reply_in_silence() -> None:
    made = as_livekit_error(_status(499))
    assert not isinstance(made, APIStatusError)


def test_an_error_of_livekit_stays_as_it_is() -> None:
    error = APITimeoutError()
    assert as_livekit_error(error) is error


@pytest.mark.parametrize(("header", "seconds"), [("2", 2.0), ("0.5", 0.5), ("", None), ("Wed, 21 Oct", None)])
def test_retry_after_is_read_in_seconds(header: str, seconds: float | None) -> None:
    assert retry_after_s(_status(429, **{"retry-after": header})) == seconds


def test_remedies_are_used_once_each_and_in_order() -> None:
    used: set[Fallback] = set()
    taken = []
    while fallback := next_fallback(Fault.LIMITED, used, wait_s=0.5, wait_limit_s=1.5):
        taken.append(fallback)
        used.add(fallback)
    assert taken == [Fallback.RETRY_AFTER_WAIT, Fallback.SECOND_MODEL]


@pytest.mark.parametrize("wait_s", [None, 1.5, 20.0])
def test_a_wait_that_is_too_long_is_not_waited(wait_s: float | None) -> None:
    assert next_fallback(Fault.LIMITED, set(), wait_s=wait_s, wait_limit_s=1.5) is Fallback.SECOND_MODEL


def test_a_refused_key_is_not_tried_again() -> None:
    assert next_fallback(Fault.REFUSED, set(), wait_s=None, wait_limit_s=1.5) is None
