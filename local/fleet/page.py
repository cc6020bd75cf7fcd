"""The fleet's page, on loopback: shows whether each part runs, with buttons to kill and restart it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from aiohttp import web

from errors import SetupFailed
from local.fleet.fleet import Fleet

_FILES = Path(__file__).with_name("page")
_HEADERS = {
    "Content-Security-Policy": "default-src 'self'; frame-ancestors 'none'",
    "Cache-Control": "no-store",
}
_OURS = "X-Baton-Fleet"
"""A header that no other origin's page can send, so only this page's buttons kill anything."""

_Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@asynccontextmanager
async def fleet_page(fleet: Fleet, port: int) -> AsyncIterator[str]:
    """Serve the page and yield its address. `port`: 0 takes any free one."""
    acts = _Acts(fleet)
    app = web.Application(middlewares=[_only_from_here])
    app.router.add_get("/", _file("index.html"))
    for name in ("page.js", "page.css"):
        app.router.add_get(f"/{name}", _file(name))
    app.router.add_get("/parts", acts.parts)
    app.router.add_post("/parts/{part}/{act:kill|start}", acts.act)
    runner = web.AppRunner(app)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", port)
        await site.start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/"
    finally:
        await runner.cleanup()


class _Acts:
    def __init__(self, fleet: Fleet) -> None:
        self._fleet = fleet
        self._busy: set[str] = set()

    async def parts(self, _: web.Request) -> web.Response:
        """Answer with each part's name, state (running, busy, dead), process id, and console, by host."""
        return web.json_response(
            {
                host: [
                    {
                        "name": part.name,
                        "state": "busy" if part.name in self._busy else "running" if part.runs else "dead",
                        "pid": part.program.pid if part.runs else None,
                        "console": self._fleet.consoles.get(part.name),
                    }
                    for part in parts
                ]
                for host, parts in self._fleet.hosts.items()
            }
        )

    async def act(self, request: web.Request) -> web.Response:
        part = self._fleet.part(request.match_info["part"])
        if part is None:
            raise web.HTTPNotFound(text="the fleet has no such part")
        kills = request.match_info["act"] == "kill"
        if part.name in self._busy or part.runs is not kills:
            raise web.HTTPConflict(text=f"{part.name} is not {'running' if kills else 'dead'}")
        self._busy.add(part.name)
        try:
            await (part.kill() if kills else part.start())
        except SetupFailed as failed:
            raise web.HTTPInternalServerError(text=str(failed)) from failed
        finally:
            self._busy.discard(part.name)
        return web.json_response({"running": part.runs})


@web.middleware
async def _only_from_here(request: web.Request, handler: _Handler) -> web.StreamResponse:
    """Refuse other sites' pages and other names of loopback: neither may use the buttons or read links."""
    if request.url.host not in {"127.0.0.1", "localhost"}:
        raise web.HTTPForbidden(text="ask for 127.0.0.1")
    if request.method == "POST" and _OURS not in request.headers:
        raise web.HTTPForbidden(text=f"only with the header {_OURS}")
    return await handler(request)


def _file(name: str) -> _Handler:
    async def get(_: web.Request) -> web.FileResponse:
        return web.FileResponse(_FILES / name, headers=_HEADERS)

    return get
