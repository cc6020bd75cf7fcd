"""The process's only AsyncGroq: made before any loop runs, connected before the first call."""

from __future__ import annotations

import ipaddress
import logging
from urllib.parse import urlparse

import httpx
from groq import AsyncGroq

from agents.groq.budget.budget import Budget
from agents.groq.errors import API_KEY, as_bad_input
from agents.groq.rate_limits import LimitsSeen
from agents.groq.spending.book import SpendingBook
from agents.groq.spending.metered_client import MeteredClient
from agents.tls import tls
from errors import BadInput
from settings import GroqAccess, GroqSettings

KEEPALIVE_S = 120.0
"""httpx's default of 5 s is shorter than a turn: every reply would start with a TLS handshake."""

_LOCAL_KEY = "none-needed"


def make_client(
    groq: GroqSettings,
    access: GroqAccess,
    *,
    seen: LimitsSeen | None = None,
    book: SpendingBook | None = None,
    budget: Budget | None = None,
) -> AsyncGroq:
    """Build the client without sending anything. The caller closes it.

    `seen` records the limits in the answers' headers, `book` what requests use, `budget` what may be spent.
    Needs no running loop.
    `max_retries=0`: the library's own retries hide up to 40 s of silence (groq-facts).
    Raises: BadInput, when the key is missing or malformed.
    """
    host = urlparse(access.base_url).hostname or ""
    # At DEBUG the library logs whole requests, including what people said.
    logging.getLogger("groq").setLevel(logging.INFO)
    return AsyncGroq(
        api_key=_checked_key(access, host),
        base_url=access.base_url,
        max_retries=0,
        http_client=MeteredClient(
            book or SpendingBook(),
            budget,
            limits=httpx.Limits(
                max_connections=100, max_keepalive_connections=100, keepalive_expiry=KEEPALIVE_S
            ),
            timeout=groq.answer_limit_s,  # a backstop; each use has its own timeout
            follow_redirects=True,
            verify=tls(),
            # A proxy from the environment cannot reach this machine's loopback.
            trust_env=not _is_loopback(host),
            event_hooks={"response": [seen.hook]} if seen else None,
        ),
    )


async def open_connection(client: AsyncGroq, settings: GroqSettings) -> None:
    """Open the connection and trigger the library's lazy imports, with a request that costs no tokens.

    Raises: BadInput, when Groq cannot be reached or refuses the key.
    """
    try:
        await client.models.list(timeout=settings.answer_limit_s)
    except Exception as error:
        raise as_bad_input(error, str(client.base_url)) from error


def _checked_key(access: GroqAccess, host: str) -> str:
    key = access.api_key.get_secret_value().strip() if access.api_key else ""
    if not key:
        if host == "groq.com" or host.endswith(".groq.com"):
            raise BadInput(API_KEY, "is not set", "set it to a key from console.groq.com/keys")
        return _LOCAL_KEY
    if not key.isascii() or not key.isprintable() or " " in key:
        raise BadInput(API_KEY, "contains characters that no key has", "copy the key again")
    return key


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
