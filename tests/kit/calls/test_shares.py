"""Who is let in: the share under way, and the part of those who stand in line."""

from __future__ import annotations

import pytest
from crossdock_kit.errors import Exhausted
from crossdock_kit.server.line import LONG_SECONDS, Line
from crossdock_kit.server.shares import LineTooLong, Shares, ShareUsedUp


class SetLine(Line):
    seconds = 0.0
    waited = 0

    async def gone(self) -> None:
        self.waited += 1


class Door:
    """Shares of a process whose line and clock the test sets."""

    def __init__(self, share: int = 100, few: int = 4) -> None:
        self.now, self.line = 0.0, SetLine()
        self.shares = Shares(share, self.line, few=few, burst=few, now=lambda: self.now)

    def calls(self, tenant: str, times: int) -> int:
        """Calls that end at once; how many were let in."""
        entered = 0
        for _ in range(times):
            try:
                self.shares.enter(tenant)
            except LineTooLong:
                continue
            self.shares.leave(tenant)
            entered += 1
        return entered


@pytest.fixture
def door() -> Door:
    return Door()


LONG = 2 * LONG_SECONDS


def test_as_many_as_come_are_let_in_while_nobody_stands_in_line(door: Door) -> None:
    assert door.calls("acme", 1000) == 1000
    assert not door.shares.scarce


def test_while_the_line_is_long_a_tenant_has_its_few_and_no_more(door: Door) -> None:
    door.line.seconds = LONG
    assert door.shares.scarce
    assert door.calls("acme", 100) == 4


async def test_who_asks_for_little_does_not_wait_until_the_line_has_gone(door: Door) -> None:
    door.calls("acme", 500)
    door.now = 1.0
    door.line.seconds = LONG
    for tenant, waited in (("globex", 0), ("acme", 1)):
        async with door.shares.of(tenant):
            assert door.line.waited == waited


def test_who_asks_for_little_is_let_in_beside_who_asks_for_all(door: Door) -> None:
    door.calls("acme", 500)
    door.line.seconds = LONG
    assert door.calls("acme", 100) == 0
    assert door.calls("globex", 3) == 3


def test_of_two_that_ask_for_much_the_one_with_less_goes_on_to_the_average(door: Door) -> None:
    door.calls("acme", 100)
    door.calls("globex", 20)
    door.line.seconds = LONG
    assert door.calls("acme", 50) == 0
    assert door.calls("globex", 500) == 80, "until both had the same"


def test_who_was_quiet_may_come_all_at_once() -> None:
    door = Door()
    door.shares = Shares(100, door.line, few=4, burst=40, now=lambda: door.now)
    door.line.seconds = LONG
    assert door.calls("acme", 100) == 40
    door.now = 2.0
    assert door.calls("acme", 100) == 8, "so many a second are saved up"


def test_what_was_let_in_is_forgotten_with_time(door: Door) -> None:
    door.calls("acme", 500)
    door.line.seconds, door.now = LONG, 10.0
    assert door.calls("acme", 100) == 4


def test_when_the_line_is_short_again_everybody_is_let_in(door: Door) -> None:
    door.calls("acme", 500)
    door.line.seconds = LONG
    assert door.calls("acme", 10) == 0
    door.line.seconds = 0.0
    assert door.calls("acme", 10) == 10


def test_the_share_counts_calls_that_are_under_way() -> None:
    shares = Door(share=2).shares
    shares.enter("acme")
    shares.enter("acme")
    with pytest.raises(ShareUsedUp) as refused:
        shares.enter("acme")
    assert refused.value.under_way == 2
    assert shares.scarce
    shares.enter("globex")
    shares.leave("acme")
    shares.enter("acme")


@pytest.mark.parametrize("refusal", [LineTooLong(), ShareUsedUp(3)])
def test_a_refusal_says_when_to_come_again(refusal: Exhausted) -> None:
    assert refusal.retry_after is not None
    assert refusal.retry_after.total_seconds() > 0


def test_who_calls_no_more_is_forgotten_and_lowers_no_average(door: Door) -> None:
    for name in range(50):
        door.calls(f"tenant-{name}", 1)
    door.now = 100.0
    door.calls("acme", 100)
    door.calls("globex", 20)
    door.line.seconds = LONG
    assert door.calls("globex", 500) == 80, "the average is that of those who call"
