"""LiveKit's local end-of-turn model, v1-mini: judges by the voice whether a caller has finished."""

from __future__ import annotations

import asyncio
import logging
import struct

import numpy as np
from livekit.agents.inference_runner import _InferenceRunner
from livekit.agents.ipc.inference_executor import InferenceExecutor
from livekit.local_inference import EOT, EOT_MAX_SAMPLES

log = logging.getLogger(__name__)

_LIMIT_S = 2.0
"""How long the worker's process may take to answer before it counts as gone. It usually takes 40 to 130 ms.

Meanwhile the words alone decide when the turn ends, so a late answer does no harm. Switching to a call's own
model after 0.35 s made busy cores busier: 11 of 25 calls did so at twice the ceiling (2026-11-29).
"""

_PROBABILITY = struct.Struct("<d")


class TurnRunner(_InferenceRunner):
    """The model in the one process that LiveKit keeps for a worker's local models.

    Its first answer in a process takes 18.5 MB for good (livekit-local-inference 0.2.7, 2026-11-28), a fifth
    of what a call's process takes. Private to LiveKit so far, but it runs its own turn detectors like this.
    """

    INFERENCE_METHOD = "baton_end_of_turn"

    def initialize(self) -> None:
        self._model = EOT()
        self._model.predict(np.zeros(EOT_MAX_SAMPLES, np.int16))  # the first one takes twice as long

    def run(self, data: bytes) -> bytes:
        return _PROBABILITY.pack(self._model.predict(np.frombuffer(data, np.int16)))


def share_turn_model() -> None:
    """Give a worker the model's process from its next start on. Call it on the main thread."""
    if TurnRunner.INFERENCE_METHOD not in _InferenceRunner.registered_runners:  # worker.py is imported again
        _InferenceRunner.register_runner(TurnRunner)


class TurnModel:
    """A process's use of the model, whose 244 MB all processes of a worker share.

    `livekit.agents.ipc._preload` loads it when the worker starts.
    """

    def __init__(self) -> None:
        """Loads the model if the process has not inherited it: 0.5 s. Make it before a loop runs."""
        self._model = EOT()
        self._shared: InferenceExecutor | None = None

    def ask(self, shared: InferenceExecutor) -> None:
        """Ask the worker's process from now on, or this process's own model once that one fails to answer."""
        self._shared = shared

    async def finished(self, audio: bytes) -> float | None:
        """Return the probability, 0 to 1, that the turn is over; None if the model does not work.

        `audio`: the latest 16-bit mono samples at 16 kHz, the silence after the last word included.
        Takes 40 ms in a thread, without the interpreter's lock (0.13 s on two busy cores, 2026-11-27).
        """
        samples = np.frombuffer(audio, np.int16)[-EOT_MAX_SAMPLES:]
        if self._shared is not None:
            try:
                return await _asked(self._shared, samples.tobytes())
            except Exception as error:  # noqa: BLE001 - whatever it is, this process can do it
                why = f"{type(error).__name__}: {error}"
                log.warning("this call uses its own end-of-turn model", extra={"why": why})
                self._shared = None
        try:
            return float(await asyncio.to_thread(self._model.predict, samples))
        except Exception:
            log.exception("no end-of-turn prediction")
            return None


async def _asked(shared: InferenceExecutor, samples: bytes) -> float:
    """Raises: TimeoutError, or whatever LiveKit raises when its process is gone."""
    async with asyncio.timeout(_LIMIT_S):
        answer = await shared.do_inference(TurnRunner.INFERENCE_METHOD, samples)
    (probability,) = _PROBABILITY.unpack(answer or b"")
    return float(probability)
