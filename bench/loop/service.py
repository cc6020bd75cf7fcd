"""`python -m bench.loop.service SIDE RECORDS`: one of the three services, with a heartbeat, until SIGTERM.

BATON_STORE and BATON_CONSOLE_PORT apply. All run on uvloop and uvicorn as `baton serve` does.
"""

from __future__ import annotations

import asyncio
import os
import sqlite3
import sys
import time
import uuid
from contextlib import closing
from pathlib import Path
from typing import Annotated, Any

import uvicorn
import uvloop
from fastapi import Body, FastAPI, Header
from groq import Groq
from groq.types.chat import ChatCompletionMessageParam

from bench.loop.figures import Side
from bench.loop.heartbeat import Recorder
from operators.api.listen_address import bound
from operators.api.server import config_of, serve
from persistence.engines import open_store
from settings import Settings

READY, FIRST = "service: listening", "before other programs"
MODEL = "openai/gpt-oss-20b"
MESSAGES: list[ChatCompletionMessageParam] = [
    {"role": "system", "content": "Sum this call up for the colleague who takes it over, in two sentences."},
    {"role": "user", "content": "caller: Hello, I was charged twice for the last invoice."},
]
Row = dict[str, Any]


async def main(side: Side, recorder: Recorder) -> None:
    try:  # real-time priority, so that other programs do not delay the service
        os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(1))
        priority = FIRST
    except (AttributeError, PermissionError):  # not Linux, or not allowed
        priority = "among other programs"

    def listening(_: str = "") -> None:
        sys.stdout.write(f"{READY}, {priority}\n")
        sys.stdout.flush()

    def warn(line: str) -> None:
        sys.stderr.write(f"{line}\n")

    settings = Settings()
    with recorder.heartbeat():
        if side is Side.BATON:
            await _time_writes(settings.worker.store, recorder)
            await serve(settings, listening, warn)
        else:
            app = baseline(settings.worker.store.removeprefix("sqlite:///"), side, recorder)
            with bound(settings.console) as listener:
                listening()  # the socket queues connections until uvicorn accepts them
                await uvicorn.Server(config_of(app, settings.console)).serve(sockets=[listener])


async def _time_writes(url: str, recorder: Recorder) -> None:
    """Record how long the store's `request_handoff` takes: every start calls it."""
    async with open_store(url) as store:
        kind: Any = type(store)
    write = kind.request_handoff

    async def timed(*given: Any, **named: Any) -> Any:
        with recorder.write():
            return await write(*given, **named)

    kind.request_handoff = timed


def baseline(path: str, side: Side, recorder: Recorder) -> FastAPI:
    """Return a service on Baton's tables. A start asks Groq for the summary, with a synchronous client."""
    app, groq = FastAPI(), Groq()

    async def run(step: Any, *given: Any, **named: Any) -> Any:
        threaded = side is Side.TO_THREAD
        return await asyncio.to_thread(step, *given, **named) if threaded else step(*given, **named)

    @app.post("/calls/{call_id}/handoffs", status_code=201)
    async def start(
        call_id: str, body: Annotated[dict[str, str], Body()], idempotency_key: Annotated[str, Header()]
    ) -> Row:
        (call,) = await run(_sql, path, "SELECT * FROM calls WHERE id = ?", call_id)
        answer = await run(groq.chat.completions.create, model=MODEL, messages=MESSAGES)
        row = _handoff(call, body, idempotency_key, answer.choices[0].message.content)
        insert = f"INSERT INTO handoffs ({', '.join(row)}) VALUES ({', '.join('?' * len(row))})"
        with recorder.write():
            await run(_sql, path, insert, *row.values())
        return row

    @app.get("/handoffs")
    async def handoffs() -> list[Row]:
        newest = "SELECT * FROM handoffs ORDER BY requested_at DESC LIMIT 50"
        return await run(_sql, path, newest)  # type: ignore[no-any-return]

    @app.get("/handoffs/{handoff_id}")
    async def handoff(handoff_id: str) -> Row:
        (row,) = await run(_sql, path, "SELECT * FROM handoffs WHERE id = ?", handoff_id)
        attempts = await run(_sql, path, "SELECT * FROM attempts WHERE handoff_id = ?", handoff_id)
        events = await run(_sql, path, "SELECT * FROM events WHERE call_id = ?", row["call_id"])
        return {"handoff": row, "attempts": attempts, "events": events}

    return app


def _handoff(call: Row, body: dict[str, str], key: str, summary: str) -> Row:
    now, by = time.time_ns() // 1_000_000, "bench"
    row = {"id": uuid.uuid4().hex, "call_id": call["id"], "idempotency_key": key, "state": "requested"}
    row |= {"from_role": call["holder_role"], "from_job": call["holder_job"], "requested_at": now}
    row |= {"summary": summary, "summary_source": "model", "moved_at": now, "moved_by": by}
    return row | {name: body[name] for name in ("target", "reason", "note")} | {"requested_by": by}


def _sql(path: str, statement: str, *values: object) -> list[Row]:
    """Run one statement, in a connection of its own."""
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.row_factory = sqlite3.Row
        return [dict(row) for row in connection.execute(statement, values)]


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main(Side(sys.argv[1]), Recorder(Path(sys.argv[2]))))
