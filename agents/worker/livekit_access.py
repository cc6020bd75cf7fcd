"""Whether livekit-server answers and accepts our key, judged by the server's own error texts.

The request uses aiohttp directly: livekit-api drops the body of a 401, which alone tells a wrong key from a
wrong secret.
"""

from __future__ import annotations

import asyncio
from urllib.parse import urlsplit, urlunsplit

import aiohttp
from livekit.api import AccessToken, VideoGrants

from errors import BadInput, OutOfReach
from settings import LiveKitSettings
from unreachable import explain_failure

LIST_ROOMS = "/twirp/livekit.RoomService/ListRooms"
_PASSING = frozenset({408, 425, 429})
"""Temporary refusals by a busy server, or by a proxy in front of it."""
URL, KEY, SECRET = "LIVEKIT_URL", "LIVEKIT_API_KEY", "LIVEKIT_API_SECRET"


async def check_livekit(settings: LiveKitSettings, *, limit_s: float) -> None:
    """List the rooms, with the worker's own key.

    Raises: BadInput (it refuses the key or the secret, or is no livekit-server), OutOfReach.
    """
    status, body = await _list_rooms(settings, limit_s)
    if status == 200:
        return
    if status == 401 and "invalid API key" in body:
        right = f"write a key from the server's configuration, under keys, and its secret in {SECRET}"
        raise BadInput(KEY, "the server does not know this key", right)
    if status == 401 and "signature is invalid" in body:
        raise BadInput(
            SECRET, "the server says it is not the key's", f"write the secret that belongs to {KEY}"
        )
    if status == 401 and ("expired" in body or "not valid yet" in body):
        # Not bad input: a machine that has just started may not have synchronized its clock yet.
        raise OutOfReach(URL, "the server's clock differs from this machine's", "set both clocks right")
    if status in {401, 403}:
        raise BadInput(KEY, f"the server refuses it ({status})", "write a key that may list rooms")
    if status >= 500 or status in _PASSING:
        raise OutOfReach(URL, f"{settings.url} fails with status {status}", "look into the server's log")
    right = "set it to the address of livekit-server, such as ws://127.0.0.1:7880"
    raise BadInput(URL, f"{settings.url} answers, but not as livekit-server does ({status})", right)


async def _list_rooms(settings: LiveKitSettings, limit_s: float) -> tuple[int, str]:
    """Return the response's status and body. Raises: OutOfReach, BadInput."""
    start = "start livekit-server there (make dev starts one here), or set it to where one runs"
    try:
        async with (
            asyncio.timeout(limit_s),
            aiohttp.ClientSession() as session,
            session.post(_address(settings.url), json={}, headers=_authorization(settings)) as response,
        ):
            return response.status, await response.text(errors="replace")
    except TimeoutError as error:
        raise OutOfReach(URL, f"{settings.url} does not answer within {limit_s:g} s", start) from error
    except (aiohttp.ClientError, OSError) as error:
        nobody = OutOfReach(URL, f"nobody answers at {settings.url}", start)
        raise explain_failure(error, URL, settings.url, nobody) from error


def _address(url: str) -> str:
    parts = urlsplit(url)
    scheme = {"ws": "http", "wss": "https"}.get(parts.scheme, parts.scheme)
    return urlunsplit((scheme, parts.netloc, parts.path.rstrip("/") + LIST_ROOMS, "", ""))


def _authorization(settings: LiveKitSettings) -> dict[str, str]:
    token = AccessToken(settings.api_key, settings.api_secret.get_secret_value())
    return {"Authorization": f"Bearer {token.with_grants(VideoGrants(room_list=True)).to_jwt()}"}
