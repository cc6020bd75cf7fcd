"""Which grants of a caller's token the doctor warns about."""

from __future__ import annotations

import pytest
from livekit.protocol.models import ParticipantInfo, ParticipantPermission, TrackSource

from operators.doctor.grants import grants_beyond
from transfer.page_protocol import WANTS_CAPTIONS

MICROPHONE = [TrackSource.MICROPHONE]
DATA, MORE = "send data to everybody in the room", "publish more than a microphone"
OWN = "change their own name and attributes, which agents take for known"


@pytest.mark.parametrize(
    ("permission", "page", "warned"),
    [
        (ParticipantPermission(can_publish=True, can_publish_sources=MICROPHONE), False, []),
        (ParticipantPermission(can_publish=True, can_publish_data=True), False, [MORE, DATA]),
        (
            ParticipantPermission(can_publish=True, can_publish_sources=MICROPHONE, can_publish_data=True),
            True,
            [],
        ),
        (ParticipantPermission(can_update_metadata=True), False, [OWN]),
        (
            ParticipantPermission(
                can_publish=True, can_publish_sources=[TrackSource.MICROPHONE, TrackSource.CAMERA]
            ),
            False,
            [MORE],
        ),
    ],
)
def test_finding_10_what_no_call_needs_is_warned_of(
    permission: ParticipantPermission, page: bool, warned: list[str]
) -> None:
    attributes = {WANTS_CAPTIONS: "1"} if page else {}
    assert list(grants_beyond(ParticipantInfo(permission=permission, attributes=attributes))) == warned
