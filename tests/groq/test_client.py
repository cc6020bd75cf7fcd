"""A process's client, and what is reported at start when Groq cannot be used."""

from __future__ import annotations

import asyncio
import logging

import httpx
import pytest
from groq import AsyncGroq
from pydantic import SecretStr

from agents.groq.client import KEEPALIVE_S, make_client, open_connection
from agents.groq.models import check_models
from errors import BadInput, OutOfReach
from local.groq_standin import StandIn
from settings import GroqAccess, GroqSettings
from tests.groq.sse import groq_over

SETTINGS = GroqSettings.model_construct()
LOCAL = GroqAccess.model_construct(base_url="http://127.0.0.1:9", api_key=None)


def _listing(*ids: str) -> httpx.Response:
    data = [{"id": one, "object": "model", "created": 1, "owned_by": "x"} for one in ids]
    return httpx.Response(200, json={"object": "list", "data": data})


@pytest.fixture
def early_client() -> AsyncGroq:
    """Made where a process warms up: no loop runs yet."""
    with pytest.raises(RuntimeError):
        asyncio.get_running_loop()
    return make_client(SETTINGS, LOCAL)


async def test_a_client_made_before_any_loop_serves_the_loop_that_comes_later(
    early_client: AsyncGroq,
) -> None:
    async with early_client:
        with pytest.raises(BadInput, match=r"GROQ_BASE_URL: http://127\.0\.0\.1:9/? does not answer"):
            await open_connection(early_client, SETTINGS)


async def test_the_client_never_tries_again_by_itself_and_keeps_its_connections() -> None:
    client = make_client(SETTINGS, LOCAL)
    async with client:
        assert client.max_retries == 0
        assert KEEPALIVE_S > 60


@pytest.mark.parametrize("address", ["https://api.groq.com", "https://eu.groq.com"])
def test_groq_itself_is_not_asked_without_a_key(address: str) -> None:
    with pytest.raises(BadInput, match="GROQ_API_KEY: is not set"):
        make_client(SETTINGS, GroqAccess.model_construct(base_url=address, api_key=None))


@pytest.mark.parametrize("key", ["gsk_ü", "gsk_a b", "gsk_a\nb"])
def test_a_key_that_cannot_be_one_is_named_before_it_is_sent(key: str) -> None:
    with pytest.raises(BadInput, match="GROQ_API_KEY") as caught:
        make_client(
            SETTINGS, GroqAccess.model_construct(base_url="https://api.groq.com", api_key=SecretStr(key))
        )
    assert key not in str(caught.value)


def test_the_librarys_log_of_whole_requests_is_off() -> None:
    make_client(SETTINGS, LOCAL)
    assert not logging.getLogger("groq._base_client").isEnabledFor(logging.DEBUG)


async def test_a_refused_key_is_named() -> None:
    refusal = httpx.Response(401, json={"error": {"message": "no", "code": "invalid_api_key"}})
    async with groq_over(lambda _: refusal, SETTINGS) as client:
        with pytest.raises(BadInput, match="GROQ_API_KEY: Groq refuses it"):
            await check_models(client, SETTINGS)


@pytest.mark.parametrize("status", [408, 429, 498, 500, 502, 503, 504])
async def test_groq_in_trouble_may_be_waited_for(status: int) -> None:
    async with groq_over(lambda _: httpx.Response(status, json={"error": {}}), SETTINGS) as client:
        with pytest.raises(OutOfReach, match="GROQ_BASE_URL: "):
            await check_models(client, SETTINGS)


async def test_an_address_that_is_not_groqs_is_named() -> None:
    async with groq_over(lambda _: httpx.Response(404, text="<html>"), SETTINGS) as client:
        with pytest.raises(BadInput, match=r"GROQ_BASE_URL: .* does not answer like Groq"):
            await check_models(client, SETTINGS)


async def test_a_list_that_cannot_be_read_is_groqs_address_too() -> None:
    async with groq_over(lambda _: httpx.Response(200, json=[]), SETTINGS) as client:
        with pytest.raises(BadInput, match="GROQ_BASE_URL"):
            await check_models(client, SETTINGS)


async def _check(offered: tuple[str, ...], settings: GroqSettings, **more: dict[str, str]) -> None:
    async with groq_over(lambda _: _listing(*offered), settings) as client:
        assert isinstance(client, AsyncGroq)
        await check_models(client, settings, role_models=more.get("role_models"))


OFFERED = (
    "openai/gpt-oss-120b",
    "openai/gpt-oss-20b",
    "openai/gpt-oss-safeguard-20b",
    "whisper-large-v3",
    "whisper-large-v3-turbo",
    "canopylabs/orpheus-v1-english",
)


async def test_models_that_are_offered_pass() -> None:
    await _check(OFFERED, SETTINGS)


async def test_a_dead_model_is_named_with_its_setting_and_what_is_offered_in_its_place() -> None:
    settings = GroqSettings.model_construct(chat_model="llama-3.3-70b-versatile")
    with pytest.raises(BadInput) as caught:
        await _check(OFFERED, settings)
    assert str(caught.value) == (
        "BATON_GROQ_CHAT_MODEL: Groq does not offer 'llama-3.3-70b-versatile'; "
        "it offers openai/gpt-oss-120b, openai/gpt-oss-20b"
    )


async def test_only_models_of_the_same_kind_are_proposed() -> None:
    settings = GroqSettings.model_construct(speaking_model="playai-tts")
    with pytest.raises(
        BadInput, match=r"BATON_GROQ_SPEAKING_MODEL.*it offers canopylabs/orpheus-v1-english$"
    ):
        await _check(OFFERED, settings)


async def test_the_model_of_a_role_is_named_by_its_file() -> None:
    with pytest.raises(BadInput, match=r"roster/billing\.md: model: Groq does not offer 'gone'"):
        await _check(OFFERED, SETTINGS, role_models={"roster/billing.md: model": "gone"})


async def test_the_whole_check_passes_over_http(client: AsyncGroq) -> None:
    await open_connection(client, SETTINGS)
    await check_models(client, SETTINGS)


async def test_a_model_that_left_groqs_list_is_named(client: AsyncGroq, stand_in: StandIn) -> None:
    stand_in.control.fault("models", "model_gone", model=SETTINGS.hearing_model)
    with pytest.raises(
        BadInput, match="BATON_GROQ_HEARING_MODEL: Groq does not offer 'whisper-large-v3-turbo'"
    ):
        await check_models(client, SETTINGS)


async def test_a_key_that_groq_refuses_is_named_over_http(stand_in: StandIn) -> None:
    access = GroqAccess.model_construct(base_url=stand_in.url, api_key=SecretStr("gsk_old"))
    async with make_client(SETTINGS, access) as client:
        with pytest.raises(BadInput, match="GROQ_API_KEY: Groq refuses it"):
            await open_connection(client, SETTINGS)


async def test_a_groq_in_trouble_at_start_is_named_with_its_address(
    client: AsyncGroq, stand_in: StandIn
) -> None:
    stand_in.control.fault("models", "server_error", status=500)
    with pytest.raises(BadInput, match="GROQ_BASE_URL"):
        await check_models(client, SETTINGS)
