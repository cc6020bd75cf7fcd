"""The page's security headers: only the listed origins may frame it, load its button, or ask for a token."""

from __future__ import annotations

from collections.abc import Sequence

ADDRESS = "/call"


def is_page_address(path: str) -> bool:
    return path == ADDRESS or path.startswith(f"{ADDRESS}/")


def page_headers(policy: str, origins: Sequence[str]) -> dict[str, str]:
    """`policy`: the service's Content-Security-Policy, which lets nobody frame a page."""
    return {
        "Content-Security-Policy": policy.replace(
            "frame-ancestors 'none'", " ".join(["frame-ancestors 'self'", *origins])
        ),
        "Cross-Origin-Resource-Policy": "cross-origin",  # other pages load button.js
    }


def cors_headers(origin: str | None, origins: Sequence[str]) -> dict[str, str]:
    """For an answer that a page of this origin may read. Without cookies: the call page has none."""
    if origin is None or origin not in origins:
        return {"Vary": "Origin"}
    return {
        "Vary": "Origin",
        "Access-Control-Allow-Origin": origin,
        "Access-Control-Expose-Headers": "Retry-After",
    }
