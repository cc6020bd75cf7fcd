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
"""RFC 3261, 8197 (607) and 8688 (608). Any other answer means that the telephone is unreachable now."""

_BY_CODE = {
    **dict.fromkeys((ServerErrorCode.CANCELED, ServerErrorCode.DEADLINE_EXCEEDED), DialState.NO_ANSWER),
    **dict.fromkeys((ServerErrorCode.UNAVAILABLE, ServerErrorCode.INTERNAL), DialState.UNREACHABLE),
}
"""Without a SIP status: livekit-server gave up ringing, or has no gateway. Other codes mean a bad request."""

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
    """Return the outcome of a call that was not answered. `code` is the server's error code.

    The code alone says too little: busy (486) and switched off (480) share one. If nobody answers, there is
    a code but no SIP status.
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
    """Return the result of a transfer that failed. No SIP status: no answer in time, or no gateway.

    A provider that refuses all transfers looks the same as a telephone that gives the same status.
    """
    outcome = outcome_of(sip_status, code)
    if sip_status is None:
        return Referred(Refer.FAILED, outcome)
    return Referred(Refer.BUSY if outcome is DialState.BUSY else Refer.REFUSED, outcome)


def tries_next(outcome: DialState) -> bool:
    """Whether another number may work: not if the trunk itself refuses."""
    return outcome is not DialState.TRUNK_REFUSED


def most_telling(outcomes: Iterable[DialState]) -> DialState:
    """Return the outcome, of several calls, that the caller and the desk that handed over hear of."""
    return min(outcomes, key=_MOST_TELLING.index, default=DialState.UNREACHABLE)
