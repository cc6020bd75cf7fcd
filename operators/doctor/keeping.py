"""Checks the purge: whether anything is kept longer than the settings say."""

from __future__ import annotations

from clock import SystemClock
from errors import BadInput
from persistence.engines import inspect, open_store
from settings import KeepingSettings, Settings, check_kept_for_a_call, env_name

_DAY_MS = 86_400_000
_LATE_MS = _DAY_MS
"""How late the purge may be: it removes slowly, so that calls do not notice it."""


async def check_purge(settings: Settings) -> str:
    """Check that the purge is not overdue. Raises: BadInput."""
    keeping = settings.keeping
    check_kept_for_a_call(keeping, settings.call)
    kept = f"words are kept for {keeping.keep_days:g} days, numbers for {keeping.keep_numbers_days:g}"
    if " is writable" not in inspect(settings.worker.store):
        return f"{kept}; there is no store yet"
    before = SystemClock().now_ms() - _LATE_MS
    async with open_store(settings.worker.store, read_only=True) as store:
        overdue = await store.overdue(
            words_before=before - round(keeping.keep_days * _DAY_MS),
            numbers_before=before - round(keeping.keep_numbers_days * _DAY_MS),
        )
    if late := max(overdue.words, overdue.numbers):
        wrong = f"{late} calls are kept longer than that; {kept}"
        right = "let a worker run: it removes about 10,000 calls an hour"
        raise BadInput(env_name(KeepingSettings, "keep_days"), wrong, right)
    held = f"; {overdue.held} calls are under legal hold" if overdue.held else ""
    return f"{kept}; nothing is overdue{held}"
