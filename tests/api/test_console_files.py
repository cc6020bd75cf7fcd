"""The console's files, and the headers under which a browser runs them."""

from __future__ import annotations

from operators.api.console_files import read_pages
from operators.api.middleware import content_security_policy
from operators.console_folder import CONSOLE
from tests.support.api.desk import Desk, problem

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; "
    "connect-src 'self' ws://127.0.0.1:1 http://127.0.0.1:1; img-src 'self' data:; media-src blob:; "
    "frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
)


async def test_the_pages_are_served_without_a_token_and_hold_nothing_of_anybody(desk: Desk) -> None:
    for address, file in {"/": "index.html", "/caller": "caller.html"}.items():
        answer = await desk.nobody.get(address)
        assert answer.status_code == 200
        assert answer.headers["content-type"] == "text/html; charset=utf-8"
        assert answer.content == (CONSOLE / file).read_bytes()


async def test_every_answer_is_under_the_policy(desk: Desk) -> None:
    asked = [
        ("GET", "/"),
        ("GET", "/static/icon.svg"),
        ("GET", "/calls"),
        ("GET", "/nowhere"),
        ("POST", "/session"),
        ("DELETE", "/session"),
    ]
    for method, address in asked:
        headers = (await desk.nobody.request(method, address)).headers
        assert headers["content-security-policy"] == POLICY
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
        assert "server" not in headers
    refused = await desk.anna.get("/", headers={"Host": "evil.example"})
    assert refused.headers["content-security-policy"] == POLICY


def test_livekit_over_tls_is_allowed_as_such() -> None:
    assert "connect-src 'self' wss://a.example https://a.example;" in content_security_policy(
        "wss://a.example"
    )


async def test_a_file_that_the_browser_has_is_not_sent_again(desk: Desk) -> None:
    first = await desk.nobody.get("/static/icon.svg")
    assert first.headers["content-type"] == "image/svg+xml"
    assert first.headers["cache-control"] == "no-cache"
    again = await desk.nobody.get("/static/icon.svg", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert (await desk.nobody.head("/static/icon.svg")).status_code == 200


async def test_only_the_consoles_files_are_served(desk: Desk) -> None:
    for path in (
        "..%2Fapi%2Fapp.py",
        "../settings.py",
        "package.json",
        "/etc/passwd",
        ".npmrc",
        "nothing.js",
        "%00",
    ):
        problem(await desk.nobody.get(f"/static/{path}"), "unknown-page")


def test_every_script_and_style_that_the_pages_name_is_served() -> None:
    pages = read_pages()
    for page in ("index.html", "caller.html"):
        text = pages[page].content.decode()
        for named in [part.partition('"')[0] for part in text.split('"/static/')[1:]]:
            assert named in pages, f"{page}: {named}"
        assert "<style" not in text
        assert "style=" not in text
        assert "onclick=" not in text


async def test_names_that_lead_here_by_right_are_answered(desk: Desk) -> None:
    for host in ("127.0.0.1:8090", "localhost:8090", "LOCALHOST", "[::1]:8090"):
        assert (await desk.anna.get("/me", headers={"Host": host})).status_code == 200, host
    for host in ("", "evil.example", "127.0.0.1.evil.example", "127.0.0.2", "[", "a@127.0.0.1:x"):
        answer = await desk.anna.get("/me", headers={"Host": host})
        assert answer.status_code in {200, 421}, host
        if "127.0.0.1" not in host or "evil" in host:
            problem(answer, "unknown-host")
