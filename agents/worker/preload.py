"""Imports that would stall a call's event loop, made once in the process that job processes are forked from.

Imported during a call, each blocks the loop for 100 to 500 ms on two busy cores; LiveKit logs a warning.
"""

import anyio._backends._asyncio  # imported by anyio at the first request
import anyio.streams.tls  # as above
import groq.resources.audio  # groq imports its resources at their first use
import groq.resources.chat.completions  # as above
import groq.resources.models  # as above
import h11  # imported by httpcore at the first request
import httpcore  # imported by httpx for its first client
import livekit.agents.llm.async_toolset  # imported by LiveKit when a session starts
from livekit.agents.utils import http_context

import agents.groq.summary
import agents.jobs.answer_call
import agents.jobs.take_over
import persistence.engines
from agents.groq.client import tls

# Private, but nothing public makes it early. Parsing the CA bundle would block the first API request.
http_context._create_ssl_context()
tls()
