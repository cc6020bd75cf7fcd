"""Controls a stand-in: as an object in the same process, or over HTTP under /control."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web
from pydantic import ValidationError

from local.groq_standin.account.account import Account
from local.groq_standin.account.order import AccountOrder
from local.groq_standin.faults import Endpoint, Fault, Kind
from local.groq_standin.journal import Counts, Entry
from local.groq_standin.latencies import PRESETS, Latencies
from local.groq_standin.request_run import StandInState
from local.groq_standin.validation_errors import first_wrong


class Control:
    """Controls a stand-in in the same process."""

    def __init__(self, state: StandInState) -> None:
        self._state = state

    def fault(self, endpoint: Endpoint, kind: Kind, **fields: Any) -> None:
        """Inject a fault; `fields` are those of `Fault`. Raises: pydantic.ValidationError."""
        self._state.faults.add(Fault(endpoint=endpoint, kind=kind, **fields))

    def clear_faults(self) -> None:
        self._state.faults.clear()

    def open_faults(self) -> tuple[Fault, ...]:
        return self._state.faults.open()

    @property
    def latencies(self) -> Latencies:
        return self._state.latencies

    def set_latencies(self, latencies: Latencies) -> None:
        """Change the latencies of every wait from now on, including those of requests in progress."""
        self._state.latencies = latencies

    def counts(self, endpoint: Endpoint) -> Counts:
        return self._state.journal.counts[endpoint]

    def requests(self, endpoint: Endpoint | None = None) -> list[Entry]:
        """Return the last 500 requests, oldest first."""
        return [entry for entry in self._state.journal.entries if endpoint in {None, entry.endpoint}]

    @property
    def account(self) -> Account:
        """The organization's account; its clock can be moved forward."""
        return self._state.account

    async def until(self, reached: Callable[[], bool]) -> None:
        """Wait until `reached()` is true, checking whenever a request starts or ends. Use a timeout."""
        while not reached():
            await self._state.journal.changed.wait()

    def forget_requests(self) -> None:
        self._state.journal.reset()


def control_routes(state: StandInState) -> list[web.RouteDef]:
    """Return the routes under /control. The server listens on loopback only."""

    async def add_faults(request: web.Request) -> web.Response:
        content = await request.json()
        orders = content if isinstance(content, list) else [content]
        for fault in [Fault.model_validate(order) for order in orders]:
            state.faults.add(fault)
        return _open_faults(state)

    async def list_faults(_request: web.Request) -> web.Response:
        return _open_faults(state)

    async def clear_faults(_request: web.Request) -> web.Response:
        state.faults.clear()
        return _open_faults(state)

    async def set_latencies(request: web.Request) -> web.Response:
        content = dict(await request.json())
        base = PRESETS[content.pop("preset")] if "preset" in content else state.latencies
        state.latencies = Latencies.model_validate({**base.model_dump(), **content})
        return web.json_response(state.latencies.model_dump())

    async def show_requests(_request: web.Request) -> web.Response:
        return web.json_response(state.journal.public())

    async def forget_requests(_request: web.Request) -> web.Response:
        state.journal.reset()
        return web.json_response(state.journal.public())

    return [
        *_account_routes(state.account),
        web.post("/control/faults", _checked(add_faults)),
        web.get("/control/faults", list_faults),
        web.delete("/control/faults", clear_faults),
        web.post("/control/latencies", _checked(set_latencies)),
        web.get("/control/requests", show_requests),
        web.delete("/control/requests", forget_requests),
    ]


def _account_routes(account: Account) -> list[web.RouteDef]:
    async def show(_request: web.Request) -> web.Response:
        return web.json_response(account.public())

    async def change(request: web.Request) -> web.Response:
        AccountOrder.model_validate(await request.json()).carry_out(account)
        return web.json_response(account.public())

    return [web.get("/control/account", show), web.post("/control/account", _checked(change))]


def _open_faults(state: StandInState) -> web.Response:
    return web.json_response({"faults": [fault.model_dump() for fault in state.faults.open()]})


Handler = Callable[[web.Request], Awaitable[web.Response]]


def _checked(handle: Handler) -> Handler:
    """Wrap a handler so that an invalid request is answered with 400 and what is wrong."""

    async def answer(request: web.Request) -> web.Response:
        try:
            return await handle(request)
        except ValidationError as error:
            wrong = ": ".join(part for part in first_wrong(error) if part)
        except (ValueError, TypeError, KeyError) as error:
            wrong = f"invalid request: {error}"
        return web.json_response({"error": wrong}, status=400)

    return answer
