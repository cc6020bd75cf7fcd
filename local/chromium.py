"""Finds the system's Chromium and runs it under playwright, without any network traffic of its own.

`python -m local.chromium` only checks that it is there; `make test` does so before any test runs.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from playwright.async_api import Browser, async_playwright

from errors import SetupFailed
from operators.console_folder import LIVEKIT_CLIENT

_NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
"""The first one is Chromium without the window around a page, which no test looks at."""
_QUIET = (
    "--no-sandbox",  # Chromium's sandbox refuses to run as root, and CI runs as root
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--autoplay-policy=no-user-gesture-required",
)
_HEARS = ("--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream")


def chromium_binary() -> str:
    """Return the path of Chromium. Raises: SetupFailed."""
    for name in _NAMES:
        if (found := shutil.which(name)) is not None:
            return found
    raise SetupFailed(
        "Chromium is not on the PATH; the tests of the console need it. On Debian or Ubuntu: "
        "apt-get install chromium. Elsewhere: install Chromium or Chrome"
    )


def check_livekit_client() -> None:
    """Check that livekit-client is installed. Raises: SetupFailed."""
    if not LIVEKIT_CLIENT.is_file():
        raise SetupFailed(
            "livekit-client is not in operators/console/vendor; the tests of the console's sound need it. "
            "Run scripts/set-up-console, and see what it says"
        )


@asynccontextmanager
async def chromium(microphone: Path | None = None) -> AsyncIterator[Browser]:
    """Run a headless browser. Its microphone plays the WAV file `microphone` once, when a page first listens.

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
    """Check what the browser tests need. Exit code: 0; 1 if something is missing, with what to install."""
    try:
        chromium_binary()
        check_livekit_client()
    except SetupFailed as failed:
        sys.stderr.write(f"{failed}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
