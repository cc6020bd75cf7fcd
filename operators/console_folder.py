"""Where the console's files are. The call page serves some of them too."""

from __future__ import annotations

from pathlib import Path

CONSOLE = Path(__file__).parent / "console"
LIVEKIT_CLIENT = CONSOLE / "vendor/livekit-client.esm.mjs"
"""LiveKit's client, which the set-up installs from npm. Only sound needs it."""
