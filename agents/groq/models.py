"""Checks at start that Groq still offers the configured models, before a caller finds out."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping

from groq import AsyncGroq

from agents.groq.documented_limits import TIERS, Tier
from agents.groq.errors import as_bad_input
from errors import BadInput
from settings import GroqSettings, env_name


def _is_transcription_model(model: str) -> bool:
    return "whisper" in model


def _is_speech_model(model: str) -> bool:
    return "orpheus" in model or "tts" in model


def _is_chat_model(model: str) -> bool:
    # Guard models answer with a verdict; compound systems do not accept our tools.
    other = ("guard", "safeguard", "compound")
    return (
        not _is_transcription_model(model)
        and not _is_speech_model(model)
        and not any(word in model for word in other)
    )


_KINDS: Mapping[str, Callable[[str], bool]] = {
    "chat_model": _is_chat_model,
    "second_chat_model": _is_chat_model,
    "summary_model": _is_chat_model,
    "hearing_model": _is_transcription_model,
    "second_hearing_model": _is_transcription_model,
    "speaking_model": _is_speech_model,
}
"""Each setting that holds a model's id, and a test for the models that fit it."""


_SPARES = {
    "hearing_model": "second_hearing_model",
    "second_hearing_model": "hearing_model",
    "speaking_model": None,
}
"""The settings whose models have a spare, each with the spare's setting; None: the voice on this machine."""


class Spared(BadInput):
    """Groq no longer offers a model that it documents, but a spare replaces it: calls can be taken."""


async def check_models(
    client: AsyncGroq, settings: GroqSettings, *, role_models: Mapping[str, str] | None = None
) -> None:
    """Look up every model in Groq's list. `role_models`: models by their place, such as a roster file.

    Raises: BadInput, naming the setting, the id and the alternatives, or saying why Groq is unreachable;
    Spared, if only models with a spare are missing.
    """
    try:
        answer = await client.models.list(timeout=settings.answer_limit_s)
        offered = {model.id for model in answer.data}
    except Exception as error:
        raise as_bad_input(error, str(client.base_url)) from error
    spared: Spared | None = None
    for field, fits in _KINDS.items():
        try:
            _check(env_name(GroqSettings, field), getattr(settings, field), offered, fits)
        except BadInput as bad:
            if not _has_spare(field, settings, offered):
                raise
            spared = spared or Spared(bad.where, bad.wrong, bad.right)
    for where, model in (role_models or {}).items():
        _check(where, model, offered, _is_chat_model)
    if spared is not None:
        raise spared


def _has_spare(field: str, settings: GroqSettings, offered: Collection[str]) -> bool:
    """Whether a spare can replace the model. Not for an undocumented name: that is a typo, to be reported."""
    if field not in _SPARES or getattr(settings, field) not in TIERS[Tier.FREE]:
        return False
    spare = _SPARES[field]
    return spare is None or getattr(settings, spare) in offered


def _check(where: str, model: str, offered: Collection[str], fits: Callable[[str], bool]) -> None:
    if model in offered:
        return
    fitting = ", ".join(sorted(filter(fits, offered))) or "nothing of that kind: ask Groq's support"
    raise BadInput(where, f"Groq does not offer {model!r}", f"it offers {fitting}")
