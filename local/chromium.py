"""The system's Chromium, driven by playwright: found, started so that it wants nothing of a network.

`python -m local.chromium` does only the finding, for `make test`: what is missing is told before tests begin.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from playwright.async_api import Browser, async_playwright

from errors import SetupFailed

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_QUIET = (
    "--no-sandbox",  # it has none as root, which CI is
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--autoplay-policy=no-user-gesture-required",
)
_HEARS = ("--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream")

LIVEKIT_CLIENT = Path(__file__).parent.parent / "operators/console/vendor/livekit-client.esm.mjs"


def chromium_binary() -> str:
    """Raises: SetupFailed."""
    for name in _NAMES:
        if (found := shutil.which(name)) is not None:
            return found
    raise SetupFailed(
        "Chromium is not on the PATH, and the console is tested in it: on Debian or Ubuntu, "
        "apt-get install chromium; elsewhere, install Chromium or Chrome"
    )


def check_livekit_client() -> None:
    """Raises: SetupFailed."""
    if not LIVEKIT_CLIENT.is_file():
        raise SetupFailed(
            "livekit-client is not in operators/console/vendor, and the console's sound is tested: "
            "install Node.js with npm, then run scripts/set-up-console"
        )


@asynccontextmanager
async def chromium(microphone: Path | None = None) -> AsyncIterator[Browser]:
    """A headless browser; `microphone` is a WAV that it hears once, from when a page first listens.

    Raises: SetupFailed.
    """
    heard = (*_HEARS, f"--use-file-for-fake-audio-capture={microphone}%noloop") if microphone else ()
    binary = chromium_binary()
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=binary, args=[*_QUIET, *heard])
        try:
            yield browser
        finally:
            await browser.close()


def main() -> int:
    """Look for all that tests in a browser need; exit code 1, and what to do, where it is not there."""
    try:
        chromium_binary()
        check_livekit_client()
    except SetupFailed as failed:
        sys.stderr.write(f"{failed}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
