"""One request: its journal entry, its fault, its pacing, and how its response is delivered."""

from __future__ import annotations

import json
import socket
import struct
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from uuid import uuid4

from aiohttp import web

from local.groq_standin import error_responses
from local.groq_standin.account.account import Account, Request
from local.groq_standin.account.prompt_cache import PromptCache
from local.groq_standin.error_responses import ErrorResponse
from local.groq_standin.faults import Fault, Faults, RequestTraits
from local.groq_standin.journal import Entry, Journal
from local.groq_standin.latencies import Latencies, Pacer
from local.groq_standin.models import check_model
from local.groq_standin.script import Script
from local.groq_standin.speech.own_voice import OwnVoice
from local.groq_standin.speech.recognition import SpeechRecognizer

_CLOSE_WITH_RESET = struct.pack("ii", 1, 0)  # SO_LINGER: on, zero seconds


class ConnectionCut(Exception):
    """The connection was closed on purpose."""


class CutShort(Exception):
    """The response ends here, cleanly and on purpose."""


@dataclass
class StandInState:
    """State shared by all requests. Latencies and faults may change while serving."""

    script: Script
    recognizer: SpeechRecognizer
    latencies: Latencies
    faults: Faults = field(default_factory=Faults)
    journal: Journal = field(default_factory=Journal)
    account: Account = field(default_factory=Account)
    prompts: PromptCache = field(default_factory=PromptCache)
    own_voice: OwnVoice = field(default_factory=OwnVoice)


@dataclass
class RequestRun:
    """One request."""

    request: web.Request
    state: StandInState
    entry: Entry
    pacer: Pacer
    id: str = field(default_factory=lambda: f"req_{uuid4().hex[:26]}")
    fault: Fault | None = None
    delivery: Delivery | None = None

    @property
    def latencies(self) -> Latencies:
        return self.state.latencies

    async def content(self, fitting: tuple[str, ...], use: str) -> object:
        """Return the request's JSON. Raises: ErrorResponse, also if its model is not one of `fitting`."""
        try:
            content = json.loads(await self.request.read())
        except ValueError as error:
            raise error_responses.bad_request("could not parse request body as JSON") from error
        if isinstance(content, dict) and isinstance(content.get("model"), str):
            self.entry.model = content["model"]
            check_model(content["model"], fitting, use)
        return content

    def take_fault(self, traits: RequestTraits) -> Fault | None:
        """Take this request's injected fault, if any. Raises: ErrorResponse, for a fault with a status."""
        self.entry.model = traits.model
        self.fault = self.state.faults.take(traits)
        if self.fault is None:
            return None
        self.entry.fault = self.fault.kind
        if error_response := _status_of(self.fault, traits.model):
            raise error_response
        return self.fault

    def admit(self, *, tokens: int = 0, audio_s: float = 0.0) -> Request:
        """Charge a checked request to the account. Raises: ErrorResponse."""
        request = Request(self.entry.model, tokens, audio_s)
        self.state.account.admit(request)
        return request

    def headers(self) -> dict[str, str]:
        """Return Groq's headers: the request's id, and what is left of the model's limits."""
        return {"x-request-id": self.id, **self.state.account.headers(self.entry.model)}

    def respond_error(self, error_response: ErrorResponse) -> web.Response:
        self.entry.answered(error_response.status)
        return web.json_response(
            error_response.body(),
            status=error_response.status,
            headers={**self.headers(), **error_response.headers},
        )

    def cut_response(self) -> web.StreamResponse:
        """Return a response for aiohttp after an intentional disconnect. None of it is sent."""
        return self.delivery.response if self.delivery else web.Response(status=500)

    def open(self, content_type: str) -> Delivery:
        """Create the response without sending anything yet."""
        self.delivery = Delivery(self, content_type)
        return self.delivery

    async def deliver_json(self, body: Mapping[str, object]) -> web.StreamResponse:
        text = json.dumps(body).encode()
        half = len(text) // 2
        return await self.deliver("application/json", [text[:half], text[half:]])

    async def deliver(self, content_type: str, chunks: Iterable[bytes]) -> web.StreamResponse:
        """Send a whole response at once, subject to its fault."""
        delivery = self.open(content_type)
        for chunk in chunks:
            await delivery.send(chunk)
        return await delivery.finish()


class Delivery:
    """Sends a response in chunks, and injects the fault after the chunk that it names."""

    def __init__(self, run: RequestRun, content_type: str) -> None:
        self._run = run
        self._sent = 0
        self.response = web.StreamResponse(headers={**run.headers(), "content-type": content_type})

    async def send(self, chunk: bytes) -> None:
        """Send a chunk. Raises: ConnectionCut, CutShort (by the fault), ConnectionError (client gone)."""
        fault = self._run.fault
        if fault is not None and self._sent == fault.after_chunks:
            await self._inject(fault)
        await self._begin()
        await self.response.write(chunk)
        self._sent += 1

    async def finish(self) -> web.StreamResponse:
        await self._begin()
        await self.response.write_eof()
        return self.response

    async def _begin(self) -> None:
        if not self.response.prepared:
            self._run.entry.answered(200)
            await self.response.prepare(self._run.request)

    async def _inject(self, fault: Fault) -> None:
        match fault.kind:
            case "stall":
                await self._run.pacer.sleep(fault.stall_s)
            case "cut":
                _cut_connection(self._run.request, reset=fault.reset)
                raise ConnectionCut
            case "ends_early" if fault.endpoint == "chat":
                raise CutShort
            case "error_event":
                await self._begin()
                error = error_responses.in_stream(fault.code, fault.failed_generation).body()
                await self.response.write(f"event: error\ndata: {json.dumps(error)}\n\n".encode())
                raise CutShort


def _cut_connection(request: web.Request, *, reset: bool) -> None:
    transport = request.transport
    if transport is None:
        return
    if reset:
        handle: socket.socket | None = transport.get_extra_info("socket")
        if handle is not None:
            handle.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _CLOSE_WITH_RESET)
        transport.abort()
    else:
        transport.close()


def _status_of(fault: Fault, model: str) -> ErrorResponse | None:
    match fault.kind:
        case "rate_limited" | "daily_limit":
            return error_responses.rate_limited(model, fault.retry_after_s, daily=fault.kind == "daily_limit")
        case "no_capacity":
            return error_responses.no_capacity()
        case "tool_use_failed":
            return error_responses.tool_use_failed(fault.failed_generation)
        case "unauthorized":
            return error_responses.invalid_key()
        case "server_error":
            return error_responses.server_error(fault.status)
        case "model_gone" if fault.endpoint != "models":
            return error_responses.model_not_found(model)
    return None
