"""The origins that may show the call page, as somebody writes them and as browsers send them."""

from __future__ import annotations

import pytest

from errors import BadInput
from settings import CallPageSettings, ConsoleSettings, read

NAME = "BATON_CALL_PAGE_ORIGINS"


@pytest.mark.parametrize(
    ("written", "sent"),
    [
        ("", ()),
        ("self", ()),
        ("https://shop.example", ("https://shop.example",)),
        (
            "self https://Shop.Example:443 https://b.example:8443",
            ("https://shop.example", "https://b.example:8443"),
        ),
        ("https://bücher.example", ("https://xn--bcher-kva.example",)),
        ("http://127.0.0.1:5000 http://localhost", ("http://127.0.0.1:5000", "http://localhost")),
        ("http://[::1]:5000", ("http://[::1]:5000",)),
    ],
)
def test_origins_are_kept_as_browsers_send_them(
    written: str, sent: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(NAME, written)
    settings = read(CallPageSettings)
    assert settings.foreign_origins == sent
    assert settings.on == bool(written)


@pytest.mark.parametrize(
    "written",
    [
        "*",
        "null",
        "shop.example",
        "https://",
        "https://shop.example/",
        "https://shop.example/contact",
        "https://*.shop.example",
        "https://shop.example,https://b.example",
        "https://me@shop.example",
        "https://shop.example:port",
        "https://shop.example;script-src *",
        "http://shop.example",
        "ws://shop.example",
    ],
)
def test_an_origin_that_is_none_is_refused_in_one_line(written: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(NAME, written)
    with pytest.raises(BadInput) as refused:
        read(CallPageSettings)
    (line,) = refused.value.each
    assert str(line).startswith(f"{NAME}: ")
    assert "https://www.example.com" in str(line)


def test_proxies_are_addresses_or_networks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BATON_CONSOLE_PROXIES", "10.0.0.1 fd00::/8")
    assert read(ConsoleSettings).proxies.split() == ["10.0.0.1", "fd00::/8"]
    monkeypatch.setenv("BATON_CONSOLE_PROXIES", "proxy.example")
    with pytest.raises(BadInput, match="should be IP addresses or networks"):
        read(ConsoleSettings)
