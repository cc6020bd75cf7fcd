"""The error for a refused request. The API and the authorization raise it."""

from __future__ import annotations

from collections.abc import Mapping


class Refused(Exception):
    """A request is refused. The API answers with a problem document of this kind.

    The kinds are in operators/api/schemas/problems.py. `extras` are further members of the document.
    """

    def __init__(
        self, kind: str, detail: str, *, headers: Mapping[str, str] | None = None, **extras: object
    ) -> None:
        super().__init__(detail)
        self.kind = kind
        self.detail = detail
        self.headers = headers
        self.extras = extras
