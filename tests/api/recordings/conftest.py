"""The service with a folder of recordings."""

from __future__ import annotations

from pathlib import Path

import pytest
from cryptography.fernet import Fernet


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    key = tmp_path / "keys"
    key.touch(0o600)
    key.write_bytes(Fernet.generate_key())
    monkeypatch.setenv("BATON_RECORDING_FOLDER", str(tmp_path / "recordings"))
    monkeypatch.setenv("BATON_RECORDING_KEY_FILE", str(key))
    return tmp_path
