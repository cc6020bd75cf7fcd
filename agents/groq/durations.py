"""How long Groq's limits last, in words. Pure: the command line needs it without LiveKit's long import."""

from __future__ import annotations


def lasting(seconds: float) -> str:
    """Return a wait in words, rounded up: 6 s, 37 minutes, 3 hours, 4 days."""
    if seconds < 100:
        return f"{-(-seconds // 1):.0f} s"
    if seconds < 100 * 60:
        return f"{-(-seconds // 60):.0f} minutes"
    if seconds < 48 * 3600:
        return f"{-(-seconds // 3600):.0f} hours"
    return f"{-(-seconds // 86_400):.0f} days"
