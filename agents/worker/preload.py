"""Imports that would stall a call's event loop, made once in the process that job processes are forked from.

Imported during a call, each blocks the loop for 100 to 500 ms on two busy cores; LiveKit logs a warning.
"""

import gc

import anyio._backends._asyncio  # imported by anyio at the first request
import anyio.streams.tls  # as above
import groq.resources.audio  # groq imports its resources at their first use
import groq.resources.chat.completions  # as above
import groq.resources.models  # as above
import h11  # imported by httpcore at the first request
import httpcore  # imported by httpx for its first client
import livekit.agents.llm.async_toolset  # imported by LiveKit when a session starts
import numpy.ma  # imported by numpy.median
from livekit.agents.llm import ChatMessage
from livekit.agents.utils import http_context

import agents.groq.summary
import agents.jobs.admit_call
import agents.jobs.answer_call
import agents.jobs.take_over
import agents.redaction.redactor
import agents.waiting.process
import persistence.engines
from agents.groq.first_use import use_once
from agents.knowledge.synonyms import everyday_words
from agents.tls import tls
from settings import given

# Private, but nothing public makes it early. Parsing the CA bundle would block the first API request.
http_context._create_ssl_context()
tls()
everyday_words()
agents.redaction.redactor.preload()
persistence.engines.preload(given(persistence.engines.SETTING))
use_once()
ChatMessage.model_rebuild()  # pydantic leaves it for its first use

# What is here now stays: a collection in a job's process would write to each object, and so copy its page.
gc.collect()
gc.freeze()
