"""Two roles that take a card number: one redacts what is stored, the other does not."""

from __future__ import annotations

from pathlib import Path

CARD = "four one one one one one one one one one one one one one one one"
TELEPHONE = "oh two oh seven nine four six oh nine five eight"
MAIL = "jane dot doe at example dot com"
SAYS_CARD, SAYS_TELEPHONE, SAYS_MAIL = f"take {CARD}", f"my telephone is {TELEPHONE}", f"my mail is {MAIL}"
PAID, READ_BACK, NOTED = "It is paid, thank you.", f"I have noted {TELEPHONE}.", "I will write to you soon."

ROLE = """---
role: {role}
name: the {role}
voice: diana
greeting: "This is the {role}."
opening: "The {role} here: {{matter}}."
{redact}tools:
  - python: tools/{role}.py:pay
    secret: [card]
---
You take payments.
"""

TOOL = '''
from livekit.agents import function_tool


@function_tool
async def pay(card: str, name: str) -> str:
    """Pays with a card."""
    return f"{len(card.split())} digits, {name}"
'''

EXCHANGES = [
    {
        "heard": SAYS_CARD,
        "call": {"name": "pay", "arguments": {"card": CARD, "name": MAIL}},
        "after_tool": {"say": PAID},
    },
    {"heard": SAYS_TELEPHONE, "say": READ_BACK},
    {"heard": SAYS_MAIL, "say": NOTED},
]
ROLES = {name: {"exchanges": EXCHANGES, "otherwise": "Once more?"} for name in ("cashier", "counter")}


def make_cashier(folder: Path) -> None:
    """Writes the cashier, who redacts, the counter, which does not, and their tool into a roster."""
    (folder / "tools").mkdir(exist_ok=True)
    for role, redact in (("cashier", "redact: all\n"), ("counter", "")):
        (folder / "tools" / f"{role}.py").write_text(TOOL, encoding="utf-8")
        (folder / f"{role}.md").write_text(ROLE.format(role=role, redact=redact), encoding="utf-8")
