"""Objects that are made before a worker's event loop runs, because making them would block the loop."""

from __future__ import annotations

import importlib
import ssl

import pytest
from livekit.agents.utils import http_context

from agents.groq.client import make_client
from agents.process import before_loop
from agents.tls import tls
from settings import GroqAccess, GroqSettings


def test_no_certificate_is_read_for_groq_or_livekit_once_the_loop_runs(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    tls.cache_clear()
    http_context._ssl_context_for.cache_clear()
    importlib.reload(before_loop)

    def reads(*_: object, **__: object) -> ssl.SSLContext:
        raise AssertionError("the loop would stand still meanwhile")

    monkeypatch.setattr(ssl, "create_default_context", reads)
    make_client(GroqSettings.model_construct(), GroqAccess.model_construct(base_url="http://127.0.0.1:1"))
    http_context._set_default_cert_env()  # as LiveKit does at its start
    http_context._create_ssl_context()
