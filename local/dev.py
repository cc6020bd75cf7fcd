"""`make dev`: keeps the whole stack running, and prints how to use it."""

from __future__ import annotations

import asyncio
import signal
import sys
from pathlib import Path

from rich.console import Console

from errors import BadInput, SetupFailed
from local.caller.token import caller_token
from local.stack import Stack, local_stack
from operators.api.listen_address import bound
from settings import ConsoleSettings, read

_FOLDER = Path("out/dev")
_ROOM = "dev"


async def _keep_running(console: Console) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with local_stack(
        _FOLDER,
        latencies="like-groq",
        settings={"BATON_CONSOLE_PORT": str(_console_port())},
        service=True,
        on_step=lambda step: console.print(f"· {step}"),
    ) as stack:
        _tell(console, stack)
        ended = asyncio.create_task(stack.worker.wait())
        stopped = asyncio.create_task(stop.wait())
        await asyncio.wait({ended, stopped}, return_when=asyncio.FIRST_COMPLETED)
        stopped.cancel()
        if ended.done():
            raise SetupFailed(f"the worker has ended; its log is {stack.worker.log}")
        ended.cancel()


def _console_port() -> int:
    """The port of the settings, so that an open page finds the console again; 0 (any) if it is in use."""
    console = read(ConsoleSettings)
    try:
        bound(console).close()
    except BadInput:
        return 0
    return console.port


def _tell(console: Console, stack: Stack) -> None:
    groq = (
        "Groq itself"
        if stack.groq == "groq"
        else "a stand-in: it understands the demo's caller, not your voice"
    )
    token = caller_token(
        stack.livekit.api_key, stack.livekit.api_secret, room=_ROOM, agent_name=stack.agent_name
    )
    console.print()
    console.print(f"[bold]Baton is running.[/] Groq: {groq}.")
    console.print(f"  console  {stack.console}")
    if "#token=" not in stack.console:
        console.print(
            f"           another token: BATON_STORE={stack.store} "
            ".venv/bin/baton operators add NAME --role operator"
        )
    console.print(f"  server   {stack.livekit.url}")
    console.print(
        "  call it  with any LiveKit client and this token, which also dispatches the agent, for six hours:"
    )
    console.print(f"           {token}")
    console.print(f"  look     BATON_STORE={stack.store} .venv/bin/baton calls   (handoffs, show ID)")
    console.print(f"  logs     {stack.worker.log.parent}/*.log")
    console.print("  persona  edit roster/front-desk.md, then run make dev again")
    console.print("  end      Ctrl-C")


def main() -> int:
    console = Console(soft_wrap=True)
    try:
        asyncio.run(_keep_running(console))
    except BadInput as bad:
        for mistake in bad.each:
            sys.stderr.write(f"dev: {mistake}\n")
        return 2
    except SetupFailed as failed:
        sys.stderr.write(f"dev: {failed}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
