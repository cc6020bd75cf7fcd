"""The machine's clock: the only place that reads the time of day."""

from __future__ import annotations

import time


class SystemClock:
    """`transfer.ports.Clock`."""

    def now_ms(self) -> int:
        return time.time_ns() // 1_000_000
