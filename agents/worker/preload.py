"""Loaded once, in the process that all job processes are forked from: what would stall a call's loop.

LiveKit warns of each of these when it is loaded late (100 to 500 ms on two busy cores).
"""

import anyio._backends._asyncio  # anyio picks it at the first request
import anyio.streams.tls  # as above
import groq.resources.audio  # the groq library loads its parts at their first use
import groq.resources.chat.completions  # as above
import groq.resources.models  # as above
import h11  # httpcore loads it at the first request
import httpcore  # httpx loads it for its first client
import livekit.agents.llm.async_toolset  # LiveKit loads it when a session starts
from livekit.agents.utils import http_context

import agents.groq.summary
import agents.jobs.answer_call
import agents.jobs.take_over
import persistence.engines
from agents.groq.client import tls

# Private, but nothing public makes it early: parsing the CA bundle blocks the first use of the room API.
http_context._create_ssl_context()
tls()
