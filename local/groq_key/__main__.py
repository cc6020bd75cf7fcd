"""`python -m local.groq_key`: tries the key in GROQ_API_KEY, and compares Groq with the stand-in.

This costs one short speech, one transcription and two chat requests, which it reports. Exit codes: 0, all
works, or there is no key; 1, something does not work; 2, a setting is wrong.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Mapping
from functools import partial

from pydantic import SecretStr

from agents.groq.capacity import carried
from agents.groq.client import make_client
from agents.groq.errors import API_KEY
from errors import BadInput
from local.groq_key.probe import Probe, Step
from local.groq_standin import Script, standin
from settings import GroqAccess, GroqSettings, read


async def main(tell: Callable[[str], None]) -> int:
    """Try the key, print the results, and return the exit code. Raises: BadInput."""
    access, settings = read(GroqAccess), read(GroqSettings)
    if access.api_key is None:
        tell(f"groq: {API_KEY} is not set, so there is nothing to try; everything here runs without it")
        return 0
    tell(f"groq: {access.base_url}")
    theirs = await _try(access, settings, tell)
    tell("")
    await _compare(theirs, settings, tell)
    return 0 if all(step.worked for step in theirs) else 1


async def _try(access: GroqAccess, settings: GroqSettings, tell: Callable[[str], None]) -> list[Step]:
    steps = []
    async with make_client(settings, access) as client:
        probe = Probe(client, settings, settings.voices.split()[0])
        async for step in probe.steps():
            steps.append(step)
            tell(f"{'works' if step.worked else 'FAILS':<8}{step.name:<13}{step.told}")
        for model, limits in probe.limits.items():
            for kind, one in limits.items():
                tell(f"{'limit':<8}{model}: {one.left:,} of {one.limit:,} {kind} left")
        if (found := carried(settings, probe.limits)) is not None:
            tell(f"{'carries':<8}{found}")
        tell(probe.trial.spent())
    return steps


async def _compare(theirs: list[Step], settings: GroqSettings, tell: Callable[[str], None]) -> None:
    async with standin(Script()) as running:
        access = GroqAccess(base_url=running.url, api_key=SecretStr(running.key))
        async with make_client(settings, access) as client:
            ours = {
                step.name: step async for step in Probe(client, settings, settings.voices.split()[0]).steps()
            }
    found = [line for step in theirs for line in _differences(step, ours[step.name])]
    tell("differs from the stand-in:" if found else "nothing differs from the stand-in")
    for line in found:
        tell(f"  {line}")


def _differences(theirs: Step, ours: Step) -> list[str]:
    if theirs.worked != ours.worked:
        return [f"{theirs.name}: {_works(theirs)} at Groq, {_works(ours)} at the stand-in"]
    names = {**ours.shape, **theirs.shape}
    return [
        f"{theirs.name}, {name}: Groq has {_of(theirs.shape, name)}; the stand-in {_of(ours.shape, name)}"
        for name in names
        if theirs.shape.get(name) != ours.shape.get(name)
    ]


def _works(step: Step) -> str:
    return "works" if step.worked else "fails"


def _of(shape: Mapping[str, str], name: str) -> str:
    return shape.get(name, "none")


if __name__ == "__main__":
    try:
        sys.exit(asyncio.run(main(partial(print, flush=True))))
    except BadInput as bad:
        for mistake in bad.each:
            sys.stderr.write(f"{mistake}\n")
        sys.exit(2)
