"""Baton's version of LiveKit's AgentServer: waits for what it needs, and reports by its exit code."""

from __future__ import annotations

import asyncio
import logging
import sys
from collections.abc import Mapping
from contextlib import AsyncExitStack, nullcontext
from functools import partial
from typing import Any

from livekit.agents import NOT_GIVEN, AgentServer, NotGivenOr, version
from livekit.agents.utils import is_given
from livekit.agents.utils.http_server import HttpServer
from livekit.protocol.agent import JobTermination

from agents.admission.admission import Admission
from agents.groq.budget.budget import Budget
from agents.process.log_filters import check_log_level, hide_names_in_logs
from agents.process.process_context import warm_up
from agents.worker.early_forkserver import started
from agents.worker.health_server import HealthServer
from agents.worker.livekit_access import KEY, SECRET, URL
from agents.worker.preflight import check_written, wait_for_servers, watch_groq
from agents.worker.registration import REGISTRATION, DropReconnects, watch_registration
from agents.worker.status_signal import log_status_on_signal
from agents.worker.supervisor import supervise
from errors import BadInput
from failover.recovery import Recovery
from persistence.records import JobId
from private_files import write_for_us_alone
from readiness import GROQ, LIVEKIT, STORE, Readiness
from settings import Settings, adopt, unknown_names
from tasks import BackgroundTasks, Tasks

log = logging.getLogger(__name__)

_COULD_NOT_SERVE = 1
_LOOK_EVERY_S = 0.25


class BatonServer(AgentServer):
    """Takes no call before its checks are done, and loses none that it has taken.

    Exit codes: 0, it served until it was told to stop; 1, it could not serve, or broke; 2, bad input.
    """

    def __init__(self, *, health_port: int, admission: Admission, **options: Any) -> None:
        """`health_port` is on loopback; 0 takes any free port. `options` are passed to AgentServer."""
        self._admission = admission
        self._readiness = Readiness([STORE, LIVEKIT, GROQ, REGISTRATION], tell=say)
        self._health = HealthServer(health_port, self._readiness, self._describe)
        self._recovery: Recovery  # set before it serves
        self._serves = self._broke = False
        super().__init__(**options)

    @property
    def _http_server(self) -> HttpServer | None:
        """Override a private attribute: AgentServer has no other way to answer before it is registered."""
        return self._health

    @_http_server.setter
    def _http_server(self, _: HttpServer | None) -> None:
        """Ignore the server that AgentServer makes for each run: ours is already running."""

    async def run(self, *, devmode: bool = False, unregistered: bool = False) -> None:
        try:
            await self._wait_and_serve(devmode=devmode, unregistered=unregistered)
        except BadInput as bad:
            if (task := asyncio.current_task()) is not None:
                # Otherwise the loop logs the exit with its traceback, and with everything that was read.
                task.add_done_callback(lambda ended: ended.exception())
            refuse(bad)
        except Exception:  # LiveKit logs it, but would exit with code 0
            self._broke = True
            raise

    async def _wait_and_serve(self, *, devmode: bool, unregistered: bool) -> None:
        write_for_us_alone()  # before any process starts: each inherits it
        # From LiveKit's command line, or else from the environment.
        adopt({URL: self._ws_url, KEY: self._api_key, SECRET: self._api_secret})
        settings = Settings()
        if not devmode:
            check_log_level()
        if unknown := unknown_names():
            say(f"misspelt or not Baton's, and without effect: {', '.join(unknown)}")
        roster = check_written(settings)
        access = settings.livekit
        hide_names_in_logs(access.api_secret.get_secret_value())
        self.update_options(
            ws_url=access.url, api_key=access.api_key, api_secret=access.api_secret.get_secret_value()
        )
        async with AsyncExitStack() as stack:
            await self._health.start()
            stack.push_async_callback(self._health.aclose)
            rest = Tasks()
            stack.push_async_callback(rest.cancel)
            budget = Budget(patience_s=settings.groq.retry_wait_limit_s)
            # If job processes are not forked, nothing is imported for them beforehand.
            forked = self._mp_ctx_str == "forkserver"
            with started(self._preload_modules) if forked else nullcontext():
                await wait_for_servers(settings, roster, self._readiness, rest, budget)
            parent, self._recovery = await stack.enter_async_context(
                supervise(settings, self, self._admission, budget)
            )
            self.setup_fnc = partial(warm_up, parent=parent)
            watching = BackgroundTasks()
            stack.push_async_callback(watching.cancel)
            watching.start(watch_registration(self, access, self._readiness), name="registration")
            watching.start(watch_groq(settings, roster, say), name="Groq")
            logging.getLogger("livekit.agents").addFilter(DropReconnects())
            with log_status_on_signal(lambda: len(self.active_jobs)):
                self._serves = True
                await super().run(devmode=devmode, unregistered=unregistered)

    async def drain(self, timeout: NotGivenOr[int | None] = NOT_GIVEN) -> None:  # noqa: ASYNC109 - LiveKit's
        """Also wait for calls whose process has died: another of our processes may be about to replace it.

        Raises: TimeoutError.
        """
        if not self._serves:
            return
        async with asyncio.timeout(timeout if is_given(timeout) else self._drain_timeout):
            await super().drain(None)
            while await self._recovery.has_calls():  # noqa: ASYNC110 - the call's row tells, and sends no event
                await asyncio.sleep(_LOOK_EVERY_S)

    async def _handle_termination(self, msg: JobTermination) -> None:
        """End the job as livekit-server asks, unless it holds a call.

        livekit-server ends an agent's job when the agent reconnects to a room that still lists it, such as
        after a Redis outage. Such an agent still holds its call, and notices by itself if it is out of the
        room. The method is private to AgentServer, which would kill the process after 15 s.
        """
        if not self._serves or not await self._recovery.is_held_by(JobId(msg.job_id)):
            await super()._handle_termination(msg)
            return
        log.info("livekit-server asked to end a job that holds a call; it goes on", extra={"job": msg.job_id})

    async def aclose(self) -> None:
        if not self._serves:
            if not self._broke:
                say(f"ended before it could serve; it waited for {', '.join(self._readiness.needs)}")
            sys.exit(_COULD_NOT_SERVE)
        await super().aclose()
        if self._broke:
            sys.exit(_COULD_NOT_SERVE)

    def _describe(self) -> Mapping[str, Any]:
        return {
            "agent_name": self._agent_name,
            "sdk_version": version.__version__,
            "active_jobs": len(self.active_jobs) if self._serves else 0,
            "ready": self._readiness.ready,
        }


def refuse(bad: BadInput) -> None:
    """Write one line for each mistake, and exit with code 2."""
    for mistake in bad.each:
        say(str(mistake))
    sys.exit(2)


def say(line: str) -> None:
    """Write a line to stderr, for a person who may not read the log's JSON."""
    sys.stderr.write(f"baton: {line}\n")
    sys.stderr.flush()
