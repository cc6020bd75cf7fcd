"""Why a connection failed, in one line: no such name, no certificate to trust, or nobody there."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from urllib.parse import urlsplit

from errors import BadInput, OutOfReach

_NOT_VALID_YET, _EXPIRED = 9, 10
"""OpenSSL's codes (X509_V_ERR_…) for a certificate that is valid, but not at this time."""


def explain_failure(error: BaseException, setting: str, address: str, nobody: OutOfReach) -> BadInput:
    """The reason why a client's request to `address`, which `setting` names, got no answer.

    What may pass by itself is OutOfReach; `nobody` is the reason if nothing more is known.
    """
    causes = list(_causes(error))
    if any(isinstance(cause, socket.gaierror) for cause in causes):
        host = urlsplit(address).hostname
        return OutOfReach(
            setting, f"no address is known for {host}", "check the name, and this machine's DNS"
        )
    tls = [cause for cause in causes if isinstance(cause, ssl.SSLError)]
    # The innermost is OpenSSL's own. aiohttp's stand around it, and say less.
    return (_explain_tls(tls[-1], setting, address) if tls else None) or nobody


def _explain_tls(error: ssl.SSLError, setting: str, address: str) -> BadInput | None:
    if isinstance(error, ssl.SSLCertVerificationError):
        if error.verify_code in {_NOT_VALID_YET, _EXPIRED}:
            wrong = f"the certificate of {address} is not valid now ({error.verify_message})"
            return OutOfReach(setting, wrong, "renew it, or set the clocks right")
        right = "name the host that the certificate is for, and let this machine trust it (SSL_CERT_FILE)"
        return BadInput(setting, f"{address} answers without a certificate to trust", right)
    if error.reason in {"WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE", "HTTP_REQUEST"}:
        plain = "ws://" if address.startswith("ws") else "http://"
        return BadInput(
            setting, f"{address} answers without TLS", f"write {plain}, or give the server a certificate"
        )
    return None  # such as a connection that was closed while both sides agreed on TLS


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The error and what led to it, from the outermost."""
    seen: set[int] = set()
    cause: BaseException | None = error
    while cause is not None and id(cause) not in seen:
        seen.add(id(cause))
        yield cause
        inner = getattr(cause, "os_error", None)  # aiohttp keeps it here
        if isinstance(inner, BaseException):
            yield inner
        cause = cause.__cause__ or cause.__context__
