"""`make dev`: keeps the whole stack running, and prints how to use it."""

from __future__ import annotations

import argparse
import asyncio
import shutil
import signal
import sys
from contextlib import nullcontext
from pathlib import Path

from rich.console import Console

from agents.roster.roster import Roster
from agents.worker.writable_folder import made_writable
from clock import SystemClock
from errors import BadInput, SetupFailed
from local.caller.token import caller_token
from local.dev_roster import add_service_team, follow, may_have_one
from local.exit_code import exit_code_of
from local.phone.dev_line import how_to_call, lead
from local.phone.network import phone_network
from local.roster_in_use import HINTS, first_role, roster_in_use
from local.scripted import script_for
from local.stack import Stack, local_stack
from operators.api.listen_address import bound
from operators.auth.access import add_operator, renew_operator, token_hash
from operators.console_folder import LIVEKIT_CLIENT
from operators.dev_stack import FOLDER, DevStack, DevStackFile, only_one
from persistence.access import EVERYTHING, Right
from persistence.engines import open_store
from settings import CallPageSettings, ConsoleSettings, WorkerSettings, is_given, read
from tasks import BackgroundTasks

_ROOM = "dev"
_ROSTER = "BATON_ROSTER_FOLDER"
_WITH_TEAM = FOLDER / "roster"
_ORIGINS = "BATON_CALL_PAGE_ORIGINS"
_HELP = """It reads .env: with GROQ_API_KEY it uses Groq itself, and the roles are those of
BATON_ROSTER_FOLDER; without it, those of roster/ and a service team of people. The console's port is
BATON_CONSOLE_PORT, or any if that is taken. Store and logs are in out/dev. PHONE=1: telephones of this
machine can call in (docs/phone.md). Ctrl-C ends it."""


async def _keep_running(console: Console, file: DevStackFile, chosen: Path | None, *, phone: bool) -> None:
    folder = await _roster_folder()
    roster = roster_in_use({_ROSTER: str(folder)})
    script = script_for(roster, first_role(roster), chosen)
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    store = f"sqlite:///{FOLDER.absolute() / 'baton.db'}"

    def tell(step: str) -> None:
        console.print(f"· {step}")

    async with (
        phone_network(FOLDER, on_step=tell) if phone else nullcontext() as network,
        local_stack(
            FOLDER,
            script=script,
            latencies="like-groq",
            livekit=network.livekit if network else None,
            settings={
                "BATON_STORE": store,
                "BATON_CONSOLE_PORT": str(_console_port()),
                "BATON_RELOAD_ROSTER": "true",
                _ROSTER: str(folder),
                **_call_page(),
            },
            service=True,
            on_step=tell,
        ) as stack,
    ):
        link, desk = await _link(stack, file.last), await _desk_link(stack, roster)
        file.tell(DevStack(link, dict(stack.env)))
        following = BackgroundTasks()
        if folder == _WITH_TEAM:
            following.start(follow(_own_folder(), folder), name="the roster")
        calls = how_to_call(network, await lead(stack, tuple(roster.house.numbers))) if network else []
        _tell(console, stack, link, desk, calls)
        ended = asyncio.create_task(stack.worker.wait())
        stopped = asyncio.create_task(stop.wait())
        await asyncio.wait({ended, stopped}, return_when=asyncio.FIRST_COMPLETED)
        stopped.cancel()
        await following.cancel()
        if ended.done():
            raise SetupFailed(f"the worker has ended; its log is {stack.worker.log}")
        ended.cancel()


async def _roster_folder() -> Path:
    """Return the settings' roster. The project's own roster, which has no people, gets a service team."""
    own = _own_folder()
    if is_given(_ROSTER) or not may_have_one(own):
        return own
    await asyncio.to_thread(shutil.rmtree, _WITH_TEAM, ignore_errors=True)
    return await asyncio.to_thread(add_service_team, own, _WITH_TEAM)


def _own_folder() -> Path:
    return Path(read(WorkerSettings).roster_folder)


