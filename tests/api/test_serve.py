"""`baton serve` and `baton operators`: how the service starts, what it refuses, how it ends."""

from __future__ import annotations

import asyncio
import json
import signal
import socket
import ssl
from contextlib import AbstractAsyncContextManager, closing
from pathlib import Path

import httpx
import pytest
import trustme
from typer.testing import CliRunner, Result

from local.livekit.server import free_ports
from local.processes import Program, left_behind
from local.stack import running_service, shown_link
from operators.cli import app
from tests.support.api.desk import Desk, problem
from tests.support.api.served import page

LIMIT_S = 60.0


def baton(*words: str) -> Result:
    return CliRunner().invoke(app, words)


def refused(answer: Result) -> str:
    """Return the only line of a refused start."""
    assert answer.exit_code == 2, answer.output
    (line,) = answer.stderr.splitlines()
    return line


def service(folder: Path, **settings: str) -> AbstractAsyncContextManager[Program]:
    """Run the service in a process of its own, with this test's settings."""
    return running_service(folder, {"BATON_CONSOLE_PORT": "0", **settings})


def link(program: Program) -> tuple[str, str]:
    """Return the service's address, and the token that it showed, if any."""
    address, _, token = shown_link(program).partition("#token=")
    return address.rstrip("/"), token


async def test_the_first_start_shows_a_link_once_and_the_store_keeps_no_token(
    settings_of_nobody: Path, tmp_path: Path
) -> None:
    async with service(tmp_path) as first:
        address, token = link(first)
        assert token.startswith("baton_")
        headers = {"Authorization": f"Bearer {token}"}
        async with httpx.AsyncClient(base_url=address, headers=headers, timeout=LIMIT_S) as client:
            assert (await client.get("/me")).json()["name"] == "operator"
        async with page(address, token):  # an open stream does not delay the end
            first.send(signal.SIGTERM)
            assert await first.wait() == 0
    assert not left_behind([first.pid])
    assert token.encode() not in (tmp_path / "baton.db").read_bytes()
    async with service(tmp_path, BATON_CONSOLE_HOST="::1") as again:
        address, shown = link(again)
        assert shown == ""
        assert address.startswith("http://[::1]:")
        async with httpx.AsyncClient(headers=headers, timeout=LIMIT_S) as client:
            assert (await client.get(f"{address}/me")).status_code == 200


async def test_store_that_is_not_there_yet_is_told_once_and_served_when_it_comes(
    settings_of_nobody: Path, tmp_path: Path
) -> None:
    folder, port = tmp_path / "later", free_ports().http
    settings = {"BATON_STORE": f"sqlite:///{folder / 'baton.db'}", "BATON_CONSOLE_PORT": str(port)}
    async with (
        running_service(tmp_path, settings, ready="waiting for the store") as program,
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=LIMIT_S) as client,
    ):
        for path in ("/health", "/", "/me"):
            told = problem(await client.get(path), "not-ready")
            assert told["waits_for"] == ["the store"]
            assert "(BATON_STORE)" in told["detail"]
            assert str(folder) not in told["detail"], "it is nobody's who may not sign in"
        await asyncio.to_thread(folder.mkdir)
        async with asyncio.timeout(LIMIT_S):
            while (answer := await client.get("/health")).status_code == 503:  # noqa: ASYNC110
                await asyncio.sleep(0.1)
    assert answer.json() == {"well": False, "wrong": ["livekit", "groq", "workers"], "checks": None}
    lines = program.log.read_text().splitlines()
    for setting in ("BATON_STORE", "LIVEKIT_URL", "GROQ_BASE_URL"):
        assert len([line for line in lines if line.startswith(f"{setting}: ")]) == 1, lines


async def test_service_that_is_stopped_while_it_waits_ends_with_1(
    settings_of_nobody: Path, tmp_path: Path
) -> None:
    settings = {"BATON_STORE": f"sqlite:///{tmp_path}/later/baton.db", "BATON_CONSOLE_PORT": "0"}
    async with running_service(tmp_path, settings, ready="waiting for the store") as program:
        program.send(signal.SIGTERM)
        assert await program.wait() == 1


async def test_finding_9_over_tls_it_may_be_elsewhere_the_cookie_is_secure_and_browsers_keep_to_tls(
    settings_of_nobody: Path, tmp_path: Path
) -> None:
    authority = trustme.CA()
    certificate = authority.issue_cert("127.0.0.1")
    certificate.cert_chain_pems[0].write_to_path(tmp_path / "certificate.pem")
    certificate.private_key_pem.write_to_path(tmp_path / "key.pem")
    trusting = ssl.create_default_context()
    authority.configure_trust(trusting)
    async with service(
        tmp_path,
        BATON_CONSOLE_HOST="0.0.0.0",
        BATON_CONSOLE_CERTIFICATE=str(tmp_path / "certificate.pem"),
        BATON_CONSOLE_CERTIFICATE_KEY=str(tmp_path / "key.pem"),
    ) as program:
        address, token = link(program)
        assert address.startswith("https://0.0.0.0:")
        here = address.replace("0.0.0.0", "127.0.0.1")
        async with httpx.AsyncClient(base_url=here, verify=trusting, timeout=LIMIT_S) as client:
            answer = await client.post("/session", json={"token": token})
            assert "Secure" in answer.headers["set-cookie"]
            assert answer.headers["strict-transport-security"] == "max-age=31536000"


