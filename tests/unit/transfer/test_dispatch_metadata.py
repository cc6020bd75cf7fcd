"""The dispatch metadata of a job: ours, none at all, another version's, or rubbish."""

from __future__ import annotations

import json

import pytest

from transfer.protocol import AnswerCall, RecoverCall, TakeHandoff, read_dispatch

RECOVER = RecoverCall(role="billing", call="call-1", lost="job-1", caller="caller-1")
TAKE = TakeHandoff(
    role="billing", call="call-1", handoff="h-1", attempt="a-1", holder="agent-1", caller="caller-1"
)


@pytest.mark.parametrize("task", [AnswerCall(role="billing"), TAKE, RECOVER])
def test_what_we_write_we_read(task: AnswerCall | TakeHandoff | RecoverCall) -> None:
    assert read_dispatch(task.model_dump_json()) == task


def test_a_dispatch_without_metadata_is_a_call_to_answer() -> None:
    assert read_dispatch("") == AnswerCall()


def test_a_lost_call_of_another_version_is_ended_with_words() -> None:
    newer = {**RECOVER.model_dump(), "version": 2, "mood": "calm"}
    task = read_dispatch(json.dumps(newer))
    assert isinstance(task, RecoverCall)
    assert (task.call, task.lost, task.farewell) == ("call-1", "job-1", True)


@pytest.mark.fault("C9")
@pytest.mark.parametrize(
    "metadata",
    [
        "{",
        "[]",
        "null",
        '{"kind": "recover"}',
        '{"kind": "recover", "version": 1, "call": "call-1"}',
        '{"kind": "recover", "version": 2, "call": 7, "lost": "job-1"}',
        '{"kind": "recover", "version": 2, "call": "", "lost": "job-1"}',
        '{"kind": "handoff", "version": 2, "call": "call-1", "lost": "job-1"}',
        json.dumps({**RECOVER.model_dump(), "role": "x" * 300}),
        "\U0001f44d" * 2_000,
    ],
)
def test_rubbish_is_nothing(metadata: str) -> None:
    assert read_dispatch(metadata) is None
