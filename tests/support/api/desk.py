"""A service within the test, with one client who acts, one who watches, and one without a token."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from operators.api.app import Service, make_app
from operators.api.resources import Parts
from operators.api.schemas.problems import KINDS, MEDIA_TYPE
from operators.auth.access import add_operator
from persistence.access import EVERYTHING, WATCHES
from persistence.contract.store import Store
from persistence.sqlite import open_store
from settings import Settings
from tests.contract.building import START
from tests.support.database import make_database

ADDRESS = "http://127.0.0.1:8090"
ANNA, VERA = "anna", "vera"
"""Anna has every right, Vera only those to watch and listen."""


class StillClock:
    """A clock that moves only when a test moves it."""

    def __init__(self) -> None:
        self.at = START

    def now_ms(self) -> int:
        return self.at


@dataclass(frozen=True, slots=True)
class Desk:
    """`store` is the same database, opened as another process does."""

    app: Service
    store: Store
    clock: StillClock
    anna: httpx.AsyncClient
    vera: httpx.AsyncClient
    nobody: httpx.AsyncClient
    tokens: Mapping[str, str]

    @property
    def parts(self) -> Parts:
        parts = self.app.state.parts
        assert isinstance(parts, Parts)
        return parts


@asynccontextmanager
async def opened_desk(path: Path, clock: StillClock) -> AsyncIterator[Desk]:
    make_database(path)
    app = make_app(Settings(), clock)
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(app.router.lifespan_context(app))
        store = await stack.enter_async_context(open_store(path))
        tokens = {
            ANNA: await add_operator(store, ANNA, EVERYTHING, clock),
            VERA: await add_operator(store, VERA, WATCHES, clock),
        }
        anna, vera, nobody = [
            await stack.enter_async_context(client(app, tokens.get(name))) for name in (ANNA, VERA, "")
        ]
        yield Desk(app, store, clock, anna, vera, nobody, tokens)


def client(
    app: Service, token: str | None = None, *, base_url: str = ADDRESS, address: str = "127.0.0.1"
) -> httpx.AsyncClient:
    """Return a client that sends its requests from `address`."""
    transport = httpx.ASGITransport(app, client=(address, 50_000))
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    return httpx.AsyncClient(transport=transport, base_url=base_url, headers=headers)


def problem(answer: httpx.Response, kind: str) -> dict[str, Any]:
    """Check that an answer is this problem document, and return it."""
    document: dict[str, Any] = answer.json()
    assert answer.headers["content-type"] == MEDIA_TYPE, answer.text
    assert document["type"] == f"urn:baton:problem:{kind}", document
    assert answer.status_code == document["status"] == KINDS[kind].status
    assert document["title"] == KINDS[kind].title
    assert document["detail"]
    assert answer.headers["cache-control"] == "no-store"
    return document
