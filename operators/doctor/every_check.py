"""The checks of `baton doctor`, in order. The operators' service has its own, fewer checks (api/health.py).

They are not in examine.py, which the service imports: they import LiveKit's agents, which takes a second.
"""

from __future__ import annotations

from collections.abc import Sequence

from operators.doctor import checks as looks
from operators.doctor.account import AccountCheck
from operators.doctor.examine import Check
from operators.doctor.files import check_files
from operators.doctor.grants import check_grants
from operators.doctor.keeping import check_purge
from operators.doctor.phone import check_phone
from operators.doctor.tools import check_tools

SPEECH_LIMIT_S = 45.0
"""Enough for every voice in turn, and for one wait for a limit per minute."""
TOOLS_LIMIT_S = 20.0
"""Long, because a program that serves tools may have to be downloaded first."""

FREE_OF_CHARGE = (
    Check("roster", frozenset({"settings.worker", "settings.groq", "settings.call"}), looks.check_roster),
    Check("prices", frozenset({"settings.worker"}), looks.check_prices),
    Check("tools", frozenset({"roster"}), check_tools, limit_s=TOOLS_LIMIT_S),
    Check("store", frozenset({"settings.worker"}), looks.check_store),
    Check("files", frozenset({"settings.worker", "settings.console", "settings.recording"}), check_files),
    Check("purge", frozenset({"store", "settings.keeping", "settings.call"}), check_purge),
    Check("livekit", frozenset({"settings.livekit"}), looks.check_livekit_answers),
    Check("grants", frozenset({"livekit", "settings.worker"}), check_grants),
    Check("phone", frozenset({"livekit", "roster"}), check_phone),
    Check("groq", frozenset({"settings.groq", "settings.groq_access"}), looks.check_groq_answers),
    Check("models", frozenset({"groq"}), looks.check_models_offered),
    Check("worker", frozenset({"settings.worker"}), looks.check_worker),
)
"""The checks that use up nothing of a key's limits."""


def every_check() -> Sequence[Check]:
    """Return all checks, including those that spend a little of the key: they speak, transcribe and chat."""
    account = AccountCheck()
    speech = Check("speech", frozenset({"models", "roster"}), account.check_speech, limit_s=SPEECH_LIMIT_S)
    limits = Check("limits", frozenset({"models"}), account.check_limits, limit_s=SPEECH_LIMIT_S)
    lines = Check("lines", frozenset({"roster"}), account.check_lines)
    *others, worker = FREE_OF_CHARGE
    return (*others, speech, limits, lines, worker)
