"""Builds the test gateway (local/phone/gateway), and livekit-server, which shares half of its packages.

`python -m local.phone.binary` does only that. `make test` runs it first, because pytest hides the progress.
"""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path

from local.livekit.binary import livekit_on_path, livekit_program, run_alone
from local.livekit.build import GoProgram, build_missing, cache_folder
from local.livekit.go import OnStep

SOURCES = Path(__file__).with_name("gateway")


def gateway_program() -> GoProgram:
    """Return how the gateway is built. Each version of its sources is a separate program in the cache."""
    digest = hashlib.sha256()
    for source in sorted([*SOURCES.glob("*.go"), *SOURCES.glob("go.*")]):
        digest.update(source.name.encode() + b"\0" + source.read_bytes() + b"\0")
    return GoProgram(
        name="the test gateway",
        shown="the test gateway",
        package=".",
        module=SOURCES,
        target=cache_folder() / f"test-gateway-{digest.hexdigest()[:12]}",
        takes="half a minute after livekit-server, two minutes alone",
    )


async def gateway_binary(on_step: OnStep) -> Path:
    """Return the gateway's path, building it and livekit-server if missing. Raises: SetupFailed, BadInput."""
    gateway = gateway_program()
    servers = [] if await livekit_on_path(on_step) else [livekit_program()]
    await build_missing([*servers, gateway], on_step)
    return gateway.target


if __name__ == "__main__":
    sys.exit(run_alone(gateway_binary))