async def test_finding_9_without_tls_of_its_own_it_binds_no_browser_to_tls(desk: Desk) -> None:
    assert "strict-transport-security" not in (await desk.nobody.get("/")).headers


def test_elsewhere_without_tls_is_refused_in_one_line(
    settings_of_nobody: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for host in ("0.0.0.0", "192.0.2.1", "::"):
        monkeypatch.setenv("BATON_CONSOLE_HOST", host)
        line = refused(baton("serve"))
        assert line.startswith(f"BATON_CONSOLE_HOST: {host} can be reached from elsewhere")
        assert "BATON_CONSOLE_ALLOW_PLAIN" in line
    assert not settings_of_nobody.exists()


def test_elsewhere_is_listened_where_it_is_allowed_expressly(
    settings_of_nobody: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BATON_CONSOLE_HOST", "192.0.2.1")  # reserved for documentation: nobody's
    monkeypatch.setenv("BATON_CONSOLE_ALLOW_PLAIN", "true")
    assert "192.0.2.1 cannot be listened at" in refused(baton("serve"))


def test_a_port_in_use_is_told_in_one_line(settings_of_nobody: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as other:
        port = other.getsockname()[1]
        monkeypatch.setenv("BATON_CONSOLE_PORT", str(port))
        assert refused(baton("serve")) == (
            f"BATON_CONSOLE_PORT: port {port} is in use; set it to a free port, or to 0 for any"
        )


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("BATON_CONSOLE_HOST", "console.example", "should be an IP address of this machine"),
        ("BATON_CONSOLE_PORT", "70000", "less than or equal to 65535"),
        ("BATON_CONSOLE_CERTIFICATE", "certificate.pem", "set both, or neither"),
        ("BATON_CONSOLE_LIVEKIT_URL", "livekit.example", "should be ws://HOST:PORT or wss://HOST"),
        ("BATON_ROSTER_FOLDER", "nowhere", "is no folder"),
        ("LIVEKIT_URL", "", "is not set"),
        ("GROQ_BASE_URL", "", "GROQ_API_KEY: is not set"),
    ],
)
def test_a_bad_setting_is_told_in_one_line(
    settings_of_nobody: Path, monkeypatch: pytest.MonkeyPatch, name: str, value: str, told: str
) -> None:
    monkeypatch.setenv("BATON_CONSOLE_PORT", "0")
    monkeypatch.delenv("GROQ_API_KEY", raising=False)
    monkeypatch.setenv(name, value)
    assert told in refused(baton("serve"))


def test_a_certificate_that_is_none_is_told_in_one_line(
    settings_of_nobody: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "certificate.pem"
    for text in (None, "no certificate"):
        if text:
            file.write_text(text)
        for name in ("BATON_CONSOLE_CERTIFICATE", "BATON_CONSOLE_CERTIFICATE_KEY"):
            monkeypatch.setenv(name, str(file))
        assert "BATON_CONSOLE_CERTIFICATE: cannot be used" in refused(baton("serve"))


def test_operators_are_made_listed_and_revoked(settings_of_nobody: Path) -> None:
    token = baton("operators", "add", "anna", "--rights", "read,act").stdout.strip()
    assert token.startswith("baton_")
    viewer = json.loads(baton("operators", "add", "vera", "--json").stdout)
    assert (viewer["name"], viewer["rights"]) == ("vera", ["listen", "read"])
    listed = baton("operators", "list").stdout
    assert [line.split("\t")[:2] for line in listed.splitlines()] == [
        ["name", "rights"],
        ["anna", "read,act"],
        ["vera", "read,listen"],
    ]
    assert token not in listed
    assert "hash" not in baton("operators", "list", "--json").stdout
    assert baton("operators", "revoke", "anna").exit_code == 0
    again = baton("operators", "revoke", "anna")
    assert (again.exit_code, again.stderr) == (1, "no operator called anna has a valid token\n")
    assert json.loads(baton("operators", "list", "--json").stdout)[0]["revoked_at"] is not None


@pytest.mark.parametrize("name", ["model", "caller", "", " anna", "an\nna", "=cmd", "a" * 65])
def test_names_that_would_mislead_are_refused(settings_of_nobody: Path, name: str) -> None:
    assert "cannot be an operator's name" in refused(baton("operators", "add", name))


def test_a_name_is_given_once(settings_of_nobody: Path) -> None:
    baton("operators", "add", "anna")
    baton("operators", "revoke", "anna")
    assert "there is, or was, an operator called anna" in refused(baton("operators", "add", "anna"))
