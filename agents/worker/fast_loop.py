"""Job processes run on uvloop, which asks less of the processor. Imported where they are forked from."""

import asyncio

import uvloop

asyncio.set_event_loop_policy(uvloop.EventLoopPolicy())
