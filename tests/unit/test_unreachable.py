"""Why a connection failed: over real sockets, for both clients. What may pass by itself is not bad input."""

from __future__ import annotations

import asyncio
import datetime
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
import httpx
import pytest
import trustme

from errors import BadInput, OutOfReach
from unreachable import explain_failure

NOBODY = OutOfReach("LIVEKIT_URL", "nobody answers", "start it")
LONG_AGO = datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC)


async def by_aiohttp(url: str, trusting: ssl.SSLContext) -> None:
    async with aiohttp.ClientSession() as session, session.get(url, ssl=trusting):
        pass


async def by_httpx(url: str, trusting: ssl.SSLContext) -> None:
    async with httpx.AsyncClient(verify=trusting, trust_env=False) as client:
        await client.get(url)


CLIENTS = [by_aiohttp, by_httpx]


@asynccontextmanager
async def listening(tls: ssl.SSLContext | None) -> AsyncIterator[str]:
    """Run a server that closes each connection at once; yield its https address."""

    async def close(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n" if tls is None else b"")
        writer.close()

    async with await asyncio.start_server(close, "127.0.0.1", 0, ssl=tls) as server:
        yield f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}"


def server_side(certificate: trustme.LeafCert) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    certificate.configure_cert(context)
    return context


async def why(client: object, url: str, trusting: ssl.SSLContext | None = None) -> BadInput:
    assert callable(client)
    with pytest.raises(Exception) as failed:  # noqa: PT011 - each client has its own
        await client(url, trusting or ssl.create_default_context())
    return explain_failure(failed.value, "LIVEKIT_URL", url, NOBODY)


@pytest.mark.parametrize("client", CLIENTS)
async def test_nobody_there_is_waited_for(client: object) -> None:
    assert await why(client, "https://127.0.0.1:9") is NOBODY


@pytest.mark.parametrize("client", CLIENTS)
async def test_name_that_nobody_knows_is_told_and_waited_for(client: object) -> None:
    told = await why(client, "https://livekit.invalid")
    assert str(told).startswith("LIVEKIT_URL: no address is known for livekit.invalid; ")
    assert isinstance(told, OutOfReach)


@pytest.mark.parametrize("client", CLIENTS)
async def test_certificate_that_nobody_trusts_is_bad_input(client: object) -> None:
    async with listening(server_side(trustme.CA().issue_cert("127.0.0.1"))) as url:
        told = await why(client, url)
    assert "answers without a certificate to trust" in told.wrong
    assert not isinstance(told, OutOfReach)


@pytest.mark.parametrize("client", CLIENTS)
async def test_certificate_that_has_expired_is_waited_for(client: object) -> None:
    authority, trusting = trustme.CA(), ssl.create_default_context()
    authority.configure_trust(trusting)
    expired = authority.issue_cert("127.0.0.1", not_before=LONG_AGO, not_after=LONG_AGO)
    async with listening(server_side(expired)) as url:
        told = await why(client, url, trusting)
    assert "is not valid now (certificate has expired)" in told.wrong
    assert isinstance(told, OutOfReach)


@pytest.mark.parametrize("client", CLIENTS)
async def test_server_without_tls_is_bad_input(client: object) -> None:
    async with listening(None) as url:
        told = await why(client, url)
    assert "answers without TLS" in told.wrong
    assert not isinstance(told, OutOfReach)
