"""README, word for word: its commands in order, in a new user's account, with a call on their own server.

One line is not run: `make test`, which would run this test again. Make checks that it could be run. A line
that README shows twice is run once: nothing in between changes what it does.
"""

from __future__ import annotations

import json
import re
import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from local.caller.caller import Caller
from local.caller.token import caller_token
from local.groq_standin import StandIn, load_script, standin
from local.livekit.server import LiveKitServer, free_ports, livekit_server
from local.scripted import DEMO
from local.stack import SERVES
from tests.readme.account import Account, Kept, new_account
from tests.readme.readme import PROJECT, Command, commands, dispatch

LONG_S, SHORT_S = 180.0, 30.0
SPEECH_LIMIT_S = 40.0
LINK = re.compile(r"http://\S+#token=\S+")


class Reader:
    """A reader who does what README says. Each method does what one of its lines is for."""

    def __init__(
        self, account: Account, livekit: LiveKitServer, groq: StandIn, stack: AsyncExitStack
    ) -> None:
        self.account, self.livekit, self.groq, self.stack = account, livekit, groq, stack
        self.worker: Kept | None = None
        self.service: Kept | None = None
        self.caller: Caller | None = None
        self.agents: set[str] = set()
        self.call = ""

    async def done(self, line: str, limit_s: float = SHORT_S) -> str:
        """Run a line that must exit with 0, and return its stdout."""
        ended = await self.account.run(line, limit_s)
        assert ended.code == 0, f"{line}\n{ended.out}\n{ended.errors}"
        return ended.out

    # --- See it, Run it

    async def demo(self, command: Command) -> None:
        told = await self.done(command.line, LONG_S)
        assert re.search(r"^on disk: \d+ MB \(\d+ MB in \.venv, ", told, re.MULTILINE)
        (recording,) = re.findall(r"out/\S+\.wav", command.comment)
        assert (self.account.checkout / recording).is_file()
        assert not (self.account.checkout / ".venv/bin/pytest").exists(), "the tests' packages came along"

    async def tests(self, command: Command) -> None:
        assert "pytest" in await self.done(f"{command.line} --dry-run")

    async def dev(self, command: Command) -> None:
        async with self.account.keep(command.line) as dev:
            await dev.until(lambda said: "Ctrl-C" in said, LONG_S)
            link, desk = LINK.findall(dev.said)
            assert "/desk.html#" in desk
            found = await self.account.run(".venv/bin/baton calls", SHORT_S)
            assert (found.code, "of make dev" in found.errors) == (0, True), found
            second = await self.account.run(command.line, SHORT_S)
            assert (second.code, link in second.errors) == (2, True), second  # make's code for every failure
            # Ctrl-C also reaches make, which then exits with a code of its own.
            assert await dev.stop(signal.SIGINT) in {0, 2, 130, -signal.SIGINT}

    # --- Make it yours, Run it for real

    async def roster(self, command: Command) -> None:
        told = await self.done(command.line)
        for role in (PROJECT / "roster").glob("*.md"):
            assert role.stem in told or not role.read_text(encoding="utf-8").startswith("---\nrole:")

    async def tool(self, command: Command) -> None:
        assert "Invoice" in await self.done(command.line)

    async def key(self, command: Command) -> None:
        await self.done(command.line.replace("…", self.groq.key))
        assert (self.account.checkout / ".env").read_text() == f"GROQ_API_KEY={self.groq.key}\n"

    async def settings(self, command: Command) -> None:
        """Fill in what the comment names, and what this test needs: the stand-in's address, free ports."""
        await self.done(command.line)
        path = self.account.checkout / ".env"
        values = {**self.livekit.env, "GROQ_API_KEY": self.groq.key}
        assert set(command.settings) == set(values)
        text = path.read_text(encoding="utf-8")
        for name in command.settings:
            text, times = re.subn(rf"^{name}=$", f"{name}={values[name]}", text, flags=re.MULTILINE)
            assert times == 1
        ours = {"BATON_HEALTH_PORT": free_ports().http, "BATON_CONSOLE_PORT": free_ports().http}
        ours["BATON_SILENCE_ASK_S"] = 120  # the caller says nothing while commands run
        here = "\n".join(f"{name}={value}" for name, value in ours.items())
        path.write_text(f"{text}GROQ_BASE_URL={self.groq.url}\n{here}\n", encoding="utf-8")

    async def doctor(self, command: Command) -> None:
        """Check that everything is well except the worker, which is not started yet."""
        ended = await self.account.run(command.line, SHORT_S)
        assert ended.code == 1, ended
        verdicts = re.findall(r"^(well|wrong|skipped) +(\S+)", ended.out, re.MULTILINE)
        assert [check for verdict, check in verdicts if verdict != "well"] == ["worker"], ended.out

    async def start_worker(self, command: Command) -> None:
        """Start the worker, and have a call answered."""
        self.worker = await self.stack.enter_async_context(self.account.keep(command.line))
        await self.worker.until(lambda said: "registered worker" in said, SHORT_S)
        await self.done(".venv/bin/baton doctor")
        name, metadata = dispatch()
        token = caller_token(
            self.livekit.api_key, self.livekit.api_secret, room="readme", agent_name=name, metadata=metadata
        )
        self.caller = await self.stack.enter_async_context(Caller.join(self.livekit.url, token))
        self.agents.add(await self.caller.hears(since_ms=0, limit_s=SPEECH_LIMIT_S))
        await self.caller.hears_out(limit_s=SPEECH_LIMIT_S)

    async def serve(self, command: Command) -> None:
        self.service = await self.stack.enter_async_context(self.account.keep(command.line))
        await self.service.until(lambda said: SERVES in said, SHORT_S)
        assert LINK.search(self.service.said)

    async def calls(self, command: Command) -> None:
        heading, row = (line.split("\t") for line in (await self.done(command.line)).splitlines())
        self.call = row[heading.index("call")]
        assert "on the line" in row

    async def show(self, command: Command) -> None:
        assert self.call in await self.done(command.line.replace(" ID", f" {self.call}"))

    async def handoff(self, command: Command) -> None:
        assert self.caller is not None
        await self.done(command.line.replace(" CALL", f" {self.call}"))
        await self.caller.hears(other_than=self.agents, since_ms=0, limit_s=SPEECH_LIMIT_S)

    async def watch(self, command: Command) -> None:
        async with self.account.keep(command.line) as watching:
            await watching.until(lambda said: "store: " in said, SHORT_S)
            await self.done(f".venv/bin/baton end {self.call}")
            await watching.until(lambda said: f"call\t{self.call}" in said, SPEECH_LIMIT_S)
            assert await watching.stop(signal.SIGINT) == 0

    async def export(self, command: Command) -> None:
        await self.done(command.line)
        (file,) = re.findall(r"> (\S+)", command.line)
        heading, row = (self.account.checkout / file).read_text(encoding="utf-8").splitlines()
        assert "state" in heading
        assert self.call in row
        assert "completed" in row

    async def stop(self) -> None:
        assert self.service is not None
        assert self.worker is not None
        assert await self.service.stop(signal.SIGTERM) == 0, self.service.said
        assert await self.worker.stop(signal.SIGTERM) == 0, self.worker.said
        entries = [json.loads(line) for line in self.worker.said.splitlines() if line.startswith("{")]
        # LiveKit's client logs the end of a room as an error.
        errors = [entry for entry in entries if entry["level"] == "ERROR" and entry["name"] != "livekit"]
        assert errors == []


