"""A stand-in for Groq on loopback, which answers the real client from a script."""

from local.groq_standin.latencies import LIKE_GROQ, NONE, Latencies
from local.groq_standin.script import Script, load_script
from local.groq_standin.server import KEY, StandIn, standin

__all__ = ["KEY", "LIKE_GROQ", "NONE", "Latencies", "Script", "StandIn", "load_script", "standin"]
