"""A line to Postgres that a test cuts: before the server gets a move, or after it has committed the move."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from psycopg.conninfo import conninfo_to_dict

_SOCKET = ".s.PGSQL.5432"
_MOVE = b") AS made"
"""Only a move's statement contains this. A store's other connections may send others at any time."""
_READY = b"Z\x00\x00\x00\x05I"
"""The last message of the server after a statement: ReadyForQuery, in no transaction."""


class CutLine:
    """A proxy that `url` leads through. It passes everything on, except the next move once it has to cut."""

    def __init__(self, url: str, server: str) -> None:
        self.url, self._server = url, server
        self._cuts_question = self._cuts_answer = False
        self.cuts = 0
        self._passing: set[asyncio.Task[None]] = set()

    def cut_after_commit(self) -> None:
        """Have the server commit the next move, and lose the answer with the connection."""
        self._cuts_answer = True

    def cut_before(self) -> None:
        """Lose the next move with the connection."""
        self._cuts_question = True

    def connected(self, asks: asyncio.StreamReader, hears: asyncio.StreamWriter) -> None:
        self._passing.add(asyncio.create_task(self._pass_on(asks, hears)))

    async def ended(self) -> None:
        """Wait until all connections have ended."""
        await asyncio.gather(*self._passing)

    async def _pass_on(self, asks: asyncio.StreamReader, hears: asyncio.StreamWriter) -> None:
        answers, server = await asyncio.open_unix_connection(self._server)
        asked = asyncio.Event()
        async with asyncio.TaskGroup() as both:
            both.create_task(self._questions(asks, server, asked))
            both.create_task(self._answers(answers, hears, asked))

    async def _questions(
        self, asks: asyncio.StreamReader, server: asyncio.StreamWriter, asked: asyncio.Event
    ) -> None:
        with suppress(OSError):
            while said := await asks.read(65_536):
                if _MOVE in said and self._cuts_question:
                    self._cuts_question, self.cuts = False, self.cuts + 1
                    break
                if _MOVE in said and self._cuts_answer:
                    self._cuts_answer = False
                    asked.set()
                server.write(said)
        server.close()
        with suppress(OSError):
            await server.wait_closed()

    async def _answers(
        self, answers: asyncio.StreamReader, hears: asyncio.StreamWriter, asked: asyncio.Event
    ) -> None:
        with suppress(OSError):
            while said := await answers.read(65_536):
                if asked.is_set() and said.endswith(_READY):
                    self.cuts += 1
                    break
                if not asked.is_set():
                    hears.write(said)
        hears.close()
        with suppress(OSError):
            await hears.wait_closed()


@asynccontextmanager
async def cut_line(url: str, folder: Path) -> AsyncIterator[CutLine]:
    """Yield a line to this server. `folder`: for its socket; the path must be short."""
    host = str(conninfo_to_dict(url)["host"])
    line = CutLine(url.replace(host, str(folder)), f"{host}/{_SOCKET}")
    async with await asyncio.start_unix_server(line.connected, str(folder / _SOCKET)):
        yield line
        await line.ended()