Act = Callable[[Reader, Command], Awaitable[None]]
DOES: dict[str, Act] = {
    "make demo": Reader.demo,
    "make test": Reader.tests,
    "make dev": Reader.dev,
    ".venv/bin/baton roster": Reader.roster,
    ".venv/bin/baton tool try": Reader.tool,
    "(umask 077; echo 'GROQ_API_KEY=": Reader.key,
    "install -m 600 .env.example .env": Reader.settings,
    ".venv/bin/baton doctor": Reader.doctor,
    ".venv/bin/python -m livekit.agents start worker.py": Reader.start_worker,
    ".venv/bin/baton serve": Reader.serve,
    ".venv/bin/baton calls": Reader.calls,
    ".venv/bin/baton show ID": Reader.show,
    ".venv/bin/baton handoff CALL": Reader.handoff,
    ".venv/bin/baton watch": Reader.watch,
    ".venv/bin/baton export": Reader.export,
}
"""What to do with each README command, by its beginning. A command with another beginning fails the test."""


@asynccontextmanager
async def reader(folder: Path) -> AsyncIterator[Reader]:
    """Make a newcomer's account, beside a separately started livekit-server and stand-in for Groq."""
    with new_account() as account:
        async with (
            livekit_server(folder) as livekit,
            standin(load_script(DEMO)) as groq,
            AsyncExitStack() as stack,
        ):
            yield Reader(account, livekit, groq, stack)


async def test_every_command_of_the_readme_works_in_its_order(tmp_path: Path) -> None:
    left = set(DOES)
    ran: set[str] = set()
    async with reader(tmp_path) as newcomer:
        for command in commands():
            if command.line in ran:
                continue
            (known,) = [begins for begins in DOES if command.line.startswith(begins)]

            await DOES[known](newcomer, command)
            ran.add(command.line)
            left.discard(known)
        await newcomer.stop()
    assert not left, "README has lost a command"
