"""Signing in with OpenID Connect, against a provider from PyPI that runs as a program of its own.

If a test needs a wrong answer, the answer is changed on its way from the provider to the service.
"""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import AsyncIterator, Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

import httpx
import httpx2
import pytest
from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey

from clock import SystemClock
from errors import BadInput
from local.livekit.server import free_ports
from operators.api import resources
from operators.auth.gate import COOKIE, HOST_COOKIE
from operators.auth.openid import open_provider
from operators.auth.openid_rights import rights_by_value
from persistence.access import Right
from settings import OpenIdSettings, read
from tests.support.api.desk import Desk, StillClock, client, opened_desk, problem

ANNA = "anna@example.org"
CLIENT = "baton-console"
BEGIN, ANSWER = "/sign-in/openid", "/sign-in/openid/answer"
OURS = {"Origin": "http://127.0.0.1:8090"}
_KEY = RSAKey.generate_key(2048)
"""A key that the provider does not have."""
Change = Callable[[dict[str, Any]], None]


@pytest.fixture(scope="module")
def issuer() -> Iterator[str]:
    port = free_ports().http
    people = [
        {"sub": "1", "email": ANNA, "email_verified": True, "groups": ["staff", "supervisors"]},
        {"sub": "2", "email": "vera@example.org", "email_verified": True, "groups": ["support"]},
        {"sub": "3", "email": "guest@example.org", "email_verified": True, "groups": ["staff"]},
        {"sub": "4", "email": "typed@example.org", "email_verified": False, "groups": ["support"]},
        {"sub": "5", "email": ANNA, "email_verified": True, "groups": ["support"]},
    ]
    users = [part for one in people for part in ("--user-claims", json.dumps(one))]
    command = [sys.executable, "-m", "oidc_provider_mock", "--port", str(port), *users]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as provider:
        assert provider.stdout is not None
        try:
            for line in provider.stdout:
                if "running on" in line.lower() or "started" in line.lower():
                    break
            yield f"http://127.0.0.1:{port}"
        finally:
            provider.terminate()
            provider.stdout.read()


class Between(httpx2.AsyncBaseTransport):
    """Sits between service and provider: remembers requests, and changes answers where a test says so."""

    def __init__(self) -> None:
        self._way = httpx2.AsyncHTTPTransport()
        self.key = _KEY
        self.change: Change | None = None
        self.own_keys = True  # whether the provider publishes the keys with which the changed token is signed
        self.metadata: dict[str, Any] = {}
        self.token_request: dict[str, str] = {}

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        answer = await self._way.handle_async_request(request)
        found: dict[str, Any] = json.loads(await answer.aread())
        path = request.url.path
        if path.endswith("openid-configuration"):
            found.update(self.metadata)
        elif path == "/oauth2/token":
            self.token_request = dict(parse_qsl((await request.aread()).decode()))
            if self.change and "id_token" in found:
                found["id_token"] = self._signed_again(found["id_token"])
        elif path == "/jwks" and self.change and self.own_keys:
            found = dict(KeySet([self.key]).as_dict(private=False))
        return httpx2.Response(answer.status_code, json=found, request=request)

    def _signed_again(self, token: str) -> str:
        payload = token.split(".")[1]
        claims: dict[str, Any] = json.loads(jwt_part(payload))
        assert self.change is not None
        self.change(claims)
        return jwt.encode({"alg": "RS256"}, claims, self.key)

    async def aclose(self) -> None:
        await self._way.aclose()


def jwt_part(part: str) -> bytes:
    return urlsafe_b64decode(part + "=" * (-len(part) % 4))


@pytest.fixture
def between() -> Between:
    return Between()


@pytest.fixture
async def desk(
    settings_of_nobody: Path,
    clock: StillClock,
    issuer: str,
    between: Between,
    monkeypatch: pytest.MonkeyPatch,
) -> AsyncIterator[Desk]:
    clock.at = SystemClock().now_ms()  # the provider's time
    given = {
        "ISSUER": issuer,
        "CLIENT_ID": CLIENT,
        "CLIENT_SECRET": "secret",
        "CONSOLE": "http://127.0.0.1:8090",
        "RIGHTS": "support=read,listen; supervisors=read,act",
    }
    for name, value in given.items():
        monkeypatch.setenv(f"BATON_OPENID_{name}", value)
    monkeypatch.setattr(resources, "open_provider", partial(open_provider, transport=between))
    async with opened_desk(settings_of_nobody, clock) as opened:
        yield opened


async def sent_back(browser: httpx.AsyncClient, person: str = "1") -> str:
    """Begin in the browser, sign in at the provider, and return where it sends the browser."""
    begun = await browser.get(BEGIN)
    assert begun.status_code == 303, begun.text
    async with httpx.AsyncClient() as there:
        answer = await there.post(begun.headers["location"], data={"sub": person})
    assert answer.status_code == 302, answer.text
    return str(answer.headers["location"])


async def sign_in(desk: Desk, person: str = "1") -> httpx.Response:
    return await desk.nobody.get(await sent_back(desk.nobody, person))


