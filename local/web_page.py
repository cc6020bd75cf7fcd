"""Serves another company's web page with the call button on it, from its own origin."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web

_PAGE = """<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>A shop</title>
    <link rel="stylesheet" href="/shop.css">
  </head>
  <body>
    <h1>Internet for your home</h1>
    <p>Fast, steady, and thirty euros a month. The first month is free for new customers.</p>
    <h2>Questions?</h2>
    <p>Talk to us from this page. Somebody answers right away.</p>
    <script src="{service}call/button.js" data-label="Talk to us"></script>
  </body>
</html>
"""
_STYLE = "body { font: 18px/1.6 Georgia, serif; max-width: 36em; margin: 3em auto; padding: 0 1em }"
_POLICY = "default-src 'none'; script-src {service}; frame-src {service}; style-src 'self'"
"""Strict, to show that the button needs no more: no inline style, and no script but its own."""


@asynccontextmanager
async def web_page(service: str, port: int) -> AsyncIterator[str]:
    """Serve the page and yield its address. `service`: the operators' service's, ending with a slash."""

    async def page(_: web.Request) -> web.Response:
        headers = {"Content-Security-Policy": _POLICY.format(service=service.rstrip("/"))}
        return web.Response(text=_PAGE.format(service=service), content_type="text/html", headers=headers)

    async def style(_: web.Request) -> web.Response:
        return web.Response(text=_STYLE, content_type="text/css")

    app = web.Application()
    app.router.add_get("/", page)
    app.router.add_get("/shop.css", style)
    runner = web.AppRunner(app)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", port).start()
        yield f"http://127.0.0.1:{port}/"
    finally:
        await runner.cleanup()
