"""`python -m local.groq_standin`: serve until SIGTERM. The first and only line on stdout is {"url": "http://…"}."""

from __future__ import annotations

import argparse  # one flat list of flags; typer would double the time until the first answer
import asyncio
import json
import logging
import signal
import sys
from pathlib import Path

from pydantic import ValidationError

from errors import BadInput, SetupFailed
from local.groq_standin.latencies import NONE, PRESETS, Latencies
from local.groq_standin.script import load_script
from local.groq_standin.server import standin
from local.groq_standin.validation_errors import first_wrong

_DEMO = Path(__file__).parent.parent / "scripts" / "demo.yaml"


def main() -> int:
    arguments = _parser().parse_args()
    logging.basicConfig(level=logging.INFO if arguments.verbose else logging.WARNING, stream=sys.stderr)
    try:
        asyncio.run(_serve(arguments.script, _latencies(arguments), arguments.port))
    except (BadInput, SetupFailed) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m local.groq_standin", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0 picks a free port (default)")
    parser.add_argument("--script", type=Path, default=_DEMO, help="what is said (default: the demo)")
    parser.add_argument("--latencies", choices=sorted(PRESETS), help="a set of latencies to start from")
    parser.add_argument("--verbose", action="store_true", help="log each request to stderr")
    for name, field in Latencies.model_fields.items():
        parser.add_argument(
            f"--{name.replace('_', '-')}", type=float, help=f"{field.description}, milliseconds"
        )
    return parser


def _latencies(arguments: argparse.Namespace) -> Latencies:
    base = PRESETS.get(arguments.latencies, NONE)
    given = {
        name: value for name in Latencies.model_fields if (value := getattr(arguments, name)) is not None
    }
    try:
        return Latencies.model_validate({**base.model_dump(), **given})
    except ValidationError as error:
        field, wrong = first_wrong(error)
        raise BadInput(f"--{field.replace('_', '-')}", wrong, "give 0 to 60000 milliseconds") from error


async def _serve(script: Path, latencies: Latencies, port: int) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with standin(load_script(script), latencies, port=port) as server:
        sys.stdout.write(json.dumps({"url": server.url}) + "\n")
        sys.stdout.flush()
        await stop.wait()


if __name__ == "__main__":
    sys.exit(main())
