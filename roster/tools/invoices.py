"""The billing desk's tool: it looks invoices up in the SQLite file beside it.

A plain LiveKit function tool: the docstring tells the model what it does, the types what it needs.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import aiosqlite
from livekit.agents import ToolError, function_tool
from pydantic import Field

INVOICES = f"file:{Path(__file__).with_name('invoices.sqlite')}?mode=ro"
LOOK_UP = """
SELECT number, month, euros, group_concat(day, ' and ') AS paid_on
FROM invoices LEFT JOIN payments ON invoice = number
WHERE number = :number OR :number IS NULL
GROUP BY number
ORDER BY number DESC
LIMIT 1
"""


@function_tool
async def look_up_invoice(
    number: Annotated[int | None, Field(description="the invoice's number, if the caller named it")] = None,
) -> str:
    """Looks up an invoice and its payments: the one with this number, or the latest."""
    async with (
        aiosqlite.connect(INVOICES, uri=True) as invoices,
        invoices.execute(LOOK_UP, {"number": number}) as rows,
    ):
        found = await rows.fetchone()
    if found is None:
        raise ToolError(f"There is no invoice {number}.")
    number, month, euros, paid_on = found
    return f"Invoice {number} of {month}: {euros} euros, paid on {paid_on or 'no day yet'}."
