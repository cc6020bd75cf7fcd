"""The models the stand-in has, by use. All others are model_not_found, as shut-down ids are at Groq."""

from __future__ import annotations

from local.groq_standin.error_responses import bad_request, model_not_found

CHAT = ("openai/gpt-oss-120b", "openai/gpt-oss-20b")
TRANSCRIPTION = ("whisper-large-v3-turbo", "whisper-large-v3")
SPEECH = ("canopylabs/orpheus-v1-english",)

_OWNERS = {"openai": "OpenAI", "canopylabs": "Canopy Labs"}
CREATED = 1_754_000_000  # seconds since 1970; always the same moment, so that nothing depends on it


def check_model(model: str, fitting: tuple[str, ...], use: str) -> None:
    """Raises: ErrorResponse, when there is no such model or it cannot do this."""
    if model in fitting:
        return
    if model in (*CHAT, *TRANSCRIPTION, *SPEECH):
        raise bad_request(f"The model `{model}` does not support {use}")
    raise model_not_found(model)


def listing(*, without: str | None = None) -> dict[str, object]:
    """As `models.list()` returns it."""
    return {
        "object": "list",
        "data": [
            {
                "id": model,
                "object": "model",
                "created": CREATED,
                "owned_by": _OWNERS.get(model.split("/")[0], "OpenAI"),
                "active": True,
            }
            for model in (*CHAT, *TRANSCRIPTION, *SPEECH)
            if model != without
        ],
    }
