"""Recognizes speech in separate processes, so that the stand-in's event loop continues meanwhile.

pocketsphinx holds the interpreter's lock while it decodes: 0.1 s for a short line, 0.4 s for 10 s of speech.
In the event loop's process, every other caller's speech would stall for that long.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager

from local.groq_standin.script import Script
from local.groq_standin.speech.language_model import Language
from local.groq_standin.speech.recognition import Recognition, Recognizer
from local.speech import Samples

_PROCESSES = 2
_FORKS = sys.platform == "linux"
"""Elsewhere a fork is not safe. A forked process inherits imports and recognizer from its parent, which has
only one thread then, so each start takes 1.3 s of processor time instead of 3.2."""

_recognizer: Recognizer | None = None  # a child's


class RecognizerProcesses:
    """Recognizes two callers at once. Created by `recognizer_processes`."""

    def __init__(self, pool: ProcessPoolExecutor) -> None:
        self._pool = pool

    async def recognize(self, samples: Samples) -> Recognition:
        """Recognize 16-bit mono samples at SAMPLE_RATE. Cancelling while queued costs nothing."""
        return await asyncio.get_running_loop().run_in_executor(self._pool, _recognize, samples)


@contextmanager
def recognizer_processes(script: Script, language: Language | None) -> Iterator[RecognizerProcesses]:
    """Run the processes until the block ends. The arguments are those of Recognizer."""
    global _recognizer
    if _FORKS:
        _recognizer = Recognizer(script, language)
    context = multiprocessing.get_context("fork" if _FORKS else "spawn")
    pool = ProcessPoolExecutor(_PROCESSES, context, initializer=_begin, initargs=(script, language))
    try:
        for warm in [pool.submit(_ready) for _ in range(_PROCESSES)]:
            warm.result()
        yield RecognizerProcesses(pool)
    finally:
        pool.shutdown(cancel_futures=True)


def _begin(script: Script, language: Language | None) -> None:
    global _recognizer
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the parent ends us
    threading.Thread(target=_end_with_parent, daemon=True).start()
    _recognizer = _recognizer or Recognizer(script, language)


def _end_with_parent() -> None:
    """Exit when the parent ends: a parent that is killed cannot end its children."""
    parent = multiprocessing.parent_process()
    assert parent is not None
    parent.join()
    os._exit(1)


def _ready() -> bool:
    return _recognizer is not None


def _recognize(samples: Samples) -> Recognition:
    assert _recognizer is not None
    return _recognizer.decode(samples)
