"""Agents killed round by round, at every moment of a call: what callers hear.

Each round also has a bare dispatch, on the same machine in the same minute; `make faults` compares them.
"""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from bench.baselines.running import baselines
from bench.faults.results import BARE
from bench.support.environment import rest
from bench.support.statistics import percentile
from local.stack import Stack
from tests.recovery.rounds import CASES, bare_redispatch, one_round
from tests.support.driving import AT_ONCE_LIMIT_MS, Moment
from tests.support.fault_report import FaultReport

pytestmark = [
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.fault("A6"),
    pytest.mark.fault("C10"),
    pytest.mark.long,
]

ROUNDS = 10
P95_LIMIT_MS = 1_000


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def bare_agents(stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[None]:
    async with baselines(tmp_path_factory.mktemp("baselines"), stack):
        yield


@pytest.mark.parametrize(("moment", "victim"), CASES, ids=lambda case: str(case))
async def test_agent_is_killed_again_and_again_and_nobody_hears_much_of_it(
    stack: Stack, bare_agents: None, fault_report: FaultReport, moment: Moment, victim: str
) -> None:
    rounds = []
    for _ in range(ROUNDS):
        await rest()
        fault_report.silence(BARE, await bare_redispatch(stack))
        await rest()
        rounds.append(await one_round(stack, moment, victim))
    assert {each.ends for each in rounds} <= {None, 1}, "one end of each handoff"
    assert max(each.at_once_ms for each in rounds) <= AT_ONCE_LIMIT_MS
    assert percentile([each.silence_ms for each in rounds], 95) <= P95_LIMIT_MS
