"""The stand-in's models, by use. Any other id gets model_not_found, like a shut-down model at Groq."""

from __future__ import annotations

from collections.abc import Collection

from local.groq_standin.error_responses import bad_request, model_not_found

CHAT = ("openai/gpt-oss-120b", "openai/gpt-oss-20b")
TRANSCRIPTION = ("whisper-large-v3-turbo", "whisper-large-v3")
SPEECH = ("canopylabs/orpheus-v1-english",)

_OWNERS = {"openai": "OpenAI", "canopylabs": "Canopy Labs"}
CREATED = 1_754_000_000  # Unix seconds; constant, so that nothing depends on it


def check_model(model: str, fitting: tuple[str, ...], use: str) -> None:
    """Check that the model exists and supports this use. Raises: ErrorResponse."""
    if model in fitting:
        return
    if model in (*CHAT, *TRANSCRIPTION, *SPEECH):
        raise bad_request(f"The model `{model}` does not support {use}")
    raise model_not_found(model)


def listing(*, without: Collection[str | None] = ()) -> dict[str, object]:
    """Return the body of `models.list()`."""
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
            if model not in without
        ],
    }
