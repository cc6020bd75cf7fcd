"""The second baseline, as it became: each blocking step in `asyncio.to_thread`, and a connection a step.

The threads are asyncio's own default: as many as cores and four. A request that waits for Groq holds one.
"""

from __future__ import annotations

from asyncio import to_thread
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


def _summary() -> str:
    return words_of(_groq().chat.completions.create(model=MODEL, messages=MESSAGES))


def make_app(path: Path, tape: Tape) -> FastAPI:
    app = FastAPI()
    before.answer_database_errors(app)

    @app.post("/calls/{call_id}/handoffs", status_code=201)
    async def start(
        call_id: str, asked: before.Start, idempotency_key: Annotated[str, Header()]
    ) -> before.Row:
        call = await to_thread(before.find_call, path, call_id)
        summary = await to_thread(_summary)
        with tape.write():
            return await to_thread(before.insert_handoff, path, call, asked, idempotency_key, summary)

    @app.get("/handoffs")
    async def handoffs() -> before.Row:
        return await to_thread(before.page_of_handoffs, path)

    @app.get("/handoffs/{handoff_id}")
    async def handoff(handoff_id: str) -> before.Row:
        return await to_thread(before.one_handoff, path, handoff_id)

    return app
