"""A proxy between a worker and its livekit-server that can cut the connection or answer itself."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from urllib.parse import urlsplit

_CHUNK = 1 << 16
_WORKER = b"GET /agent"

REFUSED = b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
NOT_UNDERSTOOD = (
    b"HTTP/1.1 200 OK\r\nContent-Type: application/protobuf\r\nContent-Length: 4\r\nConnection: close\r\n\r\n"
    b"\xff\xff\xff\xff"
)
CUT_OFF = b""


class Wire:
    """`url` is the value for LIVEKIT_URL. Made by `wire_to`."""

    def __init__(self, host: str, port: int) -> None:
        self.url = ""
        self.answered = 0
        self._host, self._port = host, port
        self._answers: dict[bytes, bytes] = {}
        self._passes = asyncio.Event()
        self._passes.set()

    @contextmanager
    def worker_cut_off(self) -> Iterator[None]:
        """Blocks all traffic between worker and server while the block lasts, in old and new connections.

        Agents have connections of their own to their rooms, which are not blocked.
        """
        self._passes.clear()
        try:
            yield
        finally:
            self._passes.set()

    def answer(self, method: str, answer: bytes) -> None:
        """Answers every further call of one method of the server's API with this."""
        self._answers[f"POST /twirp/livekit.{method} ".encode()] = answer

    def pass_all_on(self) -> None:
        self._answers.clear()

    async def carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serves one connection until it ends."""
        chunk = await reader.read(_CHUNK)
        passes = self._passes if chunk.startswith(_WORKER) else _always()
        await passes.wait()
        theirs, ours = await asyncio.open_connection(self._host, self._port)
        back = asyncio.create_task(_pump(theirs, writer, passes))
        try:
            # A client sends its next request only after an answer, so a request starts at the start of a
            # chunk.
            while chunk:
                await passes.wait()
                if (answer := self._answer_to(chunk)) is not None:
                    self.answered += 1
                    writer.write(answer)
                    await writer.drain()
                    break
                ours.write(chunk)
                await ours.drain()
                chunk = await reader.read(_CHUNK)
        except ConnectionError:
            pass
        finally:
            back.cancel()
            await asyncio.gather(back, return_exceptions=True)
            for end in (ours, writer):
                end.close()
                with suppress(ConnectionError):
                    await end.wait_closed()

    def _answer_to(self, chunk: bytes) -> bytes | None:
        return next((answer for begins, answer in self._answers.items() if chunk.startswith(begins)), None)


def _always() -> asyncio.Event:
    event = asyncio.Event()
    event.set()
    return event


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, passes: asyncio.Event) -> None:
    with suppress(ConnectionError):
        while chunk := await reader.read(_CHUNK):
            await passes.wait()
            writer.write(chunk)
            await writer.drain()
    writer.close()


@asynccontextmanager
async def wire_to(url: str) -> AsyncIterator[Wire]:
    """Serves on loopback until the block ends."""
    address = urlsplit(url)
    assert address.hostname
    assert address.port
    wire = Wire(address.hostname, address.port)
    carrying: set[asyncio.Task[None]] = set()

    def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(wire.carry(reader, writer))
        carrying.add(task)
        task.add_done_callback(carrying.discard)

    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    wire.url = f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield wire
    finally:
        server.close()
        for task in carrying:
            task.cancel()
        await asyncio.gather(*carrying, return_exceptions=True)
