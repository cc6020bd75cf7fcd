"""Listens from the first moment: until the service is open, answers that it is not ready, and why."""

from __future__ import annotations

from starlette.types import ASGIApp, Receive, Scope, Send

from operators.api.app import Service, hardened_by
from operators.api.resources import Parts
from operators.api.schemas.problems import problem
from operators.refused import Refused
from readiness import Readiness
from settings import Settings

_ASK_AGAIN_S = 5


class Front:
    """The service, once `open_to` has been called; before that, 503 for every address.

    Tokens are in the store, so nobody can be identified yet: the answer names the settings, but no address or
    path. Those are in the log.
    """

    def __init__(self, settings: Settings, readiness: Readiness) -> None:
        self._readiness = readiness
        self._app: ASGIApp = hardened_by(settings, self._not_ready)
        self.parts: Parts | None = None
        """The parts of the open service; None until it is open."""

    def open_to(self, service: Service) -> None:
        self._app = service
        self.parts = service.state.parts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._app(scope, receive, send)

    async def _not_ready(self, scope: Scope, receive: Receive, send: Send) -> None:
        needs = self._readiness.needs
        named = f" ({', '.join(self._readiness.settings)})" if self._readiness.settings else ""
        refused = Refused(
            "not-ready",
            f"not ready: it waits for {' and '.join(needs)}{named}, and its log says why; ask again",
            headers={"Retry-After": str(_ASK_AGAIN_S)},
            well=False,
            waits_for=list(needs),
        )
        await problem(refused)(scope, receive, send)
