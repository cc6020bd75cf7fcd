"""The one AsyncGroq of a process: made before any loop runs, its connection opened before the first call."""

from __future__ import annotations

import ipaddress
import logging
from urllib.parse import urlparse

import httpx
from groq import AsyncGroq

from agents.groq.errors import API_KEY, BASE_URL, as_bad_input
from errors import BadInput
from settings import GroqAccess, GroqSettings

KEEPALIVE_S = 120.0
"""httpx's default of 5 s is shorter than a turn: every reply would begin with a TLS handshake."""

_LOCAL_KEY = "none-needed"


def make_client(groq: GroqSettings, access: GroqAccess) -> AsyncGroq:
    """Build the client; nothing is sent. Whoever makes it closes it.

    Needs no running loop. `max_retries=0`: the library's own retries hide up to 40 s of silence (groq-facts).
    Raises: BadInput, when the key is missing or the address cannot be one.
    """
    host = _checked_host(access.base_url)
    # At DEBUG the library logs whole requests, and with them what people said.
    logging.getLogger("groq").setLevel(logging.INFO)
    return AsyncGroq(
        api_key=_checked_key(access, host),
        base_url=access.base_url,
        max_retries=0,
        http_client=httpx.AsyncClient(
            limits=httpx.Limits(
                max_connections=100, max_keepalive_connections=100, keepalive_expiry=KEEPALIVE_S
            ),
            timeout=httpx.Timeout(groq.answer_limit_s, connect=groq.first_token_limit_s),
            follow_redirects=True,
            # A proxy of the environment cannot reach this machine's own loopback.
            trust_env=not _is_loopback(host),
        ),
    )


async def warm(client: AsyncGroq, settings: GroqSettings) -> None:
    """Open the connection and load what the library loads late, with a request that costs no tokens.

    Raises: BadInput, when Groq cannot be reached or refuses the key.
    """
    try:
        await client.models.list(timeout=settings.hearing_limit_s)
    except Exception as error:
        raise as_bad_input(error, str(client.base_url)) from error


def _checked_host(address: str) -> str:
    try:
        parts = urlparse(address)
        usable = parts.scheme in {"http", "https"} and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        usable = False
    if not usable:
        raise BadInput(BASE_URL, "is no address", "write https://HOST or http://HOST:PORT")
    if parts.path.rstrip("/").endswith("/openai/v1"):
        raise BadInput(BASE_URL, "ends with /openai/v1", "leave that out: the client adds it")
    return parts.hostname or ""


def _checked_key(access: GroqAccess, host: str) -> str:
    key = access.api_key.get_secret_value().strip() if access.api_key else ""
    if not key:
        if host == "groq.com" or host.endswith(".groq.com"):
            raise BadInput(API_KEY, "is not set", "set it to a key from console.groq.com/keys")
        return _LOCAL_KEY
    if not key.isascii() or not key.isprintable() or " " in key:
        raise BadInput(API_KEY, "holds characters that no key has", "copy the key again")
    return key


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
