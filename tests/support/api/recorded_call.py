"""A recorded call whose sound is on the disk, as the recorder leaves it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from persistence.contract.store import Store
from persistence.recording import Segment
from persistence.records import CALLER, Call, CallEnd
from recordings.folder import segment_path
from recordings.keys import read_keys
from recordings.segment_file import RATE_HZ, SegmentWriter
from tests.contract.building import HOLDER, START, a_call

NUMBER = "+49 170 1234567"
STARTS_MS, ENDS_MS = 2_000, 4_000
"""Offsets from the call's start: when its caller speaks for a second, and when the call ends."""


async def a_recorded_call(store: Store, folder: Path, *, is_over: bool = True) -> Call:
    """Make the call. `folder` contains the file `keys`, and gets a folder `recordings`."""
    call = replace(a_call(), caller_number=NUMBER)
    await store.open_call(call)
    await store.decide_recording(call.id, allowed=True, job=HOLDER, at=START)
    await store.begin_segment(Segment("s1", call.id, CALLER, START + STARTS_MS))
    writer = SegmentWriter(segment_path(folder / "recordings", call.id, "s1"), read_keys(folder / "keys"))
    writer.write(np.full(RATE_HZ, 999, np.int16))
    writer.close()
    if is_over:
        await store.end_call(call.id, CallEnd.GOODBYE, job=HOLDER, at=START + ENDS_MS)
    return call
