"""`make demo-phone`: a caller calls by telephone, and is put through to a person at another telephone.

Writes to out/demo-phone: call.wav (left: what the caller hears, right: what the person hears), timeline.svg.
"""

from __future__ import annotations

import asyncio
import shutil
from contextlib import AsyncExitStack
from pathlib import Path

from livekit import api
from livekit.protocol.sip import SIP_TRANSPORT_UDP
from pydantic import SecretStr
from rich.console import Console

from clock import SystemClock
from errors import BadInput, BatonError
from local.demo.measures import Recorded
from local.demo.picture import bands
from local.demo.progress import Progress
from local.demo.watch import recorded
from local.measure.recording import write_call
from local.native_exit import exit_now
from local.phone.demo.play import Telephone, play
from local.phone.demo.roster import ANNAS, CALLERS, LINE, TRUNK, write_roster, write_script
from local.phone.network import PhoneNetwork, phone_network
from local.phone.softphone import softphone
from local.stack import Stack, local_stack
from local.timeline.panel import Lane
from local.timeline.picture import Picture, draw
from operators.phone.line import Wanted
from operators.phone.set_up import set_up
from operators.phone.sip_api import open_sip_api
from persistence.engines import open_store
from settings import LiveKitSettings

FOLDER = Path(__file__).parents[3] / "out" / "demo-phone"


async def main(console: Console) -> list[Path]:
    """Play the call, and write its files. Raises: BatonError."""
    progress = Progress(console)
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True)
    settings = {"BATON_ROSTER_FOLDER": str(write_roster(FOLDER / "roster"))}
    script = write_script(FOLDER / "script.yaml")
    with progress.waiting("playing a call by telephone; this takes about a minute"):
        async with AsyncExitStack() as stack:
            network = await stack.enter_async_context(phone_network(FOLDER, on_step=progress.step))
            caller = await stack.enter_async_context(softphone(CALLERS))
            anna = await stack.enter_async_context(softphone(ANNAS))
            baton = await stack.enter_async_context(
                local_stack(
                    FOLDER,
                    script=script,
                    latencies="like-groq",
                    settings=settings,
                    stand_in_always=True,
                    livekit=network.livekit,
                    on_step=progress.step,
                )
            )
            await _lead(network, baton, anna.address)
            store = await stack.enter_async_context(open_store(baton.store, read_only=True))
            theirs, hers, handoff = await play(network, store, FOLDER, caller, anna, progress.step)
            call = next(each for each in await store.calls() if each.id == handoff.call_id)
            rows = await recorded(store, call.room)
    return _write(theirs, hers, rows)


async def _lead(network: PhoneNetwork, baton: Stack, anna: str) -> None:
    """Set up the line to call, as `baton phone set-up` does, and the trunk to Anna's telephone."""
    livekit = network.livekit
    access = LiveKitSettings(
        url=livekit.url, api_key=livekit.api_key, api_secret=SecretStr(livekit.api_secret)
    )
    async with open_sip_api(access) as server:
        await set_up(server, Wanted(baton.agent_name, numbers=(LINE,)))
    trunk = api.SIPOutboundTrunkInfo(name=TRUNK, address=anna, numbers=[LINE], transport=SIP_TRANSPORT_UDP)
    async with api.LiveKitAPI(livekit.url, livekit.api_key, livekit.api_secret) as lk:
        await lk.sip.create_outbound_trunk(api.CreateSIPOutboundTrunkRequest(trunk=trunk))


def _write(theirs: Telephone, hers: Telephone, rows: Recorded) -> list[Path]:
    zero_s = theirs.phone.all("answered")[0].at
    zero_at = SystemClock().now_ms() - round((asyncio.get_running_loop().time() - zero_s) * 1000)
    heard = theirs.heard(zero_s), hers.heard(zero_s)
    sound, timeline = FOLDER / "call.wav", FOLDER / "timeline.svg"
    write_call(sound, caller=heard[0], heard=heard[1])
    length_ms = round(max(map(len, heard)) / 24) + 500
    picture = Picture(
        title="A call by telephone, put through to a person at another",
        subtitle="The caller hears the desk, music, then Anna; she hears what it is about before she accepts",
        lanes=(
            Lane("caller", "caller", theirs.lane(zero_s)),
            Lane("caller hears", "first", heard[0]),
            Lane("Anna", "second", hers.lane(zero_s)),
            Lane("Anna hears", "music", heard[1]),
        ),
        length_ms=length_ms,
        bands=bands(rows, zero_at=zero_at, length_ms=length_ms),
    )
    timeline.write_text(draw(picture), encoding="utf-8")
    return [sound, timeline]


def run() -> int:
    """Exit codes: 0; 1, a part did not start or a step did not happen; 2, a setting is wrong."""
    console = Console(soft_wrap=True)
    try:
        files = asyncio.run(main(console))
    except BadInput as bad:
        console.print(str(bad), markup=False)
        return 2
    except BatonError as failed:
        console.print(str(failed), markup=False)
        return 1
    console.print("\n".join(str(path.relative_to(FOLDER.parents[1])) for path in files), markup=False)
    return 0


if __name__ == "__main__":
    exit_now(run())
