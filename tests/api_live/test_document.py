"""The running service matches its OpenAPI document: no 5xx, and no undocumented answer."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

import pytest

from local.stack import Stack, running_service, shown_link
from persistence.records import HandoffState
from persistence.sqlite import open_store
from tests.support.api.building import handoff_of, many_calls

pytestmark = pytest.mark.asyncio(loop_scope="session")

ROOT = Path(__file__).parents[2]
LIMIT_S = 120.0  # it takes about 15 s on an idle machine

LEFT_OUT = {
    "ignored_auth": "guesses with many tokens, and is slowed down: test_who_may tries every route",
    "positive_data_acceptance": "the document cannot know which roles there are, nor what can be spoken",
}
"""Checks that are left out, and why. All others run with every kind of request that Schemathesis knows."""


async def test_every_answer_is_one_that_the_document_tells_of(stack: Stack, tmp_path: Path) -> None:
    env = {
        **stack.livekit.env,
        "GROQ_BASE_URL": "http://127.0.0.1:1",
        "BATON_AGENT_NAME": "nobody",  # the stack's worker answers none of these dispatches
        "BATON_STORE": f"sqlite:///{tmp_path / 'baton.db'}",
        "BATON_CONSOLE_PORT": "0",
    }
    async with running_service(tmp_path, env) as service:
        await fill(tmp_path / "baton.db")
        address, _, token = shown_link(service).partition("#token=")
        assert await schemathesis(tmp_path, f"{address}openapi.json", token) == 0, (
            tmp_path / "schemathesis.log"
        ).read_text()


async def fill(path: Path) -> None:
    """Writes calls and handoffs that requests can find and act on."""
    async with open_store(path) as store:
        states = (HandoffState.ACCEPTED, HandoffState.COMPLETED, HandoffState.REQUESTED)
        for call, state in zip(await many_calls(store, 4), states, strict=False):
            await handoff_of(store, call, state)


async def schemathesis(folder: Path, document: str, token: str) -> int:
    """Runs Schemathesis with the same requests each time. Returns its exit code. Raises: TimeoutError."""
    with (folder / "schemathesis.log").open("wb") as log:
        running = await asyncio.create_subprocess_exec(
            *(str(Path(sys.executable).with_name("schemathesis")), "run", document),
            *("--header", f"Authorization: Bearer {token}"),
            *("--checks", "all", "--exclude-checks", ",".join(LEFT_OUT)),
            *("--phases", "examples,coverage,fuzzing,stateful", "--max-examples", "5"),
            *("--generation-deterministic", "--continue-on-failure", "--no-color", "--warnings", "off"),
            *("--request-timeout", "10"),
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(ROOT), "SCHEMATHESIS_HOOKS": "tests.support.api.hooks"},
            stdout=log,
            stderr=asyncio.subprocess.STDOUT,
        )
        try:
            async with asyncio.timeout(LIMIT_S):
                return await running.wait()
        finally:
            if running.returncode is None:
                running.kill()
                await running.wait()
