"""What is done about a call that is lost again and again."""

from __future__ import annotations

import pytest

from failover.policy import GoOn, HangUp, remedy
from persistence.records import RoleName

DESK, NIGHT = RoleName("front-desk"), RoleName("night-desk")


@pytest.mark.parametrize("losses", [1, 2, 3])
@pytest.mark.parametrize("fallback", [None, NIGHT])
def test_up_to_the_limit_the_same_role_goes_on(losses: int, fallback: RoleName | None) -> None:
    assert remedy(DESK, losses, recoveries=3, fallback=fallback) == GoOn(DESK)


def test_beyond_it_the_caller_is_told_goodbye_twice_at_most() -> None:
    after = [remedy(DESK, losses, recoveries=3, fallback=None) for losses in (4, 5, 6, 60)]
    assert after == [GoOn(DESK, farewell=True), GoOn(DESK, farewell=True), HangUp(), HangUp()]


def test_a_fallback_has_one_go_before_that() -> None:
    assert remedy(DESK, 4, recoveries=3, fallback=NIGHT) == GoOn(NIGHT)
    after = [remedy(NIGHT, losses, recoveries=3, fallback=NIGHT) for losses in (5, 6, 7)]
    assert after == [GoOn(NIGHT, farewell=True), GoOn(NIGHT, farewell=True), HangUp()]
