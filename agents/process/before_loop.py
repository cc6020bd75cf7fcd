"""Imports and loads what would block the event loop at a process's first requests. Import it before the loop.

On two busy cores, certificates and imports block a loop for up to two seconds. The worker imports this,
and so does the process that job processes are forked from (`agents/worker/preload.py`).
"""

import anyio._backends._asyncio  # imported by anyio at the first request
import anyio.streams.tls  # as above
import groq.resources.audio  # groq imports its resources at their first use
import groq.resources.chat.completions  # as above
import groq.resources.models  # as above
import h11  # imported by httpcore at the first request
import httpcore  # imported by httpx for its first client
from livekit.agents.utils import http_context

from agents.tls import tls

# Private, but nothing public makes the context early. LiveKit caches it under the environment's certificates,
# which AgentServer sets as it starts, so they are set first.
http_context._set_default_cert_env()
http_context._create_ssl_context()
tls()
