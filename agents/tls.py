"""The trusted certificates, for all requests over TLS."""

from __future__ import annotations

import ssl
from functools import cache

import httpx


@cache
def tls() -> ssl.SSLContext:
    """Load them once, before the fork: 60 to 100 ms, most of a process's warm-up."""
    return httpx.create_ssl_context()