async def refused(desk: Desk, kind: str = "identity-refused") -> None:
    """Check that a browser that comes back now is refused, without a session."""
    answer = await sign_in(desk)
    problem(answer, kind)
    assert "set-cookie" not in answer.headers
    assert COOKIE not in desk.nobody.cookies


async def test_whom_the_company_knows_is_signed_in_with_the_rights_of_their_groups(desk: Desk) -> None:
    answer = await sign_in(desk)
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    me = (await desk.nobody.get("/me")).json()
    assert (me["name"], me["rights"]) == (ANNA, ["read", "act"])


async def test_each_signs_in_as_themselves_and_out_again(desk: Desk) -> None:
    await sign_in(desk, "2")
    assert (await desk.nobody.get("/me")).json()["rights"] == ["read", "listen"]
    problem(
        await desk.nobody.post("/calls", json={"room": "r", "role": "billing"}, headers=OURS), "right-missing"
    )
    kept = {"Cookie": f"{COOKIE}={desk.nobody.cookies[COOKIE]}"}
    assert (await desk.nobody.delete("/session", headers=OURS)).status_code == 204
    problem(await desk.nobody.get("/me", headers=kept), "session-over")


async def test_the_code_is_bound_to_this_browser_by_a_hashed_verifier(desk: Desk, between: Between) -> None:
    begun = await desk.nobody.get(BEGIN)
    asked = {name: values[0] for name, values in parse_qs(urlsplit(begun.headers["location"]).query).items()}
    assert asked["code_challenge_method"] == "S256"
    assert asked["redirect_uri"] == f"http://127.0.0.1:8090{ANSWER}"
    cookie = begun.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=lax" in cookie
    async with httpx.AsyncClient() as there:
        back = await there.post(begun.headers["location"], data={"sub": "1"})
    assert (await desk.nobody.get(back.headers["location"])).status_code == 303
    digest = hashlib.sha256(between.token_request["code_verifier"].encode()).digest()
    assert urlsafe_b64encode(digest).decode().rstrip("=") == asked["code_challenge"]


async def test_a_code_that_another_browser_began_signs_nobody_in(desk: Desk) -> None:
    """Otherwise a foreign page could sign its visitors in as the page's author."""
    address = await sent_back(desk.nobody)
    async with client(desk.app, address="10.0.0.2") as victim:
        problem(await victim.get(address), "identity-refused")
    async with client(desk.app, address="10.0.0.3") as victim:
        await victim.get(BEGIN)
        problem(await victim.get(address), "identity-refused")


async def test_a_code_works_once(desk: Desk) -> None:
    address = await sent_back(desk.nobody)
    kept = {"Cookie": "; ".join(f"{one.name}={one.value}" for one in desk.nobody.cookies.jar)}
    assert (await desk.nobody.get(address)).status_code == 303
    problem(await desk.nobody.get(address, headers=kept), "identity-refused")


async def test_a_wrong_nonce_is_refused(desk: Desk, between: Between) -> None:
    between.change = lambda claims: claims.update(nonce="another")
    await refused(desk)


async def test_no_nonce_is_refused(desk: Desk, between: Between) -> None:
    between.change = lambda claims: claims.pop("nonce") and None
    await refused(desk)


async def test_a_token_for_another_audience_is_refused(desk: Desk, between: Between) -> None:
    between.change = lambda claims: claims.update(aud=["another-client"])
    await refused(desk)


async def test_a_token_of_another_issuer_is_refused(desk: Desk, between: Between) -> None:
    between.change = lambda claims: claims.update(iss="https://another.example")
    await refused(desk)


