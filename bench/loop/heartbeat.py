"""The heartbeat: every 5 ms on the loop that is measured, put into an app's lifespan, whichever app it is.

The kernel's timer sets the beat, and the loop gets to it as it does to any socket. A loop's own timers are
late by up to a millisecond by themselves, rounded up to what epoll knows: more than what is measured.
"""

from __future__ import annotations

import asyncio
import ctypes
import math
import os
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from typing import Any, TypeVar

from fastapi import FastAPI

from bench.loop.lag import BEAT_S
from bench.loop.tape import BEAT, Tape

_MONOTONIC, _ABSOLUTE = 1, 1  # CLOCK_MONOTONIC, TFD_TIMER_ABSTIME
_NS = 1_000_000_000

A = TypeVar("A", bound=FastAPI)


def with_heartbeat(app: A, tape: Tape) -> A:
    """The same app; its heart beats from before its own start to after its own end."""
    inner = app.router.lifespan_context

    @asynccontextmanager
    async def beating(app: FastAPI) -> AsyncIterator[Mapping[str, Any]]:
        with _beating(tape):
            async with inner(app) as state:
                yield state or {}

    app.router.lifespan_context = beating
    return app


@contextmanager
def _beating(tape: Tape) -> Iterator[None]:
    """Note of each beat when it was due and when the loop got to it; those due meanwhile never come."""
    loop, due = asyncio.get_running_loop(), time.monotonic() + BEAT_S
    timer = _timer(due)

    def beat() -> None:
        nonlocal due
        tape.mark(BEAT, f"{due:.6f}")
        due += BEAT_S * int.from_bytes(os.read(timer, 8), "little")  # beats since the last reading

    loop.add_reader(timer, beat)
    try:
        yield
    finally:
        loop.remove_reader(timer)
        os.close(timer)


class _Moment(ctypes.Structure):
    _fields_ = (("s", ctypes.c_long), ("ns", ctypes.c_long))


class _Times(ctypes.Structure):
    _fields_ = (("interval", _Moment), ("first", _Moment))


def _timer(first: float) -> int:
    """A file that can be read every BEAT_S from `first` on, by the monotonic clock.

    Linux alone has it; Python's own os.timerfd_create came with 3.13.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    timer = int(libc.timerfd_create(_MONOTONIC, os.O_NONBLOCK | os.O_CLOEXEC))
    part, whole = math.modf(first)
    times = _Times(_Moment(0, round(BEAT_S * _NS)), _Moment(int(whole), int(part * _NS)))
    if timer < 0 or libc.timerfd_settime(timer, _ABSOLUTE, ctypes.byref(times), None) < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return timer
