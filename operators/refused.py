"""The error of a request that is refused. Authorization raises it as well as the API."""

from __future__ import annotations

from collections.abc import Mapping


class Refused(Exception):
    """Answered with a problem document of this kind (operators/api/schemas/problems.py).

    `extras` are further members of the document.
    """

    def __init__(
        self, kind: str, detail: str, *, headers: Mapping[str, str] | None = None, **extras: object
    ) -> None:
        super().__init__(detail)
        self.kind = kind
        self.detail = detail
        self.headers = headers
        self.extras = extras
