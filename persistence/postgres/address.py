"""A database's address: read, shown without its password, and explained when nothing answers there."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import zip_longest

import psycopg
from psycopg.conninfo import conninfo_to_dict

from errors import BadInput, OutOfReach

SETTING = "BATON_STORE"
ANSWER_LIMIT_S = 10.0
"""How long a statement may take before the server cancels it, including any wait for another writer."""
CONNECT_LIMIT_S = 5
_RIGHT = (
    "write postgresql://USER:PASSWORD@HOST:5432/DATABASE, with a password's special characters as %XX "
    "(@ is %40, / is %2F)"
)
_LIVELY = {
    "application_name": "baton",
    "connect_timeout": CONNECT_LIMIT_S,
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": int(1000 * ANSWER_LIMIT_S),
}
"""Detect within seconds that a connection's server is gone. The address's own parameters take precedence."""


def parameters_of(url: str, *, read_only: bool = False) -> dict[str, object]:
    """Libpq's connection parameters. A program that writes takes no replica. Raises: BadInput."""
    given = _read(url)
    options = f"{given.pop('options', '')} -c statement_timeout={int(1000 * ANSWER_LIMIT_S)}"
    options += " -c default_transaction_read_only=on" if read_only else ""
    wanted = "primary" if read_only else "read-write"
    return {**_LIVELY, "target_session_attrs": wanted, **given, "options": options.strip()}


def where(url: str) -> str:
    """For people: without the password, and without anything that an option may hide. Raises: BadInput."""
    given = _read(url)
    user = f"{given['user']}@" if given.get("user") else ""
    hosts = zip_longest(given.get("host", "").split(","), given.get("port", "").split(","), fillvalue="")
    places = ",".join(f"{host}:{port}" if port else host for host, port in hosts)
    return f"postgresql://{user}{places}/{given['dbname']}"


def _read(url: str) -> dict[str, str]:
    try:
        given = {name: str(value) for name, value in conninfo_to_dict(url).items() if value is not None}
    except psycopg.Error:
        # Not libpq's words: they quote what they could not read, which may be a part of the password.
        raise BadInput(SETTING, "the address of the database cannot be read", _RIGHT) from None
    if not all(port.isdecimal() or not port for port in given.get("port", "").split(",")):
        raise BadInput(SETTING, "the address of the database cannot be read: its port is no number", _RIGHT)
    if not given.get("dbname"):
        raise BadInput(SETTING, "the address names no database", _RIGHT)
    return given


_REPLICA = ("is a replica, which takes no writes", "name the primary, or all hosts, as HOST1,HOST2")
_OUT_OF_REACH: Mapping[str, tuple[str, str]] = {
    "hot standby": _REPLICA,
    "read-only": _REPLICA,
    "too many clients": ("has no connection left", "raise its max_connections, or run fewer programs"),
    "connection slots": ("has no connection left", "raise its max_connections, or run fewer programs"),
    "too many connections": ("has no connection left", "raise the limit of its user or database"),
    "starting up": ("is starting", "wait until it has started"),
    "shutting down": ("is shutting down", "start it again"),
}
_WRONG: Mapping[str, tuple[str, str]] = {
    "password authentication failed": ("does not accept the user or the password", "correct the address"),
    "no password supplied": ("wants a password", "write it into the address, or into ~/.pgpass"),
    "pg_hba.conf": ("does not let this user in from this host", "allow it in the server's pg_hba.conf"),
    "does not exist": ("has no such database or user", "make it there, or correct the address"),
    "permission denied for database": ("does not let this user in", "GRANT CONNECT ON DATABASE to the user"),
}


def not_reached(url: str, error: psycopg.Error) -> BadInput:
    """Why no connection could be opened: one line, without the password."""
    said = str(error)
    for known, (wrong, right) in _OUT_OF_REACH.items():
        if known in said:
            return OutOfReach(SETTING, f"{where(url)} {wrong}", right)
    for known, (wrong, right) in _WRONG.items():
        if known in said:
            return BadInput(SETTING, f"{where(url)} {wrong}", right)
    wrong = f"{where(url)} does not answer: {plain(url, error)}"
    return OutOfReach(SETTING, wrong, "start it, or correct the address")


def is_replica(url: str) -> OutOfReach:
    """What to say of one that answers, but takes no writes."""
    wrong, right = _REPLICA
    return OutOfReach(SETTING, f"{where(url)} {wrong}", right)


def plain(url: str, error: psycopg.Error) -> str:
    """The error in one line, without the password, and without what a row holds."""
    said = error.diag.message_primary or (str(error).strip().splitlines() or [type(error).__name__])[0]
    password = _read(url).get("password")
    return said.replace(password, "…") if password else said
