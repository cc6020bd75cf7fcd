"""A softphone for tests and the demo: it answers, refuses, calls, holds, presses keys, plays and records."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from errors import SetupFailed
from local.livekit.server import free_ports

_START_LIMIT_S = 20.0
_END_LIMIT_S = 3.0
_WAIT_S = 10.0


@dataclass(frozen=True, slots=True)
class Happened:
    """An event at the phone. `at`: seconds of the monotonic clock, as in `time.monotonic()`.

    `what`: "invited", "ringing", "answered", "ended", "sound", "hears" (sound begins to be heard), "quiet"
    (no sound for a second), "key", "transfer", "referred" (the transfer's request), "recorded", or "late" (a
    command that came after the call). `more`: `call`, the number of the phone's call, from 1; SIP's `code` of
    "ringing", "answered", "ended"; `flows` of "sound"; `key`; `to` of a transfer; `headers` of its request;
    `caller` and `called` of "invited".
    """

    what: str
    at: float
    more: dict[str, Any] = field(default_factory=dict)


class Softphone:
    """A phone that takes commands. Each returns once the phone has received it; `until` waits for results."""

    def __init__(self, process: asyncio.subprocess.Process, port: int, user: str) -> None:
        self.address = f"127.0.0.1:{port}"
        self.user = user
        self.happened: list[Happened] = []
        self._process = process
        self._news = asyncio.Condition()
        self._told = 0  # commands

    async def answers(
        self, after_s: float = 0.0, *, ringing: Sequence[int] = (180,), hangs_up_after_s: float | None = None
    ) -> None:
        """From now on, ring for each call (with these provisional codes, 20 ms apart), and answer it."""
        await self._tell(
            "behave", act="answer", after_s=after_s, ringing=list(ringing), hangs_up_after_s=hangs_up_after_s
        )

    async def refuses(self, code: int, after_s: float = 0.0, *, ringing: Sequence[int] = (180,)) -> None:
        """From now on, refuse each call with this SIP code: 486 is busy, 603 declined."""
        await self._tell("behave", act="refuse", code=code, after_s=after_s, ringing=list(ringing))

    async def rings_on(self) -> None:
        """From now on, ring for each call without answering."""
        await self._tell("behave", act="ring", ringing=[180])

    async def takes_transfers(self, code: int = 202) -> None:
        """Answer a REFER with this code; with a code below 300, call the REFER's target."""
        await self._tell("transfers", code=code)

    async def call(self, number: str, gateway: str) -> None:
        """Call a number at the gateway's address (host:port)."""
        await self._tell("call", to=f"sip:{number}@{gateway}")

    async def hang_up(self) -> None:
        await self._tell("hang_up")

    async def hold(self) -> None:
        await self._tell("hold")

    async def take_back(self) -> None:
        """End the hold."""
        await self._tell("take_back")

    async def press(self, keys: str) -> None:
        await self._tell("press", keys=keys)

    async def play(self, wav: Path, *, loop: bool = False) -> None:
        """Play a 16-bit mono WAV at 8 kHz to the other end, now or as soon as there is one."""
        await self._tell("play", path=str(wav), loop=loop)

    async def record(self, wav: Path) -> None:
        """Record what the phone hears, at 8 kHz. The file is complete once "recorded" has happened."""
        await self._tell("record", path=str(wav))

    async def speaks_only(self, codec: str) -> None:
        """Offer and accept only this codec, such as "PCMA" or "GSM"."""
        await self._tell("codec", name=codec)

    def all(self, what: str) -> list[Happened]:
        """Return all events of this kind so far."""
        return [each for each in self.happened if each.what == what]

    @property
    def keys(self) -> str:
        """The keys that the phone has heard."""
        return "".join(each.more["key"] for each in self.all("key"))

    async def until(self, what: str, *, times: int = 1, limit_s: float = _WAIT_S) -> Happened:
        """Wait until this has happened `times` times, and return that event. Raises: TimeoutError."""
        async with asyncio.timeout(limit_s), self._news:
            await self._news.wait_for(lambda: len(self.all(what)) >= times)
        return self.all(what)[times - 1]

    async def _tell(self, do: str, **more: object) -> None:
        assert self._process.stdin is not None
        self._told += 1
        self._process.stdin.write(json.dumps({"do": do, **more}).encode() + b"\n")
        await self.until("told", times=self._told)

    async def _follow(self) -> None:
        assert self._process.stdout is not None
        async for line in self._process.stdout:
            said = json.loads(line)
            self.happened.append(Happened(said.pop("what"), said.pop("at"), said))
            async with self._news:
                self._news.notify_all()


@asynccontextmanager
async def softphone(user: str = "+15550100") -> AsyncIterator[Softphone]:
    """Start a phone with this number, on its own port. It answers calls at once. Raises: SetupFailed."""
    port = free_ports().udp
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "local.phone.softphone_process", "--port", str(port), "--user", user),
        cwd=Path(__file__).parents[2],
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    phone = Softphone(process, port, user)
    following = asyncio.create_task(phone._follow())
    try:
        try:
            await phone.until("ready", limit_s=_START_LIMIT_S)
        except TimeoutError:
            raise SetupFailed("the softphone does not start: is pjsua2-python installed?") from None
        yield phone
    finally:
        assert process.stdin is not None
        process.stdin.close()
        try:
            async with asyncio.timeout(_END_LIMIT_S):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()
        await following
