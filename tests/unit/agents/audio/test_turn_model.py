"""One process of the worker says whether a turn is over; a call without its answer uses its own model."""

from __future__ import annotations

import asyncio

import numpy as np
import pytest
from livekit.agents.inference_runner import _InferenceRunner
from livekit.local_inference import EOT_MAX_SAMPLES

from agents.audio import turn_model
from agents.audio.turn_model import TurnModel, TurnRunner, share_turn_model

SILENCE = bytes(2 * 2 * EOT_MAX_SAMPLES)  # longer than the model's input
OWN = 0.25


class OwnModel:
    """Replaces the native model."""

    def predict(self, _samples: np.ndarray[tuple[int], np.dtype[np.int16]]) -> float:
        return OWN


class Executor:
    """LiveKit's executor: returns `answer`, raises it if it is an error, or never returns if it is None."""

    def __init__(self, answer: bytes | Exception | None) -> None:
        self._answer = answer
        self.asked: list[tuple[str, int]] = []

    async def do_inference(self, method: str, data: bytes) -> bytes | None:
        self.asked.append((method, len(data)))
        if isinstance(self._answer, Exception):
            raise self._answer
        if self._answer is None:
            await asyncio.Event().wait()
        return self._answer


@pytest.fixture(autouse=True)
def _light_model(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turn_model, "EOT", OwnModel)
    monkeypatch.setattr(turn_model, "_LIMIT_S", 0.01)


@pytest.fixture
def runners(monkeypatch: pytest.MonkeyPatch) -> dict[str, type[_InferenceRunner]]:
    mine: dict[str, type[_InferenceRunner]] = {}
    monkeypatch.setattr(_InferenceRunner, "registered_runners", mine)
    return mine


async def test_the_workers_process_answers_about_the_latest_samples() -> None:
    runner = TurnRunner()
    runner.initialize()
    executor, model = Executor(runner.run(SILENCE)), TurnModel()
    model.ask(executor)
    assert await model.finished(SILENCE) == OWN
    assert executor.asked == [(TurnRunner.INFERENCE_METHOD, 2 * EOT_MAX_SAMPLES)]


@pytest.mark.parametrize(
    "answer",
    [None, RuntimeError("no inference executor"), b""],
    ids=["it is too late", "it has died", "nonsense"],
)
async def test_a_call_that_gets_no_answer_uses_its_own_model_to_its_end(
    answer: bytes | Exception | None,
) -> None:
    executor, model = Executor(answer), TurnModel()
    model.ask(executor)
    assert [await model.finished(SILENCE), await model.finished(SILENCE)] == [OWN, OWN]
    assert len(executor.asked) == 1


async def test_a_process_without_a_worker_uses_its_own_model() -> None:
    assert await TurnModel().finished(SILENCE) == OWN


def test_the_workers_module_may_be_imported_again(runners: dict[str, type[_InferenceRunner]]) -> None:
    share_turn_model()
    share_turn_model()
    assert runners == {TurnRunner.INFERENCE_METHOD: TurnRunner}
