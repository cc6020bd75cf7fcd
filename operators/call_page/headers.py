"""The page's security headers: only the listed origins may frame it, load its button, or ask for a token."""

from __future__ import annotations

from collections.abc import Sequence

ADDRESS = "/call"


def is_page_address(path: str) -> bool:
    return path == ADDRESS or path.startswith(f"{ADDRESS}/")


def page_headers(policy: str, origins: Sequence[str]) -> dict[str, str]:
    """Return the page's headers. `policy`: the service's Content-Security-Policy, which forbids framing."""
    return {
        "Content-Security-Policy": policy.replace(
            "frame-ancestors 'none'", " ".join(["frame-ancestors 'self'", *origins])
        ),
        "Cross-Origin-Resource-Policy": "cross-origin",  # other pages load button.js
    }


def cors_headers(origin: str | None, origins: Sequence[str]) -> dict[str, str]:
    """Return headers that let a page of this origin read the answer. The call page has no cookies."""
    if origin is None or origin not in origins:
        return {"Vary": "Origin"}
    return {
        "Vary": "Origin",
        "Access-Control-Allow-Origin": origin,
        "Access-Control-Expose-Headers": "Retry-After",
    }
