"""What is set aside when the broker refuses an event: its own aggregate, in order, and nobody else's."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from crossdock_kit.acknowledgments import about_the_message
from crossdock_kit.refusals import AGAIN_SECONDS, ATTEMPTS, Refusals

LARGEST = 100


def event(position: int, version: int, aggregate: str = "order/1", *, size: int = 10) -> dict[str, Any]:
    facts = {"position": position, "version": version, "aggregate": aggregate, "tenant": "acme"}
    return facts | {"event_id": UUID(int=position), "headers": "h" * 5, "body": b"b" * (size - 5)}


class Desk:
    """Refusals with a clock of their own, and a table of what waits, claimed as a relay does it."""

    def __init__(self, *rows: dict[str, Any]) -> None:
        self.now = 0.0
        self.refusals = Refusals(lambda: self.now)
        self.waiting = {row["position"]: row for row in rows}

    def claimed(self) -> list[int]:
        """What would be sent now."""
        passed_over = self.refusals.claiming()
        rows = [row for position, row in sorted(self.waiting.items()) if position not in passed_over]
        return [row["position"] for row in self.refusals.passing(rows, LARGEST)]

    def accepts(self, *positions: int) -> None:
        for position in positions:
            self.refusals.accepted(self.waiting.pop(position))

    def refuses(self, position: int, times: int = 1) -> None:
        for _ in range(times):
            self.refusals.refused(self.waiting[position], "no")


def test_what_comes_after_a_refused_event_waits_and_others_go_on() -> None:
    desk = Desk(event(1, 1), event(2, 1, "order/2"), event(3, 2))
    assert desk.claimed() == [1, 2, 3]
    desk.refuses(1)
    desk.accepts(2)
    desk.waiting[4] = event(4, 2, "order/2")
    assert desk.claimed() == [1, 4]
    desk.accepts(1, 4)
    assert desk.claimed() == [3]
    assert not desk.refusals


def test_an_event_that_is_refused_again_and_again_is_set_aside_for_a_minute() -> None:
    desk = Desk(event(1, 1), event(2, 2))
    desk.refuses(1, ATTEMPTS - 1)
    assert (desk.claimed(), desk.refusals.lasting) == ([1], [])
    desk.refuses(1)
    [lasting] = desk.refusals.lasting
    assert (lasting.event_id, lasting.reason, lasting.attempts) == (UUID(int=1), "no", ATTEMPTS)
    assert desk.claimed() == []
    desk.now = AGAIN_SECONDS
    assert desk.claimed() == [1]
    desk.refuses(1)
    assert desk.claimed() == []
    desk.refusals.at_once()
    assert desk.claimed() == [1]
    desk.accepts(1)
    assert desk.claimed() == [2]


def test_what_is_larger_than_the_broker_takes_is_never_sent() -> None:
    desk = Desk(event(1, 1), event(2, 2, size=LARGEST + 1), event(3, 3), event(4, 1, "order/2", size=LARGEST))
    assert desk.claimed() == [1, 4]
    desk.accepts(1, 4)
    assert desk.claimed() == []
    [lasting] = desk.refusals.lasting
    assert lasting.reason == f"it has {LARGEST + 1} bytes, the broker takes {LARGEST}"
    desk.now = AGAIN_SECONDS
    assert desk.claimed() == []
    assert lasting.attempts == ATTEMPTS + 1


def test_two_events_of_an_aggregate_that_are_refused_together_go_in_their_order() -> None:
    desk = Desk(event(1, 1), event(2, 2))
    assert desk.claimed() == [1, 2]
    desk.refuses(1)
    desk.refuses(2)
    assert desk.claimed() == [1]
    desk.accepts(1)
    assert desk.claimed() == [2]


def test_an_earlier_event_that_is_published_again_does_not_wait_behind_a_refused_one() -> None:
    desk = Desk(event(5, 7))
    desk.refuses(5, ATTEMPTS)
    desk.waiting[6] = event(6, 3)
    assert desk.claimed() == [6]
    desk.refuses(6)
    assert desk.claimed() == [6]
    desk.accepts(6)
    assert desk.claimed() == [5]


def test_what_was_passed_over_is_not_taken_for_gone_when_its_minute_ends_before_the_claim_is_answered() -> None:
    desk = Desk(event(1, 1), event(2, 2))
    desk.refuses(1, ATTEMPTS)
    assert desk.refusals.claiming() == [1]
    desk.now = AGAIN_SECONDS
    assert desk.refusals.aside() == []
    assert list(desk.refusals.passing([desk.waiting[2]], LARGEST)) == []
    assert desk.claimed() == [1]


def test_an_event_that_somebody_else_has_published_keeps_nothing_back() -> None:
    desk = Desk(event(1, 1), event(2, 2))
    assert desk.claimed() == [1, 2]
    desk.refuses(1, ATTEMPTS)
    assert desk.claimed() == []
    del desk.waiting[1]
    desk.waiting[3] = event(3, 3)
    desk.now = AGAIN_SECONDS
    assert desk.claimed() == []
    assert desk.claimed() == [2, 3]


@pytest.mark.parametrize(
    ("answer", "own"),
    [
        ('{"error":{"code":400,"err_code":10054,"description":"message size exceeds maximum allowed"}}', True),
        ('{"error":{"code":503,"err_code":10077,"description":"maximum bytes exceeded"}}', False),
        ("nobody keeps this subject", False),
        ("", False),
    ],
)
def test_whether_a_message_is_refused_or_the_stream_refuses(answer: str, own: bool) -> None:
    assert about_the_message(answer) is own
