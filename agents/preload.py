"""Loaded once, in the process that all job processes are forked from: what would otherwise stall a call's loop.

LiveKit warns of each of these when it is loaded late (100 to 500 ms on two busy cores).
"""

import anyio._backends._asyncio  # noqa: F401 - anyio picks it at the first request
import anyio.streams.tls  # noqa: F401 - as above
import groq.resources.audio  # noqa: F401 - the groq library loads its parts at their first use
import groq.resources.chat.completions  # noqa: F401 - as above
import groq.resources.models  # noqa: F401 - as above
import h11  # noqa: F401 - httpcore loads it at the first request
from livekit.agents.utils import http_context

import agents.answer
import agents.summary
import agents.take
import persistence.sqlite  # noqa: F401

# Private, but nothing public makes it early: parsing the CA bundle blocks the first use of the room API.
http_context._create_ssl_context()
