"""A call page for a service whose settings have none, with a server that has no rooms."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import cast

from livekit.protocol.models import Room

from operators.api.resources import CallPage
from operators.call_page.admission import Admission
from settings import CallPageSettings
from tests.support.api.desk import ADDRESS, Desk
from transfer.livekit.server_api import ServerApi

OWN_PAGE = {"Origin": ADDRESS}
"""What a browser sends along from the page itself."""


def open_call_page(desk: Desk, *, calls_per_minute: int = 4, calls_at_once: int = 10) -> None:
    async def no_rooms(*, limit_s: float) -> list[Room]:
        assert limit_s
        return []

    settings = CallPageSettings(
        origins="self", calls_per_minute=calls_per_minute, calls_at_once=calls_at_once
    )
    server = cast(ServerApi, SimpleNamespace(rooms=no_rooms))
    page = CallPage(settings, Admission(settings, server, desk.clock), {})
    desk.app.state.parts = replace(desk.parts, call_page=page)
