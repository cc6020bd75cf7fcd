"""A telephone in the terminal that calls the line of `make dev PHONE=1`.

Type a line of words to speak it, a line of 0-9, * and # to press keys, an empty line or Ctrl-D to hang up.
The terminal shows what both sides said; out/dev/telephone.wav has what the telephone heard.
"""

from __future__ import annotations

import argparse
import asyncio
import re
import sys
import tempfile
from pathlib import Path

from rich.console import Console

from errors import SetupFailed, StoreError
from local.exit_code import exit_code_of
from local.phone.demo.play import write_wav
from local.phone.demo.roster import CALLERS
from local.phone.softphone import Softphone, softphone
from local.speech import say_line
from operators.dev_stack import FOLDER
from persistence.contract.store import Store
from persistence.engines import open_store
from persistence.records import CALLER, CallId

_RATE_HZ = 8_000
_ANSWER_LIMIT_S = 30.0
_RECORDED_LIMIT_S = 3.0
_LOOK_EVERY_S = 0.3
_KEYS = re.compile(r"[0-9*#]+")
_HEARD = FOLDER / "telephone.wav"


async def _call(console: Console, number: str, address: str) -> None:
    store_url = f"sqlite:///{(FOLDER / 'baton.db').absolute()}"
    async with open_store(store_url, read_only=True) as store, softphone(CALLERS) as phone:
        before = {call.id for call in await store.calls(limit=1)}
        await phone.record(_HEARD.absolute())
        await phone.call(number, address)
        console.print(f"ringing {number}; words are spoken, keys pressed, an empty line hangs up")
        try:
            await phone.until("answered", limit_s=_ANSWER_LIMIT_S)
        except TimeoutError:
            raise SetupFailed(f"nobody answers at {address}: does make dev PHONE=1 run there?") from None
        showing = asyncio.create_task(_show(console, store, before), name="show the words")
        typing = asyncio.create_task(_type(phone), name="type")
        ended = asyncio.create_task(phone.until("ended", limit_s=float("inf")), name="the call's end")
        try:
            await asyncio.wait({typing, ended, showing}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (typing, ended, showing):
                task.cancel()
            await asyncio.gather(typing, ended, showing, return_exceptions=True)
        await phone.hang_up()
        await phone.until("recorded", limit_s=_RECORDED_LIMIT_S)
        console.print(f"the call is over; what the telephone heard: {_HEARD}")


async def _type(phone: Softphone) -> None:
    """Speak and press the typed lines. Returns when the caller hangs up."""
    lines = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    with tempfile.TemporaryDirectory() as folder:
        while line := (await lines.readline()).decode(errors="replace").strip():
            if _KEYS.fullmatch(line):
                await phone.press(line)
                continue
            spoken = await asyncio.to_thread(say_line, [line], sample_rate=_RATE_HZ)
            path = Path(folder) / "line.wav"
            write_wav(path, spoken.samples, _RATE_HZ)
            await phone.play(path)


async def _show(console: Console, store: Store, before: set[CallId]) -> None:
    """Show the turns of the call that began after `before`. Runs until cancelled."""
    shown = 0
    while True:
        await asyncio.sleep(_LOOK_EVERY_S)
        try:
            found = [call for call in await store.calls(limit=1) if call.id not in before]
            turns = await store.turns(found[0].id) if found else []
        except StoreError:
            continue  # the next poll shows them
        for turn in turns[shown:]:
            name = "you" if turn.speaker == CALLER else turn.speaker
            console.print(f"{name}: {turn.text}", markup=False)
        shown = len(turns)


def main() -> int:
    """Exit code: 0 the call is over, 1 nobody answered, 2 bad input."""
    parser = argparse.ArgumentParser(prog="python -m local.phone.call", description=__doc__)
    parser.add_argument("number", help="the number that make dev prints")
    parser.add_argument("address", help="the gateway, as HOST:PORT")
    asked = parser.parse_args()
    console = Console(soft_wrap=True)
    return exit_code_of("call", lambda: asyncio.run(_call(console, asked.number, asked.address)))


if __name__ == "__main__":
    sys.exit(main())
