"""Makes job processes run on uvloop, which needs less processor time. Imported in the forkserver."""

import asyncio

import uvloop

asyncio.set_event_loop_policy(uvloop.EventLoopPolicy())
