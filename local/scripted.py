"""Finds the script that fits a roster. Pure, except for reading the script."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from agents.roster.role import Role
from agents.roster.roster import Roster
from errors import BadInput, Mistakes
from local.groq_standin.script import Script, load_script
from persistence.records import RoleName

SCRIPTS = Path(__file__).parent / "scripts"
DEMO = SCRIPTS / "demo.yaml"


def script_for(roster: Roster, first: Role, chosen: Path | None) -> Path | None:
    """Return the chosen script, or the demo's if it fits the roster. None: the stand-in makes everything up.

    Raises: BadInput, with each place at which the chosen script does not fit.
    """
    path = chosen or DEMO
    mistakes = Mistakes()
    for where, wrong, right in misfits(load_script(path), roster, first):
        mistakes.add(BadInput(f"{path}: {where}", wrong, right))
    try:
        mistakes.tell()
    except BadInput:
        if chosen:
            raise
        return None
    return path


def misfits(script: Script, roster: Roster, first: Role) -> Iterator[tuple[str, str, str]]:
    """Yield what the script needs and the roster lacks: the field, what is wrong, and what would be right."""
    for name, role in script.roles.items():
        if (ours := roster.roles.get(RoleName(name))) is None:
            yield f"roles.{name}", "is no role of the roster", f"write one of {', '.join(roster.names)}"
            continue
        reached = ours.transfers_to if "transfer_call" in ours.tools else ()
        for place, exchange in enumerate(role.exchanges):
            for call in exchange.calls:
                target = call.arguments.get("target")
                if call.name == "transfer_call" and target not in reached:
                    right = f"write one of {', '.join(reached)}" if reached else "leave it out"
                    yield f"roles.{name}.exchanges[{place}]", f"{name} cannot hand over to {target}", right
    if script.caller and script.caller[0].to not in {first.id, None}:
        yield "caller[0].to", f"{first.id} answers calls here", f"write {first.id}, or set BATON_FIRST_ROLE"
