"""Every bad input at start: what is wrong, and the line that must name it."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from errors import BadInput
from persistence.sqlite.migrate import VERSION, migrate


@dataclass(frozen=True, slots=True)
class Workshop:
    """One start's folder, with a copy of the roster. `env` has good settings; a test breaks one."""

    folder: Path
    env: dict[str, str]

    @property
    def store(self) -> Path:
        return self.folder / "baton.db"

    def change(self, role: str, before: str, after: str) -> None:
        """Replaces text in a role's file."""
        path = self.folder / "roster" / f"{role}.md"
        text = path.read_text(encoding="utf-8")
        assert before in text
        path.write_text(text.replace(before, after, 1), encoding="utf-8")


Spoil = Callable[[Workshop], None]
BAD: dict[str, tuple[Spoil, BadInput]] = {}
"""Bad inputs, by name. In the texts, `{folder}` is the workshop's folder, `{taken}` livekit-server's port."""


def bad(where: str, wrong: str, right: str) -> Callable[[Spoil], Spoil]:
    """Registers a bad input with the message it must cause."""

    def note(spoil: Spoil) -> Spoil:
        BAD[spoil.__name__] = (spoil, BadInput(where, wrong, right))
        return spoil

    return note


ADDRESS = "set it to the address of livekit-server, such as ws://127.0.0.1:7880"
GROQ_KEY = "set it to a key from console.groq.com/keys"
DATABASE = "{folder}/baton.db"


# --- livekit-server


@bad("LIVEKIT_URL", "is not set", ADDRESS)
def no_address(shop: Workshop) -> None:
    del shop.env["LIVEKIT_URL"]


@bad("LIVEKIT_URL", "'localhost:7880' should be ws://HOST:PORT or wss://HOST", ADDRESS)
def malformed_address(shop: Workshop) -> None:
    shop.env["LIVEKIT_URL"] = "localhost:7880"


@bad(
    "LIVEKIT_API_KEY",
    "the server does not know this key",
    "write a key from the server's configuration, under keys, and its secret in LIVEKIT_API_SECRET",
)
def wrong_key(shop: Workshop) -> None:
    shop.env["LIVEKIT_API_KEY"] = "nobodys-key"


@bad(
    "LIVEKIT_API_SECRET",
    "the server says it is not the key's",
    "write the secret that belongs to LIVEKIT_API_KEY",
)
def wrong_secret(shop: Workshop) -> None:
    shop.env["LIVEKIT_API_SECRET"] = "another-secret-that-is-as-long-as-it-must-be"


# --- the roster


@bad(
    "{folder}/roster/billing.md:1",
    "has no front matter",
    "begin with a line ---, the fields, and another line ---",
)
def role_without_front_matter(shop: Workshop) -> None:
    (shop.folder / "roster" / "billing.md").write_text("You are the billing desk.\n", encoding="utf-8")


@bad("{folder}/roster/billing.md:8", "unknown field 'acepts'", "write accepts")
def unknown_field(shop: Workshop) -> None:
    shop.change("billing", "accepts:", "acepts:")


@bad(
    "{folder}/roster/technical.md:2",
    "role billing is already in {folder}/roster/billing.md",
    "give this one another name, or remove one of the two",
)
def two_files_with_one_role(shop: Workshop) -> None:
    shop.change("technical", "role: technical", "role: billing")


@bad(
    "{folder}/roster/front-desk.md:8",
    "transfers_to names the unknown role 'sales'",
    "write some of billing, technical",
)
def unknown_target(shop: Workshop) -> None:
    shop.change("front-desk", "transfers_to: [billing, technical]", "transfers_to: [billing, sales]")


@bad(
    "{folder}/roster/billing.md:4",
    "unknown voice 'tory'",
    "write one of autumn, diana, hannah, austin, daniel, troy",
)
def unknown_voice(shop: Workshop) -> None:
    shop.change("billing", "voice: troy", "voice: tory")


@bad("BATON_FIRST_ROLE", "unknown role 'sales'", "use one of billing, front-desk, technical")
def unknown_first_role(shop: Workshop) -> None:
    shop.env["BATON_FIRST_ROLE"] = "sales"


# --- Groq


@bad("GROQ_API_KEY", "Groq refuses it", GROQ_KEY)
def refused_groq_key(shop: Workshop) -> None:
    shop.env["GROQ_API_KEY"] = "gsk_nobodys"


@bad("GROQ_API_KEY", "is not set", GROQ_KEY)
def no_groq_key(shop: Workshop) -> None:
    del shop.env["GROQ_API_KEY"], shop.env["GROQ_BASE_URL"]


@bad(
    "BATON_GROQ_CHAT_MODEL",
    "Groq does not offer 'llama-3.3-70b-versatile'",
    "it offers openai/gpt-oss-120b, openai/gpt-oss-20b",
)
def model_that_is_gone(shop: Workshop) -> None:
    shop.env["BATON_GROQ_CHAT_MODEL"] = "llama-3.3-70b-versatile"


# --- the store


@bad(
    "BATON_STORE",
    "/proc/baton.db is not writable",
    "name a file that this user may write, its folder as well",
)
def store_that_cannot_be_written(shop: Workshop) -> None:
    shop.env["BATON_STORE"] = "sqlite:////proc/baton.db"  # not even root may write there


@bad("BATON_STORE", f"{DATABASE} is not an SQLite database", "name a new file, or a database of Baton's")
def store_that_is_no_database(shop: Workshop) -> None:
    shop.store.write_text("a shopping list, and no database at all\n" * 20, encoding="utf-8")


@bad(
    "BATON_STORE",
    f"{DATABASE} was written by a newer Baton (version {VERSION + 1}, this program knows {VERSION})",
    "use the newer program or another file",
)
def store_of_a_newer_program(shop: Workshop) -> None:
    migrate(shop.store)
    with closing(sqlite3.connect(shop.store)) as connection:
        connection.execute(f"PRAGMA user_version = {VERSION + 1}")


# --- the machine


@bad("BATON_HEALTH_PORT", "port {taken} is in use", "set it to a free port, or to 0")
def port_in_use(shop: Workshop) -> None:
    shop.env["BATON_HEALTH_PORT"] = shop.env["LIVEKIT_URL"].rpartition(":")[2]


@bad(
    "BATON_CALLS_AT_ONCE",
    "'many' should be a valid integer",
    "set it to the number of calls that one worker takes at the same time, or leave it out for 20",
)
def setting_that_is_no_number(shop: Workshop) -> None:
    shop.env["BATON_CALLS_AT_ONCE"] = "many"
