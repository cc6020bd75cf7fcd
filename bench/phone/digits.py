"""The part `digits`: exact numbers despite echoes and late end keys; secret ones in no file of the stack."""

from __future__ import annotations

import random
from contextlib import AsyncExitStack
from pathlib import Path

from agents.roster.roster import load_roster
from bench.phone.secrets import files_with, hash_of, lead_to, type_secret, used, write_roster, write_script
from bench.phone.typing import DIGITS, type_numbers
from local.demo.progress import Progress
from local.phone.network import phone_network
from local.phone.softphone import softphone
from local.stack import local_stack
from settings import GroqSettings

_PHONES = 5
_SEED = 28


async def digits(progress: Progress, folder: Path, *, runs: int, secrets: int) -> dict[str, object]:
    """Run the part and return its figures. Raises: BatonError."""
    ledger, written = folder / "ledger", folder / "stack"
    roster = write_roster(folder / "roster", ledger)
    written.mkdir()
    lines = load_roster(roster, voices=GroqSettings.model_construct().voices.split()).house.lines
    chance = random.Random(_SEED)
    numbers = ["".join(chance.choices("123456789", k=DIGITS)) for _ in range(secrets)]
    async with AsyncExitStack() as open_now:
        network = await open_now.enter_async_context(phone_network(written, on_step=progress.step))
        typed = await type_numbers(network, lines, runs, phones=_PHONES, seed=_SEED)
        exact = sum(each.number == each.arrived for each in typed)
        progress.step(f"{exact} of {len(typed)} numbers arrived as they were typed")
        stack = await open_now.enter_async_context(
            local_stack(
                written,
                script=write_script(folder / "script.yaml"),
                settings={"BATON_ROSTER_FOLDER": str(roster)},
                stand_in_always=True,
                livekit=network.livekit,
            )
        )
        for line in await lead_to(stack):
            progress.step(line)
        phone = await open_now.enter_async_context(softphone())
        for number in numbers:
            await type_secret(phone, network, stack, folder, number)
    reached = [hash_of(number) in used(ledger) for number in numbers]
    progress.step(f"{sum(reached)} of {len(reached)} secret numbers reached the role's tool")
    files = files_with(written, numbers)
    progress.step(f"files of the stack with a secret number: {', '.join(files) or 'none'}")
    return {
        "digits_exact": exact,
        "digits_typed": len(typed),
        "secrets_used": sum(reached),
        "secrets_typed": len(reached),
        "secrets_found": len(files),
    }
