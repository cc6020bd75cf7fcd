"""The use of a spare is recorded in the call's troubles."""

from __future__ import annotations

from livekit.agents import AgentSession

from agents.groq.client import make_client
from agents.groq.errors import BadAnswer, Fault
from agents.groq.tts.groq_tts import GroqTTS
from agents.monitors.spares import record_spares
from settings import GroqAccess, GroqSettings


async def test_the_error_and_the_spare_are_recorded_and_when_it_is_over() -> None:
    settings = GroqSettings.model_construct()
    recorded: list[tuple[str, str]] = []
    access = GroqAccess.model_construct(base_url="http://127.0.0.1:9")
    async with make_client(settings, access) as client:
        speaking = GroqTTS(client, settings, voice="hannah", spare=True)
        use = speaking.voice.use
        use.failed(BadAnswer(Fault.TERMS))
        use.served(by_spare=True)  # before anything listens
        record_spares(AgentSession(tts=speaking), lambda part, error: recorded.append((part, error)))
        use.served(by_spare=True)
        use.served(by_spare=False)
    assert recorded == [
        ("speaking", "terms_not_accepted"),
        ("speaking", "spare_voice"),
        ("speaking", "works_again"),
    ]
