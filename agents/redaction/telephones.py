"""Telephone numbers among a text's runs of digits. Pure. Countries' rules: phonenumbers, by Google."""

from __future__ import annotations

from collections.abc import Iterator

import phonenumbers

from agents.redaction.kinds import Found
from agents.redaction.spoken import Run

FEWEST, MOST = 6, 15
"""Digits of what the words say is a telephone number. E.164 allows at most 15."""
_FEWEST_ALONE = 8
_LONGEST = MOST + 3
"""The most digits of a number with 00 or 011 before it."""
_NORTH_AMERICAN = 11
"""Digits of a North American number, with its 1."""
_REGIONS = ("GB", "DE", "FR", "AU", "NL", "AT", "CH", "IE", "BE", "IT", "SE", "IN", "ZA", "JP")
"""Regions in which a number that begins with 0 is tried. Any other number is tried in North America."""
_ABROAD = ("00", "011")


def preload() -> None:
    """Read the countries' rules: 0.15 s on two busy cores, too long in a call."""
    for region in (*_REGIONS, "US"):
        phonenumbers.is_valid_number(phonenumbers.parse("0301234567", region))


class Telephones:
    """Finds the numbers of one text. `left` limits the checks: a text of only numbers must not take long."""

    def __init__(self, left: int = 60) -> None:
        self._left = left

    def among(self, run: Run, *, international: bool, thing: bool = False) -> Iterator[Found]:
        """Yield the run's telephone numbers. `international`: a plus stands before it.

        `thing`: an order or the like does. Then a number only counts if it begins as telephone numbers do.
        """
        at = 0
        while at < len(run):
            end = self._end(run, at, international=international and at == 0, thing=thing)
            if end is not None:
                digits = "".join(piece.text for piece in run[at:end])
                yield Found(run[at].start, run[end - 1].end, "telephone", digits)
            at = end or at + 1

    def _end(self, run: Run, at: int, *, international: bool, thing: bool) -> int | None:
        """Return the end of the longest telephone number that begins at this piece; None: none does."""
        as_telephone = international or run[at].text[0] == "0"
        if not as_telephone and (thing or (at > 0 and len(run) - at > _NORTH_AMERICAN)):
            return None
        digits, best = "", None
        for end in range(at, min(len(run), at + _LONGEST)):
            digits += run[end].text
            if len(digits) > _LONGEST:
                break
            if len(digits) < _FEWEST_ALONE or not (as_telephone or at == 0 or end == len(run) - 1):
                continue
            if self._is_one(digits, international=international):
                best = end + 1
        if best is None and international and _FEWEST_ALONE <= len(digits) <= MOST:
            return len(run)  # of a country that has changed its numbers
        return best

    def _is_one(self, digits: str, *, international: bool) -> bool:
        if international:
            return self._is_valid("+" + digits)
        for abroad in _ABROAD:
            if digits.startswith(abroad) and len(digits) > 10:
                return self._is_valid("+" + digits.removeprefix(abroad))
        if digits[0] == "0" and digits[1] != "0" and 9 <= len(digits) <= 12:
            return any(self._is_valid(digits, region) for region in _REGIONS)
        if len(digits) == 11 and digits[0] == "1":
            return self._is_valid("+" + digits)
        return len(digits) == 10 and digits[0] in "23456789" and self._is_valid("+1" + digits)

    def _is_valid(self, number: str, region: str | None = None) -> bool:
        if self._left <= 0:
            return True  # a text of only numbers: better to redact too much than too little
        self._left -= 1
        try:
            return phonenumbers.is_valid_number(phonenumbers.parse(number, region))
        except phonenumbers.NumberParseException:
            return False
