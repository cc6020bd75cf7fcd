"""`python -m local.demo`: plays one call with a warm handoff, checks it, writes files to out/demo/."""

from __future__ import annotations

import argparse
import asyncio
import logging
import sys
from pathlib import Path
from uuid import uuid4

from livekit import rtc
from rich.console import Console

from errors import BadInput, BatonError
from local.caller.caller import Caller
from local.caller.tasks import CallerTasks
from local.caller.token import caller_token
from local.demo.checks import judge, talked_to_the_end
from local.demo.leaks import leaks
from local.demo.measures import Recorded, hear, measure
from local.demo.plan import Plan, plan_call
from local.demo.progress import Progress
from local.demo.report import Findings, last_line, show_table, write_files
from local.demo.talk import talk
from local.demo.watch import recorded, tell_moves
from local.disk import on_disk
from local.livekit.build import cache_folder
from local.native_exit import exit_now
from local.processes import left_behind
from local.stack import Stack, local_stack
from persistence.engines import open_store
from settings import GroqAccess, read

PROJECT = Path(__file__).parents[2]
_HELP = """It reads .env: with GROQ_API_KEY it uses Groq itself. Exit codes: 0 every check holds; 1 a check
failed, or a part did not start; 2 a setting or the roster is wrong."""
FOLDER = PROJECT / "out" / "demo"
LATENCIES = "like-groq"  # the stand-in answers no sooner than Groq would


async def main(console: Console, chosen: Path | None = None) -> Findings:
    """Play the call and check it. `chosen`: a script to use. Raises: BatonError, rtc.ConnectError."""
    progress = Progress(console)
    plan = await plan_call(chosen, stand_in=read(GroqAccess).api_key is None)
    with progress.waiting("playing a call; this takes about a minute"):
        async with local_stack(
            FOLDER, script=plan.script, latencies=LATENCIES, on_step=progress.step
        ) as stack:
            groq = "groq" if stack.groq == "groq" else "stand-in"
            progress.note(_say_which(groq, plan))
            caller, zero_at, trouble, rows = await _call(stack, plan, progress)
        behind = left_behind(stack.groups)
    progress.step("everything has stopped")
    heard = hear(caller)
    measures = measure(heard, rows)
    leaked = leaks(caller.received, rows.handoffs)
    checks = (
        talked_to_the_end(trouble),
        *judge(heard, rows, measures, leaked, behind, hands_over=plan.hands_over, looks_up=plan.looks_up),
    )
    findings = Findings(groq, heard, rows, measures, leaked, checks)
    files = write_files(FOLDER, caller, findings, zero_at=zero_at)
    show_table(console, findings, files)
    progress.note(
        on_disk(PROJECT / ".venv", PROJECT / "out", cache_folder(), cache_folder().with_name("uv")), style=""
    )
    return findings


async def _call(
    stack: Stack, plan: Plan, progress: Progress
) -> tuple[Caller, int, Exception | None, Recorded]:
    """Play one call until its row has ended. The third item is what broke the conversation, or None."""
    room = f"demo-{uuid4()}"
    token = caller_token(
        stack.livekit.api_key,
        stack.livekit.api_secret,
        room=room,
        agent_name=stack.agent_name,
        may_send_data=True,  # so that an RPC to the caller would arrive, and count as a leak
    )
    watching, trouble = CallerTasks(), None
    async with open_store(stack.store, read_only=True) as store:
        async with Caller.join(stack.livekit.url, token) as caller:
            zero_at = caller.zero_at
            progress.step("the caller is connected")
            watching.start(tell_moves(store, room, progress.step), name="watch")
            try:
                await talk(caller, plan.lines, progress.step)
            except (BatonError, ConnectionError, TimeoutError) as error:
                trouble = error
        await watching.close()
        return caller, zero_at, trouble, await recorded(store, room)


def _say_which(groq: str, plan: Plan) -> str:
    if groq == "groq":
        which = "GROQ_API_KEY is set: Groq itself answers, hears and speaks."
    elif plan.note:
        which = "GROQ_API_KEY is not set: a stand-in for Groq plays along, with delays like Groq's."
    else:
        which = (
            "GROQ_API_KEY is not set: a stand-in for Groq answers from a script, with delays like Groq's. "
            "It understands its scripted caller only, not a person's voice."
        )
    return f"{which} {plan.note}".strip()


def run() -> int:
    """Run the demo. Exit code: 0; 1 if a check or the stack failed; 2 if a setting or the roster is wrong."""
    parser = argparse.ArgumentParser(prog="make demo", description=__doc__, epilog=_HELP)
    parser.add_argument("--script", type=Path, help="a script of your own (docs/stand-in.md)")
    arguments = parser.parse_args()
    console = Console(highlight=False)
    logging.getLogger("livekit").setLevel(logging.CRITICAL)  # the SDK logs the end of a room as an error
    try:
        findings = asyncio.run(main(console, arguments.script))
    except KeyboardInterrupt:
        return 130
    except BadInput as bad:
        for mistake in bad.each:
            sys.stderr.write(f"demo: {mistake}\n")
        return 2
    except (BatonError, rtc.ConnectError, TimeoutError) as error:
        sys.stderr.write(f"demo: {error}\n")
        return 1
    for check in findings.failed:
        sys.stderr.write(f"demo: failed: {check.claim}: {check.found}\n")
    sys.stderr.flush()
    sys.stdout.write(last_line(findings) + "\n")
    return 1 if findings.failed else 0


if __name__ == "__main__":
    exit_now(run())
