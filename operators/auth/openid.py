"""Signs in with the company's own identity: OpenID Connect's code flow with PKCE, through Authlib.

The service keeps no state between the two halves of a sign-in. The browser that began it brings the secrets
back in a cookie, so any instance of the service can complete it.
"""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import httpx2
from authlib.integrations.httpx_client import AsyncOAuth2Client, OAuthError
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from agents.tls import tls
from operators.auth.openid_rights import Identity, rights_by_value
from operators.refused import Refused
from persistence.access import Rights
from settings import OpenIdSettings
from transfer.ports import Clock

ANSWER_PATH = "/sign-in/openid/answer"
LIMIT_S = 5.0
"""Limit of each request to the provider."""
LEEWAY_S = 30
"""How far the provider's clock may be off."""
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "Ed25519")
"""Only signatures with the provider's private key: never `none`, and none with a shared secret."""
_ENDPOINTS = ("authorization_endpoint", "token_endpoint", "jwks_uri")


@dataclass(frozen=True, slots=True)
class Pending:
    """The secrets that a browser must bring back from the provider. Each is 256 random bits."""

    state: str
    nonce: str
    verifier: str

    def written(self) -> str:
        return f"{self.state}.{self.nonce}.{self.verifier}"


def new_pending() -> Pending:
    return Pending(*(secrets.token_urlsafe(32) for _ in range(3)))


def pending_of(written: str | None) -> Pending | None:
    parts = (written or "").split(".")
    return Pending(*parts) if len(parts) == 3 and all(parts) else None


class Provider:
    """Made once per service."""

    def __init__(
        self, settings: OpenIdSettings, rights: Mapping[str, Rights], client: AsyncOAuth2Client, clock: Clock
    ) -> None:
        self.settings = settings
        self.rights = rights
        self._client = client
        self._clock = clock
        self._metadata: Mapping[str, Any] | None = None

    @property
    def secure(self) -> bool:
        """Whether browsers reach the console over TLS."""
        return (self.settings.console or "").startswith("https")

    async def address(self, pending: Pending) -> str:
        """Return the provider's URL at which the browser signs in. Raises: Refused."""
        metadata = await self._discover()
        address, _ = self._client.create_authorization_url(
            metadata["authorization_endpoint"],
            state=pending.state,
            code_verifier=pending.verifier,
            nonce=pending.nonce,
        )
        return str(address)

    async def identity(self, pending: Pending, code: str) -> Identity:
        """Exchange the browser's code for an ID token, and check the token. Raises: Refused."""
        metadata = await self._discover()
        try:
            answer = await self._client.fetch_token(
                metadata["token_endpoint"],
                grant_type="authorization_code",
                code=code,
                code_verifier=pending.verifier,
            )
        except OAuthError as error:
            raise _refused("the provider does not know the code; sign in again") from error
        except (httpx2.HTTPError, ValueError) as error:
            raise _out_of_reach() from error
        claims = self._checked(str(answer.get("id_token", "")), await self._keys(metadata), pending.nonce)
        return Identity(metadata["issuer"], str(claims["sub"]), claims)

    def _checked(self, token: str, keys: KeySet, nonce: str) -> Mapping[str, Any]:
        """Return the claims of a valid ID token that this provider issued to us. Raises: Refused."""
        known: dict[str, Any] = {
            "iss": {"essential": True, "value": self.settings.issuer},
            "aud": {"essential": True, "value": self.settings.client_id},
        }
        try:
            read = jwt.decode(token, keys, algorithms=ALGORITHMS)
            params = {"nonce": nonce, "client_id": self.settings.client_id}
            claims = CodeIDToken(read.claims, read.header, known, params)
            claims.validate(now=self._clock.now_ms() // 1000, leeway=LEEWAY_S)
        except (JoseError, ValueError, TypeError, KeyError) as error:
            raise _refused(f"its ID token is not valid ({type(error).__name__}); sign in again") from error
        return claims

    async def _discover(self) -> Mapping[str, Any]:
        """Return the provider's endpoints, fetched at the first sign-in: the service starts without them."""
        if self._metadata is None:
            issuer = self.settings.issuer or ""
            found = await self._get(f"{issuer.rstrip('/')}/.well-known/openid-configuration")
            if found.get("issuer") != issuer:
                raise _refused("the provider's issuer differs from BATON_OPENID_ISSUER")
            if not all(_fits(str(found.get(name, "")), issuer) for name in _ENDPOINTS):
                raise _refused(f"the provider should name {', '.join(_ENDPOINTS)}, over TLS")
            self._metadata = found
        return self._metadata

    async def _keys(self, metadata: Mapping[str, Any]) -> KeySet:
        """Fetch the provider's current keys, which it may change at any time."""
        found: Any = await self._get(metadata["jwks_uri"])
        try:
            return KeySet.import_key_set(found)
        except (JoseError, ValueError, TypeError, KeyError) as error:
            raise _refused("the provider's keys cannot be read") from error

    async def _get(self, address: str) -> Mapping[str, Any]:
        try:
            answer = await self._client.request("GET", address, withhold_token=True)
            answer.raise_for_status()
            found = answer.json()
        except (httpx2.HTTPError, ValueError) as error:
            raise _out_of_reach() from error
        return found if isinstance(found, dict) else {}


@asynccontextmanager
async def open_provider(
    settings: OpenIdSettings, clock: Clock, transport: httpx2.AsyncBaseTransport | None = None
) -> AsyncIterator[Provider | None]:
    """Yield the provider, or None if the settings do not turn it on. Raises: BadInput."""
    if not settings.on:
        yield None
        return
    secret = settings.client_secret
    async with AsyncOAuth2Client(
        settings.client_id,
        None if secret is None else secret.get_secret_value(),
        token_endpoint_auth_method="none" if secret is None else "client_secret_basic",
        scope=settings.scopes,
        redirect_uri=f"{settings.console}{ANSWER_PATH}",
        code_challenge_method="S256",
        timeout=LIMIT_S,
        verify=tls(),
        transport=transport,
    ) as client:
        yield Provider(settings, rights_by_value(settings.rights or ""), client, clock)


def _fits(address: str, issuer: str) -> bool:
    """Whether the address uses TLS, or the issuer's scheme."""
    return urlsplit(address).scheme in {"https", urlsplit(issuer).scheme}


def _refused(detail: str) -> Refused:
    return Refused("identity-refused", detail)


def _out_of_reach() -> Refused:
    return Refused("provider-out-of-reach", "try again, or sign in with a token")
