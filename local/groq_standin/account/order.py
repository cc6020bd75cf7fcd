"""Changes to the account over HTTP."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from agents.groq.documented_limits import Tier
from local.groq_standin.account.account import Account


class AccountOrder(BaseModel):
    """The body of `POST /control/account`. Fields that it leaves out stay as they are."""

    model_config = ConfigDict(extra="forbid")

    tier: Tier | None = None
    forward_s: Annotated[float, Field(ge=0)] = 0  # moves the account's clock
    terms_missing: set[str] | None = None
    gone: set[str] | None = None

    def carry_out(self, account: Account) -> None:
        account.clock.forward(self.forward_s)
        if "tier" in self.model_fields_set:
            account.use(self.tier)
        if self.terms_missing is not None:
            account.terms_missing = self.terms_missing
        if self.gone is not None:
            account.gone = self.gone
