"""A role with an agent class of its own, and the kiosk, which hands callers to it and takes them back."""

from __future__ import annotations

from pathlib import Path

TO_TICKETS, TO_KIOSK = "I want to buy some tickets please", "take me back to the kiosk again"
TWO_SEATS = "give me a place near the window"
ENTERED, SOLD = "Which seats would you like?", "Your place is reserved."

KIOSK = """---
role: kiosk
name: the kiosk
voice: autumn
greeting: "This is the kiosk."
opening: "The kiosk again. I understand that {matter}."
transfers_to: [tickets]
---
You are the kiosk.
"""
TICKETS = """---
role: tickets
name: the ticket desk
voice: diana
greeting: "This is the ticket desk."
opening: "The ticket desk. I understand that {matter}."
transfers_to: [kiosk]
agent: desks.tickets:TicketDesk
---
"""
DESK = f'''
from livekit.agents import Agent, RunContext, function_tool


class TicketDesk(Agent):
    def __init__(self) -> None:
        super().__init__(instructions="You sell tickets.")
        self.entered = 0

    async def on_enter(self) -> None:
        self.entered += 1
        await self.session.say("{ENTERED}")

    async def on_exit(self) -> None:
        await self.session.say("Nobody must hear this.")

    @function_tool
    async def reserve(self, context: RunContext, place: str) -> str:
        """Reserves a place."""
        return f"{{place}} is reserved; entered {{self.entered}} time"
'''

ROLES = {
    "kiosk": {
        "exchanges": [
            {
                "heard": TO_TICKETS,
                "call": {
                    "name": "transfer_call",
                    "arguments": {"target": "tickets", "reason": "you want tickets"},
                },
            }
        ],
        "otherwise": "What can I do for you?",
    },
    "tickets": {
        "exchanges": [
            {
                "heard": TWO_SEATS,
                "call": {"name": "reserve", "arguments": {"place": "window"}},
                "after_tool": {"say": SOLD},
            },
            {
                "heard": TO_KIOSK,
                "call": {
                    "name": "transfer_call",
                    "arguments": {"target": "kiosk", "reason": "you have what you need"},
                },
            },
        ],
        "otherwise": "Which place?",
    },
}


def make_tickets(folder: Path) -> None:
    """Writes both roles and the class into a roster."""
    (folder / "desks").mkdir()
    (folder / "desks" / "tickets.py").write_text(DESK, encoding="utf-8")
    (folder / "tickets.md").write_text(TICKETS, encoding="utf-8")
    (folder / "kiosk.md").write_text(KIOSK, encoding="utf-8")
