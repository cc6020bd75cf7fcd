"""Maps a company identity to an operator. The operator's name and rights come from the identity's claims."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from errors import BadInput
from operators.auth.access import is_name
from operators.refused import Refused
from persistence.access import Operator, Right, Rights
from persistence.contract.operators import OperatorStore
from settings import OpenIdSettings, env_name
from transfer.ports import Clock

SETTING = env_name(OpenIdSettings, "rights")
_EXAMPLE = f"{SETTING}=support=read,listen; supervisors=read,listen,act"


@dataclass(frozen=True, slots=True)
class Identity:
    """An identity as the provider states it."""

    issuer: str
    subject: str
    claims: Mapping[str, Any]


def rights_by_value(written: str) -> Mapping[str, Rights]:
    """Parse the setting: the rights for each value of the claim. Raises: BadInput."""
    found: dict[str, Rights] = {}
    for entry in filter(None, (part.strip() for part in written.split(";"))):
        value, is_pair, words = entry.rpartition("=")
        value, named = value.strip(), words.replace(",", " ").split()
        if not is_pair or not value or not named:
            raise BadInput(SETTING, f"{entry[:80]!r} is no VALUE=RIGHTS", f"write it as in {_EXAMPLE}")
        if unknown := [word for word in named if word not in set(Right)]:
            raise BadInput(SETTING, f"there is no right {unknown[0]!r}", f"there are {', '.join(Right)}")
        if value in found:
            raise BadInput(SETTING, f"{value[:80]!r} is there twice", "join its rights by commas")
        found[value] = frozenset(Right(word) for word in named)
    if not found:
        raise BadInput(SETTING, "names no rights", f"write it as in {_EXAMPLE}")
    return found


async def operator_of_identity(
    store: OperatorStore,
    identity: Identity,
    settings: OpenIdSettings,
    rights: Mapping[str, Rights],
    clock: Clock,
) -> tuple[Operator, str | None]:
    """Return the operator with the claims' current rights. Raises: Refused.

    The second value is "added" or "renewed" if that happened now, else None.
    """
    held = _rights(identity, settings, rights)
    key = _key(identity)
    known = await store.operator_of(key)
    if known is not None:
        if known.rights == held:
            return known, None
        await store.renew_operator(known.name, token_hash=key, rights=held, expires_at=None)
        return Operator(known.name, held, key, known.made_at), "renewed"
    made = Operator(_name(identity, settings), held, key, clock.now_ms())
    if not await store.add_operator(made):
        detail = f"{made.name} is another operator, or was revoked: see baton operators list"
        raise Refused("identity-refused", detail)
    return made, "added"


def _key(identity: Identity) -> str:
    """Return the identity's stand-in for a token's hash. It has a colon, so no token's hash can equal it."""
    subject = json.dumps([identity.issuer, identity.subject]).encode()
    return f"openid:{hashlib.sha256(subject).hexdigest()}"


def _rights(identity: Identity, settings: OpenIdSettings, rights: Mapping[str, Rights]) -> Rights:
    claim = identity.claims.get(settings.rights_claim)
    values = claim if isinstance(claim, list) else [claim]
    # An unverified address may be anything that somebody typed.
    if settings.rights_claim == "email" and identity.claims.get("email_verified") is not True:
        values = []
    empty: Rights = frozenset()
    held = empty.union(*(rights.get(value, empty) for value in values if isinstance(value, str)))
    if not held:
        detail = f"no value of its claim {settings.rights_claim} is in {SETTING}"
        raise Refused("identity-without-rights", detail)
    return held


def _name(identity: Identity, settings: OpenIdSettings) -> str:
    name = identity.claims.get(settings.name_claim)
    is_unchecked = settings.name_claim == "email" and identity.claims.get("email_verified") is False
    if not isinstance(name, str) or not is_name(name) or is_unchecked:
        detail = f"its claim {settings.name_claim} is missing, unverified, or cannot be an operator's name"
        raise Refused("identity-refused", detail)
    return name