def _call_page() -> dict[str, str]:
    """Return the setting that turns on the call page, if its library is installed."""
    return {_ORIGINS: read(CallPageSettings).origins or "self"} if LIVEKIT_CLIENT.is_file() else {}


def _console_port() -> int:
    """Return the settings' port, so that an open page finds the console again; 0 (any) if it is in use."""
    console = read(ConsoleSettings)
    try:
        bound(console).close()
    except BadInput:
        return 0
    return console.port


async def _link(stack: Stack, last: DevStack | None) -> str:
    """Return the console's link with a valid token: a new store's first, the last run's, or a new one."""
    if "#token=" in stack.console:
        return stack.console
    async with open_store(stack.store) as store:
        token = last.console.partition("#token=")[2] if last else ""
        if await store.operator_of(token_hash(token)) is None:
            name = f"make dev {len(await store.operators())}"
            token = await add_operator(store, name, EVERYTHING, SystemClock())
    return f"{stack.console}#token={token}"


async def _desk_link(stack: Stack, roster: Roster) -> str | None:
    """Return the desk's link, signed in as the roster's first person; None in a roster without people."""
    people = [person for role in roster.roles.values() if role.desk for person in role.desk.people]
    if not people:
        return None
    name, rights = people[0], frozenset({Right.DESK})
    async with open_store(stack.store) as store:
        if name in {operator.name for operator in await store.operators()}:
            token = await renew_operator(store, name, rights=rights, expires_at=None)
        else:
            token = await add_operator(store, name, rights, SystemClock())
    return f"{stack.console.partition('#')[0]}desk.html#token={token}   (calls for {name})"


def _tell(console: Console, stack: Stack, link: str, desk: str | None, calls: list[str]) -> None:
    """Print how to use the stack. `calls`: how a telephone calls in."""
    groq = (
        "Groq itself"
        if stack.groq == "groq"
        else "a stand-in, which plays along: it understands a few sentences"
    )
    token = caller_token(
        stack.livekit.api_key, stack.livekit.api_secret, room=_ROOM, agent_name=stack.agent_name
    )
    console.print()
    console.print(f"[bold]Baton is running.[/] Groq: {groq}.")
    console.print(f"  console  {link}")
    if desk is not None:
        console.print(f"  desk     {desk}")
        console.print("           (call, and ask for the service team)")
    if stack.env.get(_ORIGINS):
        console.print(f"  callers  {link.partition('#')[0]}call   (anybody calls here, without signing in)")
    if calls:
        console.print("  phone    " + f"\n{'':11}".join(calls), markup=False)
    if hints := stack.env.get(HINTS):
        console.print("  say      " + f"\n{'':11}".join(map(str.strip, hints.split("|"))), markup=False)
    console.print(f"  server   {stack.livekit.url}")
    console.print(
        "  call it  with any LiveKit client and this token, which also dispatches the agent, for six hours:"
    )
    console.print(f"           {token}")
    console.print("  look     .venv/bin/baton calls   (handoffs, show ID; every command finds this stack)")
    console.print(f"  logs     {stack.worker.log.parent}/*.log")
    console.print(
        f"  persona  edit {_own_folder()}/*.md, then run make dev again; .venv/bin/baton roster shows all",
        markup=False,
    )
    console.print("  end      Ctrl-C")


def main() -> int:
    """Exit code: 0 ended by a signal, 1 a part did not start or another stack runs here, 2 bad input."""
    parser = argparse.ArgumentParser(prog="make dev", description=__doc__, epilog=_HELP)
    parser.add_argument("--script", type=Path, help="a script of your own (docs/stand-in.md)")
    parser.add_argument("--phone", action="store_true", help="telephones of this machine can call in")
    arguments = parser.parse_args()
    console = Console(soft_wrap=True)

    def run() -> None:
        made_writable(FOLDER, "the stack's folder", "run it in a checkout of your own")
        with only_one() as file:
            asyncio.run(_keep_running(console, file, arguments.script, phone=arguments.phone))

    return exit_code_of("dev", run)


if __name__ == "__main__":
    sys.exit(main())
