"""The outcome of a dialled call, from what livekit-server and the telephone network report. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from livekit.api import ServerErrorCode

from persistence.phones import DialState, Refer

_BY_SIP_STATUS = {
    **dict.fromkeys((486, 600), DialState.BUSY),
    **dict.fromkeys((603, 607), DialState.DECLINED),
    **dict.fromkeys((404, 410, 484, 485, 604), DialState.WRONG_NUMBER),
    **dict.fromkeys((401, 402, 403, 407), DialState.TRUNK_REFUSED),
    487: DialState.NO_ANSWER,
    608: DialState.SCREENED,
}
"""RFC 3261, 8197 (607) and 8688 (608). Any other answer means that there is no way to the telephone now."""

_BY_CODE = {
    **dict.fromkeys((ServerErrorCode.CANCELED, ServerErrorCode.DEADLINE_EXCEEDED), DialState.NO_ANSWER),
    **dict.fromkeys((ServerErrorCode.UNAVAILABLE, ServerErrorCode.INTERNAL), DialState.UNREACHABLE),
}
"""Without an answer of SIP: livekit-server gave up ringing, or has no gateway. The rest is how we asked."""

_MOST_TELLING = (
    DialState.DECLINED,
    DialState.NOT_ACCEPTED,
    DialState.BUSY,
    DialState.NO_ANSWER,
    DialState.HUNG_UP,
    DialState.SILENT,
    DialState.SCREENED,
    DialState.MACHINE,
    DialState.UNREACHABLE,
    DialState.WRONG_NUMBER,
    DialState.TRUNK_REFUSED,
    DialState.CANCELLED,
)


def outcome_of(sip_status: int | None, code: str) -> DialState:
    """Of a call that was not answered. `code`: of the server's error, which alone tells too little.

    Busy (486) and switched off (480) share one code; nobody answers has a code and no SIP status.
    """
    if sip_status is not None:
        return _BY_SIP_STATUS.get(sip_status, DialState.UNREACHABLE)
    return _BY_CODE.get(code, DialState.TRUNK_REFUSED)


class Referred(NamedTuple):
    """The result of a transfer by the caller's provider, and the outcome of the number that it rang."""

    refer: Refer
    outcome: DialState


HAS_LEFT = Referred(Refer.LEFT, DialState.ACCEPTED)


def referred_of(sip_status: int | None, code: str) -> Referred:
    """Of a transfer that did not happen. No SIP status: nobody answered in time, or there is no gateway.

    A provider that refuses to transfer at all is not told apart from a telephone that gives the same status.
    """
    outcome = outcome_of(sip_status, code)
    if sip_status is None:
        return Referred(Refer.FAILED, outcome)
    return Referred(Refer.BUSY if outcome is DialState.BUSY else Refer.REFUSED, outcome)


def tries_next(outcome: DialState) -> bool:
    """Whether another number may work: not if the trunk itself refuses."""
    return outcome is not DialState.TRUNK_REFUSED


def most_telling(outcomes: Iterable[DialState]) -> DialState:
    """Of several calls, the one that the caller and the desk that handed over hear of."""
    return min(outcomes, key=_MOST_TELLING.index, default=DialState.UNREACHABLE)
