"""The three ways in which a service does its work."""

from __future__ import annotations

from enum import StrEnum


class Way(StrEnum):
    """The value is what the figures call it."""

    SYNCHRONOUS = "synchronous"
    TO_THREAD = "to_thread"
    BATON = "baton"
