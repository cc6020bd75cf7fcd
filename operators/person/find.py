"""Finds one caller's calls, by number or by identity in LiveKit."""

from __future__ import annotations

from collections.abc import Sequence

from operators.act_refused import SeveralCallers
from persistence.contract.calls import Cursor
from persistence.contract.store import Store
from persistence.numbers import digits_of, hashed, is_number, is_of_all_who_hide
from persistence.records import Call

_PAGE = 200
_FEWEST_OF_AN_ENDING = 7
"""Digits. A number without its country code is accepted if it can only be one number."""


async def calls_of(store: Store, who: str, *, number_key: str | None) -> Sequence[Call]:
    """Return the caller's calls, newest first; empty if nothing is stored.

    `who`: a number with any separators, or an identity. `number_key`: set if numbers are stored hashed.
    Raises: SeveralCallers (a number without its country code that several numbers end with; the identity
    shared by all callers who hide their number).
    """
    who = who.strip()
    found = await _search(store, who)
    if number_key is not None and is_number(who):
        found += await _search(store, hashed(who, number_key))
    same = [call for call in found if _is_of(call, who, number_key)]
    if same and is_of_all_who_hide(who):
        raise SeveralCallers(())
    return same or _of_one_ending(found, who)


def _is_of(call: Call, who: str, number_key: str | None) -> bool:
    if who in (call.caller, call.caller_number):
        return True
    if not is_number(who) or not call.caller_number:
        return False
    kept = {digits_of(who)} if number_key is None else {digits_of(who), hashed(who, number_key)}
    return call.caller_number in kept or digits_of(call.caller_number) in kept


def _of_one_ending(found: Sequence[Call], who: str) -> Sequence[Call]:
    digits = digits_of(who)
    if not is_number(who) or len(digits) < _FEWEST_OF_AN_ENDING:
        return []
    same = [call for call in found if digits_of(call.caller_number).endswith(digits)]
    numbers = sorted({call.caller_number for call in same})
    if len({digits_of(number) for number in numbers}) > 1:
        raise SeveralCallers(numbers)
    return same


async def _search(store: Store, words: str) -> list[Call]:
    """Return every call that a search finds: a superset of the caller's calls."""
    found: list[Call] = []
    after: Cursor | None = None
    while page := await store.calls(search=words, after=after, limit=_PAGE) if words else ():
        found += page
        after = Cursor(page[-1].started_at, page[-1].id)
    return found
