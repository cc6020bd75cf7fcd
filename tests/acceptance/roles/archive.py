"""A role whose own tools are slow: one takes 3 s, the other never answers."""

from __future__ import annotations

from pathlib import Path

SECRET = "zq4471kv"
"""An argument of both tools, which repeat it. It must not be stored anywhere."""

SLOW, ENDLESS = "can you look up my old bill", "can you look up my new contract"
FOUND, NOT_FOUND = "Your old bill was thirty euros.", "I could not reach the archive. What else can I do?"

ARCHIVE = """---
role: archive
name: the archive
voice: diana
greeting: "This is the archive."
opening: "The archive here: {matter}."
tools:
  - python: tools/archive.py:old_bill
    says: "I am looking for your bill."
    secret: [pin]
  - python: tools/archive.py:new_contract
    limit_s: 8
    secret: [pin]
---
You are the archive.
"""

TOOLS = '''
import asyncio

from livekit.agents import function_tool


@function_tool
async def old_bill(pin: str) -> str:
    """Looks up the caller's old bill."""
    await asyncio.sleep(3)
    return f"30 euros, pin {pin}"


@function_tool
async def new_contract(pin: str) -> str:
    """Looks up the caller's new contract."""
    await asyncio.Event().wait()
    return "never"
'''

EXCHANGES = [
    {"heard": SLOW, "call": {"name": "old_bill", "arguments": {"pin": SECRET}}, "after_tool": {"say": FOUND}},
    {
        "heard": ENDLESS,
        "call": {"name": "new_contract", "arguments": {"pin": SECRET}},
        "after_tool": {"say": NOT_FOUND},
    },
]


def make_archive(folder: Path) -> None:
    """Writes the role and its tools into a roster."""
    (folder / "tools").mkdir(exist_ok=True)
    (folder / "tools" / "archive.py").write_text(TOOLS, encoding="utf-8")
    (folder / "archive.md").write_text(ARCHIVE, encoding="utf-8")
