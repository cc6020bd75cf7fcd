"""Where the service listens, with or without TLS."""

from __future__ import annotations

import errno
import socket
import ssl

from errors import BadInput
from settings import ConsoleSettings


def check_may_listen(console: ConsoleSettings) -> None:
    """Refuse to serve tokens over a plain connection to other machines. Raises: BadInput."""
    if console.on_loopback or console.certificate or console.allow_plain:
        return
    right = (
        "set BATON_CONSOLE_CERTIFICATE and BATON_CONSOLE_CERTIFICATE_KEY, "
        "or BATON_CONSOLE_ALLOW_PLAIN=true if a proxy in front of it does TLS"
    )
    wrong = f"{console.host} can be reached from elsewhere, and there is no TLS"
    raise BadInput("BATON_CONSOLE_HOST", wrong, right)


def check_certificate(console: ConsoleSettings) -> None:
    """Check the certificate and its key, if set. Raises: BadInput."""
    if (console.certificate is None) != (console.certificate_key is None):
        raise BadInput("BATON_CONSOLE_CERTIFICATE", "and its key belong together", "set both, or neither")
    if console.certificate is None:
        return
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(console.certificate, console.certificate_key)
    except (OSError, ssl.SSLError) as error:
        reason = error.strerror or getattr(error, "reason", "") or type(error).__name__
        right = "set them to PEM files that this user can read"
        raise BadInput("BATON_CONSOLE_CERTIFICATE", f"cannot be used ({reason})", right) from error


def bound(console: ConsoleSettings) -> socket.socket:
    """Return the socket to listen on. The caller closes it. Raises: BadInput."""
    host = "127.0.0.1" if console.host == "localhost" else console.host
    opened = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)
    opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        opened.bind((host, console.port))
        opened.listen()
    except OSError as error:
        opened.close()
        if error.errno == errno.EADDRINUSE:
            wrong, right = f"port {console.port} is in use", "set it to a free port, or to 0 for any"
            raise BadInput("BATON_CONSOLE_PORT", wrong, right) from error
        right = "set it to an address of this machine, such as 127.0.0.1"
        raise BadInput("BATON_CONSOLE_HOST", f"{console.host} cannot be listened at", right) from error
    return opened


def start_line(console: ConsoleSettings, port: int, first_token: str | None) -> str:
    """Return the line with the service's address. The first start's link has a token in its fragment."""
    host = f"[{console.host}]" if ":" in console.host else console.host
    address = f"http{'s' if console.certificate else ''}://{host}:{port}/"
    if first_token is None:
        return f"baton serves operators at {address}"
    return f"baton serves operators at {address}#token={first_token} (this link is shown once: keep it)"
