"""What is done about a call that is lost repeatedly."""

from __future__ import annotations

import pytest

from failover.policy import HangUp, ReplaceHolder, recovery_action
from persistence.records import RoleName

DESK, NIGHT = RoleName("front-desk"), RoleName("night-desk")


@pytest.mark.parametrize("losses", [1, 2, 3])
@pytest.mark.parametrize("fallback", [None, NIGHT])
def test_up_to_the_limit_the_same_role_replaces_the_holder(losses: int, fallback: RoleName | None) -> None:
    assert recovery_action(DESK, losses, recoveries=3, fallback=fallback) == ReplaceHolder(DESK)


def test_beyond_the_limit_an_agent_says_goodbye_twice_at_most() -> None:
    after = [recovery_action(DESK, losses, recoveries=3, fallback=None) for losses in (4, 5, 6, 60)]
    assert after == [
        ReplaceHolder(DESK, farewell=True),
        ReplaceHolder(DESK, farewell=True),
        HangUp(),
        HangUp(),
    ]


def test_a_fallback_role_gets_one_try_before_the_goodbyes() -> None:
    assert recovery_action(DESK, 4, recoveries=3, fallback=NIGHT) == ReplaceHolder(NIGHT)
    after = [recovery_action(NIGHT, losses, recoveries=3, fallback=NIGHT) for losses in (5, 6, 7)]
    assert after == [ReplaceHolder(NIGHT, farewell=True), ReplaceHolder(NIGHT, farewell=True), HangUp()]
