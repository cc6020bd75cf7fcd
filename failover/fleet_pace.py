"""How often a worker scans the whole store for whatever needs somebody, as every other worker does.

Each such look reads a row of every open call, or of every worker. If each of many workers looked as often as
one that is alone, the store's work would grow with the square of the fleet; and one look of any worker is
enough.
"""

from __future__ import annotations

import math

LOOKS_A_SECOND = 25.0
"""For all workers together. Up to 12 workers look as often as a single worker does, twice a second."""


OWN_LOOK_S = 2.0
"""The longest pause where another worker's look does not help this one: for the line and spent limits."""


def pause_s(usual_s: float, workers: int, at_most_s: float = math.inf) -> float:
    """Seconds between two looks of one worker, of so many."""
    return min(max(usual_s, workers / LOOKS_A_SECOND), at_most_s)
