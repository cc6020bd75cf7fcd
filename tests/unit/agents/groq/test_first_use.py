"""The groq package builds its models at their first use; `use_once` has them built before a call."""

from __future__ import annotations

import subprocess
import sys

LOOK = """
from groq.types.audio import Transcription
from groq.types.chat import ChatCompletion, ChatCompletionChunk
from agents.groq.first_use import use_once

answers = (ChatCompletion, ChatCompletionChunk, Transcription)
assert not any(each.__pydantic_complete__ for each in answers), "groq makes them itself now: use_once can go"
use_once()
assert all(each.__pydantic_complete__ for each in answers)
"""


def test_the_models_of_groqs_answers_are_made_by_one_use_of_each() -> None:
    subprocess.run([sys.executable, "-c", LOOK], check=True)
