"""What callers say about their cards, telephones and addresses is in no file if the role redacts."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from local.stack import Stack
from tests.acceptance.roles.cashier import (
    CARD,
    MAIL,
    NOTED,
    PAID,
    SAYS_CARD,
    SAYS_MAIL,
    SAYS_TELEPHONE,
    TELEPHONE,
)
from tests.support.conversation import conversation
from tests.support.database import file_of

pytestmark = pytest.mark.asyncio(loop_scope="session")

FORBIDDEN = (
    CARD[:30], "4111111", "4111 1111", TELEPHONE[:30], "0207946", "7946 0958", MAIL, "jane dot", "jane.doe",
)  # fmt: skip


async def test_spoken_numbers_are_in_no_file_and_reach_the_tool(stack: Stack) -> None:
    turns, uses = await what_is_kept_of_a_call(stack, "cashier")

    assert not found(stack)
    said = [text for speaker, text in turns if speaker == "caller"]
    # On a busy machine, the stand-in may hear a word more than was said.
    assert [text[: text.rfind("]") + 1] for text in said] == [
        "take [card number ending 1111]",
        "my telephone is [telephone number]",
        "my mail is [e-mail address]",
    ]
    assert "i have noted [telephone number]" in [text for speaker, text in turns if speaker == "cashier"]
    assert uses == ["16 digits, [e-mail address]"], "the tool was given all digits"


@pytest.mark.long
async def test_without_the_switch_they_are_kept_and_found(stack: Stack) -> None:
    turns, uses = await what_is_kept_of_a_call(stack, "counter")

    assert [text for speaker, text in turns if speaker == "caller"] == [SAYS_CARD, SAYS_TELEPHONE, SAYS_MAIL]
    assert uses == [f"16 digits, {MAIL}"]
    assert found(stack)


async def what_is_kept_of_a_call(stack: Stack, role: str) -> tuple[list[tuple[str, str]], list[str]]:
    """Returns speakers and texts of the turns, in small letters, and the tools' answers."""
    async with conversation(stack, role=role) as talk:
        await talk.is_greeted()
        for says, answer in ((SAYS_CARD, PAID), (SAYS_TELEPHONE, "I have noted"), (SAYS_MAIL, NOTED)):
            await talk.says(says)
            await talk.is_told(answer)
        turns = await talk.turns()
        uses = await talk.store.tool_uses((await talk.call()).id)
    said = [(turn.speaker, turn.text.lower().rstrip(".")) for turn in turns]
    return said, [use.answer for use in uses]


def found(stack: Stack) -> Sequence[str]:
    """Returns our files with any of it: database, WAL, logs, lines. The stand-in is the model, not ours."""
    written = [path for path in file_of(stack.store).parent.rglob("*") if is_ours(path)]
    return [path.name for path in written if has_any(path.read_bytes().lower())]


def has_any(content: bytes) -> bool:
    return any(word.encode() in content for word in FORBIDDEN)


def is_ours(path: Path) -> bool:
    return path.is_file() and path.name not in {"stand-in.log", "script.yaml"}
