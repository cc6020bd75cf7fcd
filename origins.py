"""The web origins and proxies that a setting names, checked, and in the form that browsers send. Pure."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

OWN = "self"
"""Stands for the service's own pages in a list of origins, as in a Content-Security-Policy."""

_DEFAULT_PORTS = {"https": 443, "http": 80}


def is_loopback(host: str) -> bool:
    """Raises: ValueError, if it is neither localhost nor an IP address."""
    return host == "localhost" or ipaddress.ip_address(host).is_loopback


def foreign_origins(words: str) -> tuple[str, ...]:
    """The origins in a list, without `self`. Raises: ValueError, with what a wrong one should be."""
    return tuple(dict.fromkeys(_origin(word) for word in words.split() if word != OWN))


def is_origin_list(words: str) -> str:
    """A pydantic validator: the words, unchanged. Raises: ValueError."""
    foreign_origins(words)
    return words


def is_network_list(words: str) -> str:
    """A pydantic validator: the words, unchanged. Raises: ValueError."""
    for word in words.split():
        try:
            ipaddress.ip_network(word)
        except ValueError:
            raise ValueError("should be IP addresses or networks, separated by spaces") from None
    return words


def _origin(word: str) -> str:
    """As browsers send it: in small letters, in ASCII, without the usual port."""
    try:
        parts = urlsplit(word.lower())
        host, port = parts.hostname or "", parts.port
        ascii_host = host if ":" in host else host.encode("idna").decode()
    except (ValueError, UnicodeError):
        host = ascii_host = ""
    if not host or word.lower() != f"{parts.scheme}://{parts.netloc}" or set("@*,;'\"") & set(parts.netloc):
        raise ValueError(f"should be {OWN} or https://HOST, without a path, an asterisk or a comma")
    if parts.scheme != "https" and not (parts.scheme == "http" and _is_this_machine(host)):
        raise ValueError("should begin with https:// because browsers give other pages no microphone")
    shown = f"[{ascii_host}]" if ":" in ascii_host else ascii_host
    usual = port is None or port == _DEFAULT_PORTS[parts.scheme]
    return f"{parts.scheme}://{shown}" if usual else f"{parts.scheme}://{shown}:{port}"


def _is_this_machine(host: str) -> bool:
    try:
        return is_loopback(host)
    except ValueError:
        return False
