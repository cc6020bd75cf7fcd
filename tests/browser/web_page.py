"""Somebody else's web page: served from an origin of its own, with the call button on it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web

_PAGE = """<!doctype html><html lang="en"><head><title>A shop</title></head>
<body><h1>A shop</h1><p>Questions?</p>
<script src="{script}" data-label="Talk to us"></script></body></html>"""
_POLICY = "script-src {service}; frame-src {service}; style-src 'none'; default-src 'none'"


@asynccontextmanager
async def web_page(service: str, port: int) -> AsyncIterator[str]:
    """Yields its address. Its own policy allows no inline style and no script but the button's."""

    async def page(_: web.Request) -> web.Response:
        policy = _POLICY.format(service=service.rstrip("/"))
        text = _PAGE.format(script=f"{service}call/button.js")
        headers = {"Content-Security-Policy": policy}
        return web.Response(text=text, content_type="text/html", headers=headers)

    app = web.Application()
    app.router.add_get("/", page)
    runner = web.AppRunner(app)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", port).start()
        yield f"http://127.0.0.1:{port}/"
    finally:
        await runner.cleanup()
