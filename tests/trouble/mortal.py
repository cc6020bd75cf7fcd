"""A stack whose Groq stand-in a test can kill, freeze and restart."""

from __future__ import annotations

import signal
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import aiohttp
from livekit import rtc

from local.livekit.server import free_ports, livekit_server
from local.processes import Program, running
from local.speech import CALLER, synthesize
from local.stack import Stack, running_worker, settings_in

_START_LIMIT_S = 60.0
_RATE = 16_000


class MortalGroq:
    """The stand-in on a port of its own. When it is killed it loses the faults that were ordered."""

    def __init__(self, folder: Path, script: Path) -> None:
        self._folder, self._script = folder, script
        self._port = free_ports().http
        self._life = AsyncExitStack()
        self._program: Program | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    async def live(self) -> None:
        """Starts it and waits until it answers."""
        argv = [sys.executable, "-m", "local.groq_standin", "--script", str(self._script)]
        program = running(
            "the stand-in for Groq",
            [*argv, "--port", str(self._port)],
            env={},
            log=self._folder / "stand-in.log",
            ready=lambda line: line.startswith('{"url"'),
            limit_s=_START_LIMIT_S,
            grace_s=0.5,
        )
        self._program = await self._life.enter_async_context(program)
        await self._is_warm()

    async def _is_warm(self) -> None:
        """Sends one transcription, because the stand-in's first one loads a model, unlike Groq's."""
        said = synthesize("hello", CALLER, sample_rate=_RATE).samples
        form = aiohttp.FormData({"model": "whisper-large-v3-turbo"})
        form.add_field(
            "file", rtc.AudioFrame(said.tobytes(), _RATE, 1, len(said)).to_wav_bytes(), filename="a.wav"
        )
        headers = {"Authorization": "Bearer stand-in"}
        async with aiohttp.ClientSession(self.url, headers=headers, raise_for_status=True) as session:
            await (await session.post("/openai/v1/audio/transcriptions", data=form)).read()

    async def die(self) -> None:
        """Kills it with SIGKILL: connections break, and new ones are refused."""
        assert self._program is not None
        self._program.send(signal.SIGKILL)
        await self._program.wait()
        await self._life.aclose()

    def freeze(self) -> None:
        """Stops it: the kernel still accepts connections, but nothing answers."""
        assert self._program is not None
        self._program.send(signal.SIGSTOP)

    def thaw(self) -> None:
        assert self._program is not None
        self._program.send(signal.SIGCONT)

    async def end(self) -> None:
        self.thaw()
        await self._life.aclose()


@asynccontextmanager
async def mortal_stack(
    folder: Path, *, script: Path, settings: dict[str, str]
) -> AsyncIterator[tuple[Stack, MortalGroq]]:
    """Like `local_stack`, with a Groq stand-in that can die. Writes everything into `folder`."""
    groq = MortalGroq(folder, script)
    async with AsyncExitStack() as stack:
        livekit = await stack.enter_async_context(livekit_server(folder))
        stack.push_async_callback(groq.end)
        await groq.live()
        env = {
            **livekit.env,
            **settings_in(folder),
            "GROQ_BASE_URL": groq.url,
            "GROQ_API_KEY": "stand-in",
            **settings,
        }
        worker = await stack.enter_async_context(running_worker(folder, env))
        programs = (livekit.program, worker)
        yield Stack(livekit, groq.url, worker, env, env["BATON_STORE"], programs), groq
