"""The limits that Groq documents for each tier, by model. They change: Groq's headers take precedence.

Source: console.groq.com/docs/rate-limits, both plans, as stored in October 2026. The header
`x-ratelimit-limit-requests` is always the limit of requests per day, so it identifies the tier. No header
gives the limits of requests per minute or tokens per day.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

SMALLEST_AUDIO_S = 10.0
"""What Groq bills for any shorter recording (console.groq.com/docs/speech-to-text)."""


class Tier(StrEnum):
    """One of Groq's plans."""

    FREE = "free"
    DEVELOPER = "developer"


@dataclass(frozen=True, slots=True)
class ModelLimits:
    """An organization's limits for one model. None: no such limit.

    Audio is in seconds. For the speech model, a token is a character: refusals that users posted count as
    many requested tokens as the text has characters.
    """

    requests_minute: int | None = None
    requests_day: int | None = None
    tokens_minute: int | None = None
    tokens_day: int | None = None
    audio_hour: int | None = None
    audio_day: int | None = None


_K = 1_000
_FREE_CHAT = ModelLimits(30, _K, 8 * _K, 200 * _K)
_FREE_WHISPER = ModelLimits(20, 2 * _K, audio_hour=7_200, audio_day=28_800)
_CHAT = ModelLimits(_K, 500 * _K, 250 * _K)
TIERS: Mapping[Tier, Mapping[str, ModelLimits]] = {
    Tier.FREE: {
        "openai/gpt-oss-120b": _FREE_CHAT,
        "openai/gpt-oss-20b": _FREE_CHAT,
        "whisper-large-v3-turbo": _FREE_WHISPER,
        "whisper-large-v3": _FREE_WHISPER,
        "canopylabs/orpheus-v1-english": ModelLimits(10, 100, 1_200, 3_600),
    },
    Tier.DEVELOPER: {
        "openai/gpt-oss-120b": _CHAT,
        "openai/gpt-oss-20b": _CHAT,
        "whisper-large-v3-turbo": ModelLimits(400, 200 * _K, audio_hour=400 * _K, audio_day=4_000 * _K),
        "whisper-large-v3": ModelLimits(300, 200 * _K, audio_hour=200 * _K, audio_day=4_000 * _K),
        "canopylabs/orpheus-v1-english": ModelLimits(250, 100 * _K, 50 * _K),
    },
}


def tier_of(model: str, requests_day: int) -> Tier | None:
    """Return the tier that allows `requests_day` requests a day for `model`; None if no tier does."""
    for tier, models in TIERS.items():
        if (limits := models.get(model)) is not None and limits.requests_day == requests_day:
            return tier
    return None
