"""Imports that would stall a call's event loop, made once in the process that job processes are forked from.

Imported during a call, each blocks the loop for 100 to 500 ms on two busy cores; LiveKit logs a warning.
"""

import gc

import livekit.agents.llm.async_toolset  # imported by LiveKit when a session starts
import numpy.ma  # imported by numpy.median
from livekit.agents.llm import ChatMessage

import agents.groq.summary
import agents.jobs.admit_call
import agents.jobs.answer_call
import agents.jobs.take_over
import agents.process.before_loop
import agents.redaction.redactor
import agents.waiting.process
import persistence.engines
from agents.groq.first_use import use_once
from agents.knowledge.synonyms import everyday_words
from settings import given

everyday_words()
agents.redaction.redactor.preload()
persistence.engines.preload(given(persistence.engines.SETTING))
use_once()
ChatMessage.model_rebuild()  # pydantic would postpone it to the first use

# Exempt what is loaded now: a collection in a job's process would write to each object, and so copy its page.
gc.collect()
gc.freeze()
