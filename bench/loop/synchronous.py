"""The first baseline, as it was: everything is done in the handler, on the event loop, while all others wait.

One Groq client, made in the first request that needs it, which answers when Groq has; SQLite beside it.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Annotated

from fastapi import FastAPI, Header
from groq import Groq

from bench.loop import before
from bench.loop.summary import LIMIT_S, MESSAGES, MODEL, words_of
from bench.loop.tape import Tape


@cache
def _groq() -> Groq:
    """By GROQ_API_KEY and GROQ_BASE_URL, as the library finds them."""
    return Groq(timeout=LIMIT_S)


def make_app(path: Path, tape: Tape) -> FastAPI:
    app = FastAPI()
    before.answer_database_errors(app)

    @app.post("/calls/{call_id}/handoffs", status_code=201)
    async def start(
        call_id: str, asked: before.Start, idempotency_key: Annotated[str, Header()]
    ) -> before.Row:
        call = before.find_call(path, call_id)
        summary = words_of(_groq().chat.completions.create(model=MODEL, messages=MESSAGES))
        with tape.write():
            return before.insert_handoff(path, call, asked, idempotency_key, summary)

    @app.get("/handoffs")
    async def handoffs() -> before.Row:
        return before.page_of_handoffs(path)

    @app.get("/handoffs/{handoff_id}")
    async def handoff(handoff_id: str) -> before.Row:
        return before.one_handoff(path, handoff_id)

    return app