async def test_a_token_that_has_expired_is_refused(desk: Desk, between: Between) -> None:
    between.change = lambda claims: claims.update(exp=desk.clock.at // 1000 - 60)
    await refused(desk)


async def test_a_token_signed_with_another_key_is_refused(desk: Desk, between: Between) -> None:
    between.change, between.own_keys = lambda claims: None, False
    await refused(desk)


async def test_a_token_that_is_right_and_signed_anew_is_taken(desk: Desk, between: Between) -> None:
    """So the tests above are refused because of what they change."""
    between.change = lambda claims: None
    assert (await sign_in(desk)).status_code == 303


async def test_a_provider_with_another_name_is_refused(desk: Desk, between: Between) -> None:
    between.metadata = {"issuer": "https://another.example"}
    problem(await desk.nobody.get(BEGIN), "identity-refused")


async def test_who_has_none_of_the_groups_or_an_unverified_name_is_refused(desk: Desk) -> None:
    problem(await sign_in(desk, "3"), "identity-without-rights")
    desk.clock.at += 60_000
    problem(await sign_in(desk, "4"), "identity-refused")


async def test_two_identities_with_one_name_are_not_one_operator(desk: Desk) -> None:
    await sign_in(desk, "1")
    problem(await sign_in(desk, "5"), "identity-refused")


async def test_rights_are_what_the_groups_give_at_the_latest_sign_in(desk: Desk, between: Between) -> None:
    await sign_in(desk)
    between.change = lambda claims: claims.update(groups=["support"])
    await sign_in(desk)
    assert (await desk.nobody.get("/me")).json()["rights"] == ["read", "listen"]


async def test_a_revoked_operator_is_out_and_does_not_come_back(desk: Desk) -> None:
    await sign_in(desk)
    await desk.store.revoke_operator(ANNA, at=desk.clock.at)
    problem(await desk.nobody.get("/me"), "session-over")
    problem(await sign_in(desk), "identity-refused")


async def test_no_token_opens_what_belongs_to_an_identity(desk: Desk) -> None:
    await sign_in(desk)
    (held,) = [one.token_hash for one in await desk.store.operators() if one.name == ANNA]
    async with client(desk.app, held, address="10.0.0.1") as program:
        problem(await program.get("/me"), "token-unknown")


async def test_over_tls_the_cookies_are_the_hosts_own(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    provider = desk.parts.openid
    assert provider is not None
    provider.settings = provider.settings.model_copy(update={"console": "https://127.0.0.1:8090"})
    async with client(desk.app, base_url="https://127.0.0.1:8090") as browser:
        address = await sent_back(browser)
        answer = await browser.get(f"{ANSWER}?{urlsplit(address).query}")
        assert answer.status_code == 303, answer.text
        assert HOST_COOKIE in browser.cookies
        assert all("secure" in one.lower() for one in answer.headers.get_list("set-cookie"))
        assert (await browser.get("/me")).json()["name"] == ANNA


async def test_a_provider_that_does_not_answer_is_said_and_tokens_go_on(
    desk: Desk, between: Between, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def gone(request: httpx2.Request) -> httpx2.Response:
        raise httpx2.ConnectError("gone", request=request)

    monkeypatch.setattr(between, "handle_async_request", gone)
    problem(await desk.nobody.get(BEGIN), "provider-out-of-reach")
    assert (await desk.anna.get("/me")).status_code == 200


async def test_a_person_reads_a_refusal_as_a_page_with_a_way_back(desk: Desk) -> None:
    where = {"Sec-Fetch-Mode": "navigate"}
    answer = await desk.nobody.get(ANSWER, params={"state": "<b>", "code": "b"}, headers=where)
    assert (answer.status_code, answer.headers["content-type"]) == (403, "text/html; charset=utf-8")
    assert "This sign-in was started in another browser, or took too long." in answer.text
    assert '<a class="button" href="/">' in answer.text


async def test_guesses_are_slowed_down(desk: Desk) -> None:
    for _ in range(2):
        answer = await desk.nobody.get(ANSWER, params={"state": "a", "code": "b"})
    problem(answer, "too-many-attempts")


async def test_the_page_is_told_that_there_is_a_way_in(desk: Desk) -> None:
    assert (await desk.nobody.get("/sign-in")).json() == {"openid": True}


async def test_a_foreign_page_begins_no_sign_in(desk: Desk) -> None:
    answer = await desk.nobody.get(BEGIN, headers={"Sec-Fetch-Site": "cross-site"})
    problem(answer, "foreign-origin")


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("support", "'support' is no VALUE=RIGHTS"),
        ("support=", "'support=' is no VALUE=RIGHTS"),
        ("support=fly", "there is no right 'fly'"),
        ("a=read; a=act", "'a' is there twice"),
        (";", "names no rights"),
    ],
)
def test_rights_that_cannot_be_read_are_refused_by_name(written: str, told: str) -> None:
    with pytest.raises(BadInput, match="BATON_OPENID_RIGHTS") as wrong:
        rights_by_value(written)
    assert told in str(wrong.value)


def test_values_with_an_equals_sign_and_blanks_have_rights() -> None:
    found = rights_by_value("CN=Desk, OU=Voice = read ; b=read listen")
    assert found == {
        "CN=Desk, OU=Voice": frozenset({Right.READ}),
        "b": frozenset({Right.READ, Right.LISTEN}),
    }


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"ISSUER": "https://login.example.org"}, "BATON_OPENID_CLIENT_ID: is not set"),
        ({"CLIENT_ID": "a"}, "BATON_OPENID_ISSUER: is not set"),
        ({"ISSUER": "http://login.example.org"}, "reached without TLS"),
        ({"ISSUER": "login.example.org"}, "should be https://HOST"),
        ({"CONSOLE": "http://baton.example.org"}, "BATON_OPENID_CONSOLE"),
        ({"CLIENT_ID": "a", "SCOPES": "email"}, "lacks openid"),
    ],
)
def test_settings_that_do_not_fit_are_refused_at_the_start(
    monkeypatch: pytest.MonkeyPatch, given: dict[str, str], told: str
) -> None:
    for name, value in given.items():
        monkeypatch.setenv(f"BATON_OPENID_{name}", value)
    with pytest.raises(BadInput) as wrong:
        read(OpenIdSettings)
    assert told in str(wrong.value), str(wrong.value)
