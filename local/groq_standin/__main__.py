"""`python -m local.groq_standin`: serves until SIGTERM. The only line on stdout is {"url": "http://…"}."""

from __future__ import annotations

import argparse  # one flat list of flags; typer would double the time until the first answer
import asyncio
import json
import logging
import signal
import sys
from contextlib import AbstractAsyncContextManager
from pathlib import Path

from pydantic import ValidationError

from agents.groq.documented_limits import Tier
from errors import BadInput, SetupFailed
from local.groq_standin.account.account import Account
from local.groq_standin.latencies import NONE, PRESETS, Latencies
from local.groq_standin.models import SPEECH
from local.groq_standin.script import Script, load_script
from local.groq_standin.server import StandIn, standin
from local.groq_standin.speech.language_model import language_of
from local.groq_standin.speech.processes import recognizer_processes
from local.groq_standin.validation_errors import first_wrong
from priority import be_scheduled

_FIRST = -10
"""Niceness. Groq has its own processors, so the stand-in goes first."""


def main() -> int:
    arguments = _parser().parse_args()
    logging.basicConfig(level=logging.INFO if arguments.verbose else logging.WARNING, stream=sys.stderr)
    try:
        names = dict(map(_named, arguments.role))
        latencies = _latencies(arguments)
        said = load_script(arguments.script) if arguments.script else Script()
        be_scheduled(_FIRST)
        with recognizer_processes(said, language_of(said, names, arguments.topic)) as recognizer:
            serving = standin(
                said, latencies, port=arguments.port, recognizer=recognizer, account=_account(arguments)
            )
            asyncio.run(_serve(serving))
    except (BadInput, SetupFailed) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m local.groq_standin", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0 picks a free port (default)")
    parser.add_argument("--script", type=Path, help="what is said (default: all is made up)")
    parser.add_argument(
        "--role",
        action="append",
        default=[],
        metavar="ROLE=NAME",
        help="a role's name, to understand by voice",
    )
    parser.add_argument(
        "--topic",
        action="append",
        default=[],
        metavar="WORDS",
        help="what a role's documents are about, to understand by voice",
    )
    parser.add_argument("--latencies", choices=sorted(PRESETS), help="a set of latencies to start from")
    parser.add_argument("--tier", type=Tier, choices=list(Tier), help="whose limits it keeps (default: none)")
    parser.add_argument(
        "--terms-not-accepted",
        action="store_true",
        help="the organization has not accepted the speech model's terms",
    )
    parser.add_argument("--verbose", action="store_true", help="log each request to stderr")
    for name, field in Latencies.model_fields.items():
        parser.add_argument(
            f"--{name.replace('_', '-')}", type=float, help=f"{field.description}, milliseconds"
        )
    return parser


def _named(role: str) -> tuple[str, str]:
    """Parse ROLE=NAME. Raises: BadInput."""
    name, equals, spoken = role.partition("=")
    if not (name and equals and spoken.strip()):
        raise BadInput("--role", f"{role!r} has no name", 'write it like "billing=the billing desk"')
    return name, spoken.strip()


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


def _account(arguments: argparse.Namespace) -> Account:
    account = Account(arguments.tier)
    if arguments.terms_not_accepted:
        account.terms_missing |= set(SPEECH)
    return account


async def _serve(serving: AbstractAsyncContextManager[StandIn]) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with serving as server:
        sys.stdout.write(json.dumps({"url": server.url}) + "\n")
        sys.stdout.flush()
        await stop.wait()


if __name__ == "__main__":
    sys.exit(main())
