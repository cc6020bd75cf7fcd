"""The tool by which a model asks for digits. Its use is recorded like that of any other tool."""

from __future__ import annotations

from typing import Any

from agents.keys.question import DigitQuestion, longest_s
from agents.keys.typed_numbers import TypedNumbers
from agents.roster.model_words import ToolWords
from agents.roster.role import Role
from agents.tools.fact import ASK_FOR_DIGITS
from agents.tools.own_tool import OwnTool, Policy, Use

GIVEN = "typed on the telephone's keys, and kept secret"
"""What a model, a colleague and every record get in place of secret digits."""


def digits_tool(role: Role, words: ToolWords, question: DigitQuestion, typed: TypedNumbers) -> OwnTool:
    """Make the tool for a role whose file has `keys`."""
    entries = {entry.name: entry for entry in role.keys}

    async def work(arguments: dict[str, Any], _: Use) -> str:
        wanted = entries[arguments["name"]]
        digits = await question.ask(wanted)
        typed.keep(wanted.name, digits)
        return GIVEN if wanted.secret else digits

    parameters = {
        "type": "object",
        "properties": {
            "name": {
                "type": "string",
                "enum": list(entries),
                "description": "; ".join(f"{entry.name}: {entry.says}" for entry in role.keys),
            }
        },
        "required": ["name"],
        "additionalProperties": False,
    }
    limit_s = max(map(longest_s, role.keys))
    policy = Policy(limit_s=limit_s)
    return OwnTool(ASK_FOR_DIGITS, words.ask_for_digits, parameters, policy, "keys", "", work)
