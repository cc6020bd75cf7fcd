"""Checks the set-up for calls by telephone: trunk, rule, and the numbers of house.md.

livekit-server does not report whether a livekit-sip runs beside it: only a call shows that.
"""

from __future__ import annotations

from collections.abc import Mapping

from errors import BadInput, Mistakes
from operators.phone.line import Line, line_of
from operators.phone.sip_api import NoSip, open_sip_api
from operators.roster import roster_of
from persistence.numbers import digits_of
from settings import Settings

_SET_UP = "baton phone set-up"
_NOBODY = "nobody calls by telephone"


async def check_phone(settings: Settings) -> str:
    """Check the line. Raises: BadInput, with every mistake; OutOfReach, if livekit-server does not answer."""
    worker, roster = settings.worker, roster_of(settings)
    ours = roster.house.numbers
    try:
        async with open_sip_api(settings.livekit) as api:
            line = line_of(worker.agent_name, await api.trunks(), await api.rules())
    except NoSip:
        if ours:
            raise
        return f"livekit-server has no SIP, as it runs without Redis: {_NOBODY}"
    if line.trunk is None and line.rule is None and not ours:
        return f"no trunk is called {worker.agent_name}: {_NOBODY}; {_SET_UP} makes one"
    house = f"{worker.roster_folder / 'house.md'}"
    check_line(line, worker.agent_name, ours, house)
    assert line.trunk is not None
    anybody = "; anybody who reaches the gateway may call" if line.is_open else ""
    return f"{worker.agent_name} answers {', '.join(line.trunk.numbers)}{anybody}"


def check_line(line: Line, agent_name: str, ours: Mapping[str, str], house: str) -> None:
    """Check the trunk and the rule. `ours`: the numbers of house.md. Raises: BadInput, with every mistake."""
    mistakes = Mistakes()
    known = {digits_of(number) for number in line.trunk.numbers} if line.trunk is not None else set()
    missing = [number for number in ours if digits_of(number) not in known]
    if line.trunk is None:
        mistakes.add(BadInput("trunk", f"livekit-server has none called {agent_name}", f"run {_SET_UP}"))
    elif missing:
        wrong = f"numbers has {', '.join(missing)}, which the trunk does not"
        mistakes.add(BadInput(house, wrong, f"run {_SET_UP}, or remove it"))
    if line.rule is None:
        mistakes.add(BadInput("dispatch rule", f"there is none called {agent_name}", f"run {_SET_UP}"))
    elif not line.dispatches(agent_name):
        wrong = f"calls by it get no agent: it does not dispatch {agent_name}"
        mistakes.add(BadInput("dispatch rule", wrong, f"run {_SET_UP}"))
    elif line.names_rooms_by_number:
        wrong = "rooms are named by callers' numbers, which livekit-server logs"
        mistakes.add(BadInput("dispatch rule", wrong, f"run {_SET_UP}"))
    mistakes.tell()
