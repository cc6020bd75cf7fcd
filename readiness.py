"""What a program still waits for. A server that does not answer yet is not a mistake: it may still come."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from typing import TypeVar

from errors import BadInput, OutOfReach

STORE, LIVEKIT, GROQ = "the store", "livekit-server", "Groq"
"""What Baton's programs may wait for, as shown to people."""

FIRST_PAUSE_S = 0.5
LONGEST_PAUSE_S = 10.0

T = TypeVar("T")


def pauses(chance: Callable[[], float] = random.random) -> Iterator[float]:
    """Seconds to wait between tries, without end: doubled from 0.5 to 10.

    Each is shortened by up to a half, by chance (0 to 1): many programs must not all ask in the same moment.
    """
    longest = FIRST_PAUSE_S
    while True:
        yield longest * (1 - chance() / 2)
        longest = min(2 * longest, LONGEST_PAUSE_S)


class Readiness:
    """What a program needs and does not have yet. It tells a person once what it waits for, and when it came.

    `needs`: what is missing from the beginning, until `found`. `tell` gets each line.
    """

    def __init__(self, needs: Iterable[str] = (), *, tell: Callable[[str], None]) -> None:
        self.tell = tell
        self._missing: dict[str, BadInput | None] = dict.fromkeys(needs)
        self._since: dict[str, float] = {}

    @property
    def ready(self) -> bool:
        return not self._missing

    @property
    def needs(self) -> Sequence[str]:
        """What is missing, by name: the needs with a known reason, or all if there is none."""
        return [need for need, why in self._missing.items() if why] or list(self._missing)

    @property
    def reasons(self) -> Sequence[str]:
        """Why, a line for each of `needs`."""
        return [str(self._missing[need] or f"{need} is not ready yet") for need in self.needs]

    @property
    def settings(self) -> Sequence[str]:
        """The settings that name what is missing: what a stranger may know of it."""
        return [why.where for why in self._missing.values() if why]

    def missing(self, need: str, why: BadInput) -> None:
        """Say that the program waits; once, unless another setting is to blame now."""
        before = self._missing.get(need)
        self._missing[need] = why
        self._since.setdefault(need, asyncio.get_running_loop().time())
        if before is None or before.where != why.where:
            self.tell(f"{why}; waiting for {need}")

    def found(self, need: str) -> None:
        if self._missing.pop(need, None) is not None:
            waited_s = asyncio.get_running_loop().time() - self._since[need]
            self.tell(f"{need} is there, after {waited_s:.0f} s")
        self._since.pop(need, None)

    async def until_reached(
        self, need: str, reach: Callable[[], Awaitable[T]], *, bears_refusals: bool = False
    ) -> T:
        """Await `reach()` until it raises no OutOfReach, with growing pauses; return what it returned.

        `bears_refusals`: any other BadInput is waited out too, for a program that serves already.
        Raises: BadInput.
        """
        for pause_s in pauses():
            try:
                reached = await reach()
            except BadInput as why:
                if not (bears_refusals or isinstance(why, OutOfReach)):
                    raise
                self.missing(need, why)
            else:
                self.found(need)
                return reached
            await asyncio.sleep(pause_s)
        raise AssertionError("pauses have no end")
