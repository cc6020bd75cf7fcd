"""`python -m local.desk ADDRESS TOKEN_FILE`: plays a person who takes every call and talks until it is over.

For tests that kill or stop this process, like a browser that is killed or a desk that loses the network.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from pathlib import Path

from local.caller.tape import RATE_HZ
from local.desk.client import OwnRoom, open_desk, take_calls
from local.speech import CALLER, synthesize

LINE = "good morning how can I help you today"


async def main(address: str, token: str, code: str, *, muted: bool) -> None:
    line = synthesize(LINE, CALLER, sample_rate=RATE_HZ).samples

    async def talking(room: OwnRoom) -> None:
        _tell("talking")
        await (room.talks_once if muted else room.talks)(line)

    async with open_desk(address, token) as desk:
        _tell("the desk is open")
        await take_calls(desk, talking, code=code)


def _tell(what: str) -> None:
    sys.stdout.write(f"{what}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m local.desk", description=__doc__)
    parser.add_argument("address", help="the operators' service's, with a slash at its end")
    parser.add_argument("token_file", type=Path, help="a file with the person's token")
    parser.add_argument("--code", default="", help="of each wrap-up")
    parser.add_argument("--muted", action="store_true", help="says one line in each talk, and is muted then")
    given = parser.parse_args()
    asyncio.run(
        main(
            given.address, given.token_file.read_text(encoding="utf-8").strip(), given.code, muted=given.muted
        )
    )
