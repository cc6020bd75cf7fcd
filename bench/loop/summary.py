"""The one question that a started handoff puts to Groq, whoever asks it: the service, or the agents."""

from __future__ import annotations

from groq.types.chat import ChatCompletion, ChatCompletionMessageParam

from bench.loop.past import TURNS

MODEL = "openai/gpt-oss-20b"
LIMIT_S = 60.0

MESSAGES: list[ChatCompletionMessageParam] = [
    {"role": "system", "content": "Sum this call up for the colleague who takes it over, in two sentences."},
    {"role": "user", "content": "\n".join(f"{speaker}: {text}" for speaker, text in TURNS)},
]


def words_of(answer: ChatCompletion) -> str:
    return answer.choices[0].message.content or ""
