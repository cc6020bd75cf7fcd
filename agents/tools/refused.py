"""Why a tool in a role's file cannot be used."""

from __future__ import annotations


class Refused(Exception):
    """What is `wrong` with the tool, and what would be `right`. `field`: where in its entry, if anywhere."""

    def __init__(self, wrong: str, right: str, *, field: tuple[str, ...] = ()) -> None:
        super().__init__(wrong)
        self.wrong, self.right, self.field = wrong, right, field
