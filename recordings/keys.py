"""The keys of recordings: a file with one Fernet key per line. The first encrypts, all decrypt."""

from __future__ import annotations

from pathlib import Path

from cryptography.fernet import Fernet, MultiFernet

from errors import BadInput
from private_files import is_open_to_others

SETTING = "BATON_RECORDING_KEY_FILE"
_MAKE = "(umask 077; openssl rand -base64 32 | tr '+/' '-_' > FILE)"


def read_keys(path: Path) -> MultiFernet:
    """Raises: BadInput (others may read the file, it has no key, or a line is none)."""
    try:
        if is_open_to_others(path):
            raise BadInput(SETTING, f"others may read {path}", f"chmod 600 {path}")
        lines = path.read_text(encoding="ascii").split("\n")
    except FileNotFoundError as error:
        raise BadInput(SETTING, f"{path} is missing", f"make it with {_MAKE}") from error
    except OSError as error:  # making another would lose the recordings
        wrong, right = f"{path} cannot be read ({error.strerror})", "name a file that this user may read"
        raise BadInput(SETTING, wrong, right) from error
    except UnicodeDecodeError as error:
        raise BadInput(SETTING, f"{path} is no text", "name the file with the keys") from error
    keys = [_key(path, number, line.strip()) for number, line in enumerate(lines, 1) if line.strip()]
    if not keys:
        raise BadInput(SETTING, f"{path} has no key", f"make it with {_MAKE}")
    return MultiFernet(keys)


def _key(path: Path, number: int, line: str) -> Fernet:
    """The mistake does not quote the line: it may be a key, misspelt."""
    try:
        return Fernet(line)
    except ValueError:
        wrong = "is no key of 32 bytes in URL-safe base64"
        raise BadInput(f"{SETTING}: {path}:{number}", wrong, f"make one with {_MAKE}") from None
