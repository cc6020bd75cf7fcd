"""What the clients ask for, and when: the same for every way, from one seed. Pure."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from pydantic import BaseModel, ConfigDict


class Ask(StrEnum):
    """What a client asks for."""

    START = "start"  # POST /calls/{id}/handoffs
    LIST = "list"  # GET /handoffs
    READ = "read"  # GET /handoffs/{id}


SHARES = {Ask.START: 1, Ask.LIST: 2, Ask.READ: 2}
"""Of five requests, so many are of each kind."""


class Plan(BaseModel):
    """One round of one way. Given to the clients' process as JSON; `token` is the bench's own."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    url: str
    token: str
    seed: int
    clients: int
    pause_ms: float  # on average, from an answer to the same client's next request
    warm_up_s: float  # of the same requests, before the time that counts
    seconds: float
    calls: tuple[str, ...]  # open, to start handoffs in: each once
    handoffs: tuple[str, ...]  # to be read


@dataclass(frozen=True, slots=True)
class Wanted:
    """One request of a client, after a pause. `subject` is a call's or a handoff's id, or nothing."""

    pause_s: float
    what: Ask
    subject: str


def first_of_each(plan: Plan) -> list[Wanted]:
    """One request of each kind, before all others; the start is in the last call."""
    subjects = {Ask.START: plan.calls[-1], Ask.LIST: "", Ask.READ: plan.handoffs[0]}
    return [Wanted(0, what, subject) for what, subject in subjects.items()]


def requests(plan: Plan, client: int) -> Iterator[Wanted]:
    """Endless, but for the calls: each client has its own share of them, and is through with the last.

    The first pause is a part of one, so that the clients do not begin all at once.
    """
    chance = random.Random(f"{plan.seed}/{client}")
    calls = iter(plan.calls[client : -1 : plan.clients])
    pause_s = plan.pause_ms / 1000
    yield Wanted(chance.uniform(0, pause_s), Ask.LIST, "")
    while True:
        (what,) = chance.choices(list(SHARES), weights=list(SHARES.values()))
        subject = ""
        if what is Ask.READ:
            subject = chance.choice(plan.handoffs)
        elif what is Ask.START and not (subject := next(calls, "")):
            return
        yield Wanted(chance.uniform(0.5, 1.5) * pause_s, what, subject)


def calls_needed(clients: int, pause_ms: float, seconds: float) -> int:
    """More open calls than can be used up, even where every answer comes at once."""
    most = seconds * 1000 / pause_ms * SHARES[Ask.START] / sum(SHARES.values())
    return clients * round(2 * most + 8)
