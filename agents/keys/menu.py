"""The way out when speech fails: keys of the telephone that hand the caller over."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from agents.keys.key_pad import KeyPad
from agents.roster.checked import fill
from agents.roster.role import Role

_KEYS = "123456789"


def choices_of(role: Role) -> Mapping[str, str]:
    """Return the role that each key leads to: the first nine of `transfers_to`, in order."""
    may = "transfer_call" in role.tools
    return dict(zip(_KEYS, role.transfers_to if may else (), strict=False))


def menu_line(role: Role) -> str:
    """Return what the caller hears; empty if the role hands over to nobody."""
    lines, choices = role.spoken_lines, choices_of(role)
    told = [fill(lines.menu_choice, key=key, target=role.targets[target]) for key, target in choices.items()]
    return " ".join([lines.menu, *told]) if told else ""


class KeyMenu:
    """Once it is offered, its keys work for as long as this agent has the call."""

    def __init__(self, pad: KeyPad, role: Role, choose: Callable[[str], None]) -> None:
        self._pad, self._choose = pad, choose
        self._line, self._choices = menu_line(role), choices_of(role)
        self._is_offered = False

    def offer(self) -> str:
        """Offer the menu, and return the words for the caller; empty if there is no choice."""
        self._is_offered = bool(self._line)
        return self._line

    async def serve(self) -> None:
        """Run until cancelled."""
        with self._pad.listening() as keys:
            while True:
                target = self._choices.get(await keys.get())
                if target is not None and self._is_offered:
                    self._choose(target)
