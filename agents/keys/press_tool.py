"""The tool by which a model presses keys for a menu. Its use is recorded without the keys."""

from __future__ import annotations

from typing import Any

from livekit import rtc

from agents.keys.pressing import KEYS_HINT, LONGEST_S, NotPressed, press_keys, was_called
from agents.roster.model_words import ToolWords
from agents.tools.fact import PRESS_KEYS
from agents.tools.own_tool import NotDone, OwnTool, Policy, Use

PRESSED = "the keys were sent"
NOT_CALLED = "Nothing was pressed: this caller called us, and has no menu."


def press_tool(words: ToolWords, room: rtc.Room, called: str) -> OwnTool:
    """Make the tool for a role whose file has `presses_keys`. `called` identifies who the role talks with."""

    async def work(arguments: dict[str, Any], _: Use) -> str:
        if not was_called(room, called):
            raise NotDone(NOT_CALLED)  # a caller would hear tones in the middle of a word
        try:
            await press_keys(room, called, arguments["keys"])
        except NotPressed as why:
            raise NotDone(str(why)) from None
        return PRESSED

    parameters = {
        "type": "object",
        "properties": {"keys": {"type": "string", "description": f"What to press: {KEYS_HINT}."}},
        "required": ["keys"],
        "additionalProperties": False,
    }
    policy = Policy(limit_s=LONGEST_S, secret=frozenset({"keys"}))
    return OwnTool(PRESS_KEYS, words.press_keys, parameters, policy, "keys", "", work)
