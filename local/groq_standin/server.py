"""The stand-in's server: Groq's routes and the control routes, on loopback."""

from __future__ import annotations

import hmac
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from aiohttp import web  # livekit-agents already depends on aiohttp, and its server can stall, cut and stream

from errors import SetupFailed
from local.groq_standin.account.account import Account
from local.groq_standin.chat.endpoint import complete
from local.groq_standin.control import Control, control_routes
from local.groq_standin.error_responses import ErrorResponse, invalid_key, unknown_url
from local.groq_standin.faults import Endpoint, RequestTraits
from local.groq_standin.latencies import NONE, Latencies, Pacer
from local.groq_standin.models import listing
from local.groq_standin.request_run import ConnectionCut, CutShort, RequestRun, StandInState
from local.groq_standin.script import Script
from local.groq_standin.speech.language_model import language_of
from local.groq_standin.speech.recognition import Recognizer, SpeechRecognizer
from local.groq_standin.speech.synthesis import say
from local.groq_standin.speech.transcription import transcribe

KEY = "stand-in"
HOST = "127.0.0.1"
_LARGEST = 25 * 1024**2 + 64 * 1024  # Groq's limit for audio, and room for the other fields
_KEEP_ALIVE_S = 180.0  # longer than the client's, so that the server never closes an idle connection first
_SHUTDOWN_S = 0.5

Answering = Callable[[RequestRun], Awaitable[web.StreamResponse]]


@dataclass(frozen=True, slots=True)
class StandIn:
    """A running stand-in. `url` is for GROQ_BASE_URL, `key` for GROQ_API_KEY."""

    url: str
    control: Control
    key: str = KEY


@asynccontextmanager
async def standin(
    script: Script,
    latencies: Latencies = NONE,
    *,
    port: int = 0,
    recognizer: SpeechRecognizer | None = None,
    account: Account | None = None,
) -> AsyncIterator[StandIn]:
    """Serve on loopback until the block ends. Port 0 picks a free port.

    Without a `recognizer`, the script's lines are recognized in a thread. Without an `account`, nothing is
    refused.
    Raises: BadInput (the script names a sound that does not exist), SetupFailed (the port is in use).
    """
    recognizer = recognizer or Recognizer(script, language_of(script))
    state = StandInState(script, recognizer, latencies, account=account or Account())
    runner = web.AppRunner(
        _app(state),
        access_log=None,
        handler_cancellation=True,  # detects and counts a client's disconnect at once
        keepalive_timeout=_KEEP_ALIVE_S,
        shutdown_timeout=_SHUTDOWN_S,
    )
    await runner.setup()
    try:
        await web.TCPSite(runner, HOST, port).start()
    except OSError as error:
        await runner.cleanup()
        raise SetupFailed(f"the stand-in cannot listen on {HOST}:{port}: {error.strerror}") from error
    try:
        yield StandIn(f"http://{HOST}:{runner.addresses[0][1]}", Control(state))
    finally:
        await runner.cleanup()


def _app(state: StandInState) -> web.Application:
    app = web.Application(client_max_size=_LARGEST)
    prefix = "/openai/v1"
    app.router.add_post(f"{prefix}/chat/completions", _route(state, "chat", complete))
    app.router.add_post(f"{prefix}/audio/transcriptions", _route(state, "transcriptions", transcribe))
    app.router.add_post(f"{prefix}/audio/speech", _route(state, "speech", say))
    app.router.add_get(f"{prefix}/models", _route(state, "models", _list_models))
    app.router.add_routes(control_routes(state))
    app.router.add_route("*", "/{path:.*}", _unknown)
    return app


def _route(
    state: StandInState, endpoint: Endpoint, answer: Answering
) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    async def handle(request: web.Request) -> web.StreamResponse:
        try:
            with state.journal.request(endpoint) as entry:
                return await _answer(RequestRun(request, state, entry, Pacer()), answer)
        except ConnectionResetError:
            return web.Response(status=499)  # the client left while it was answered; nobody reads this

    return handle


async def _answer(run: RequestRun, answer: Answering) -> web.StreamResponse:
    try:
        _check_key(run.request)
        return await answer(run)
    except ErrorResponse as error_response:
        return run.respond_error(error_response)
    except web.HTTPRequestEntityTooLarge:
        return run.respond_error(ErrorResponse(413, "Request Entity Too Large", "request_too_large"))
    except CutShort:
        return await (run.delivery or run.open("text/event-stream")).finish()
    except ConnectionCut:
        return run.cut_response()


def _check_key(request: web.Request) -> None:
    scheme, _, key = request.headers.get("Authorization", "").partition(" ")
    if scheme != "Bearer" or not hmac.compare_digest(key.encode(), KEY.encode()):
        raise invalid_key()


async def _list_models(run: RequestRun) -> web.StreamResponse:
    fault = run.take_fault(RequestTraits(endpoint="models"))
    gone = {fault.model} if fault and fault.kind == "model_gone" else set()
    return await run.deliver_json(listing(without=run.state.account.gone | gone))


async def _unknown(request: web.Request) -> web.Response:
    error_response = unknown_url(request.method, request.path)
    return web.json_response(error_response.body(), status=error_response.status)
