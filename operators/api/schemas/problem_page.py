"""A problem as a page, for a person whose browser was sent here and cannot use JSON."""

from __future__ import annotations

from html import escape

from fastapi import Request, Response
from fastapi.responses import HTMLResponse

from operators.api.schemas.problems import KINDS, problem
from operators.refused import Refused

_PAGE = """<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="color-scheme" content="light dark">
    <title>{title} · Baton</title>
    <link rel="icon" href="/static/icon.svg" type="image/svg+xml">
    <link rel="stylesheet" href="/static/style/base.css">
    <link rel="stylesheet" href="/static/style/frame.css">
    <link rel="stylesheet" href="/static/style/parts.css">
    <link rel="stylesheet" href="/static/style/forms.css">
  </head>
  <body>
    <main id="main">
      <section class="card sign-in">
        <h1>{title}</h1>
        <p class="notice" role="alert">{detail}</p>
        <p><a class="button" href="/">Back to the console</a></p>
      </section>
    </main>
  </body>
</html>
"""


def answer(request: Request, refused: Refused) -> Response:
    """Return a page if a browser shows it to a person, else a problem document.

    `Sec-Fetch-Mode` says which, because no script can set it.
    """
    if request.headers.get("sec-fetch-mode") != "navigate":
        return problem(refused)
    kind = KINDS[refused.kind]
    detail = refused.detail[:1].upper() + refused.detail[1:]
    page = _PAGE.format(title=escape(kind.title), detail=escape(f"{detail.rstrip('.')}."))
    return HTMLResponse(page.encode("utf-8", "replace"), kind.status, refused.headers)
