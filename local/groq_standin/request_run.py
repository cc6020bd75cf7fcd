"""One request on its way through: its journal entry, its fault, its pace, and how its answer is delivered."""

from __future__ import annotations

import json
import socket
import struct
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import count
from uuid import uuid4

from aiohttp import web

from local.groq_standin import refusals
from local.groq_standin.faults import Asked, Fault, Faults
from local.groq_standin.journal import Entry, Journal
from local.groq_standin.latencies import Latencies, Pace
from local.groq_standin.refusals import Refusal
from local.groq_standin.script import Script
from local.groq_standin.speech.recognition import Recogniser

_CLOSE_WITH_RESET = struct.pack("ii", 1, 0)  # SO_LINGER: on, zero seconds


class Severed(Exception):
    """The connection was closed on purpose."""


class CutShort(Exception):
    """The answer ends here, cleanly and on purpose."""


@dataclass
class House:
    """What all requests share. Latencies and faults may change while it serves."""

    script: Script
    recogniser: Recogniser
    latencies: Latencies
    faults: Faults = field(default_factory=Faults)
    journal: Journal = field(default_factory=Journal)
    numbers: count[int] = field(default_factory=lambda: count(1))


@dataclass
class Visit:
    """One request."""

    request: web.Request
    house: House
    entry: Entry
    pace: Pace
    id: str = field(default_factory=lambda: f"req_{uuid4().hex[:26]}")
    fault: Fault | None = None
    delivery: Delivery | None = None

    @property
    def latencies(self) -> Latencies:
        return self.house.latencies

    def take_fault(self, asked: Asked) -> Fault | None:
        """Look whether this request shall fail. Raises: Refusal, when it fails with a status of its own."""
        self.entry.model = asked.model
        self.fault = self.house.faults.take(asked)
        if self.fault is None:
            return None
        self.entry.fault = self.fault.kind
        if refusal := _status_of(self.fault, asked.model):
            raise refusal
        return self.fault

    def headers(self) -> dict[str, str]:
        """Groq's own: the request's id and what is left of the limits."""
        number = next(self.house.numbers)
        return {
            "x-request-id": self.id,
            "x-ratelimit-limit-requests": "500000",
            "x-ratelimit-limit-tokens": "250000",
            "x-ratelimit-remaining-requests": str(max(0, 500_000 - number)),
            "x-ratelimit-remaining-tokens": str(max(0, 250_000 - 100 * (number % 2_000))),
            "x-ratelimit-reset-requests": "172.8ms",
            "x-ratelimit-reset-tokens": "24ms",
        }

    def refuse(self, refusal: Refusal) -> web.Response:
        self.entry.answered(refusal.status)
        return web.json_response(
            refusal.body(), status=refusal.status, headers={**self.headers(), **refusal.headers}
        )

    def severed(self) -> web.StreamResponse:
        """What is returned for a connection that was closed on purpose; nothing of it is sent any more."""
        return self.delivery.response if self.delivery else web.Response(status=500)

    def open(self, content_type: str) -> Delivery:
        """Begin an answer; nothing is sent yet."""
        self.delivery = Delivery(self, content_type)
        return self.delivery

    async def deliver_json(self, body: Mapping[str, object]) -> web.StreamResponse:
        text = json.dumps(body).encode()
        half = len(text) // 2
        return await self.deliver("application/json", [text[:half], text[half:]])

    async def deliver(self, content_type: str, chunks: Iterable[bytes]) -> web.StreamResponse:
        """Send a whole answer at once, unless its fault stands in the way."""
        delivery = self.open(content_type)
        for chunk in chunks:
            await delivery.send(chunk)
        return await delivery.finish()


class Delivery:
    """An answer sent chunk by chunk, in which the fault strikes at its place."""

    def __init__(self, visit: Visit, content_type: str) -> None:
        self._visit = visit
        self._sent = 0
        self.response = web.StreamResponse(headers={**visit.headers(), "content-type": content_type})

    async def send(self, chunk: bytes) -> None:
        """Raises: Severed or CutShort, where the fault says so; ConnectionError when the client is gone."""
        fault = self._visit.fault
        if fault is not None and self._sent == fault.after_chunks:
            await self._strike(fault)
        await self._begin()
        await self.response.write(chunk)
        self._sent += 1

    async def finish(self) -> web.StreamResponse:
        await self._begin()
        await self.response.write_eof()
        return self.response

    async def _begin(self) -> None:
        if not self.response.prepared:
            self._visit.entry.answered(200)
            await self.response.prepare(self._visit.request)

    async def _strike(self, fault: Fault) -> None:
        match fault.kind:
            case "stall":
                await self._visit.pace.sleep(fault.stall_s)
            case "cut":
                _sever(self._visit.request, reset=fault.reset)
                raise Severed
            case "ends_early" if fault.endpoint == "chat":
                raise CutShort
            case "error_event":
                await self._begin()
                error = refusals.in_stream(fault.code, fault.failed_generation).body()
                await self.response.write(f"event: error\ndata: {json.dumps(error)}\n\n".encode())
                raise CutShort


def _sever(request: web.Request, *, reset: bool) -> None:
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


def _status_of(fault: Fault, model: str) -> Refusal | None:
    match fault.kind:
        case "rate_limited":
            return refusals.rate_limited(model, fault.retry_after_s)
        case "no_capacity":
            return refusals.no_capacity()
        case "tool_use_failed":
            return refusals.tool_use_failed(fault.failed_generation)
        case "unauthorized":
            return refusals.invalid_key()
        case "server_error":
            return refusals.server_error(fault.status)
        case "model_gone" if fault.endpoint != "models":
            return refusals.model_not_found(model)
    return None
