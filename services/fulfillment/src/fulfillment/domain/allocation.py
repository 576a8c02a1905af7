"""What an allocator of an order is asked by and what it answers: so much of a line from one place."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from fulfillment.domain.refusals import AllocationUnknown


def allocation_id(order_id: str, part: int, attempt: int) -> str:
    return f"{order_id}:{part}:{attempt}"


def named(allocation: str) -> tuple[str, int, int]:
    """Order, part and attempt. Raises AllocationUnknown for what names none."""
    order_id, *numbers = allocation.split(":")
    if len(numbers) != 2 or not all(each.isascii() and each.isdecimal() and len(each) < 10 for each in numbers):
        raise AllocationUnknown(allocation)
    return order_id, int(numbers[0]), int(numbers[1])


@dataclass(frozen=True, slots=True)
class AllocatedLine:
    """So much of a line, in the item's base unit, from one place."""

    line_number: str
    sku: str
    location_id: str
    quantity: Decimal
    lot: str = ""


@dataclass(frozen=True, slots=True)
class Allocation:
    """What `role` answers to a question; `content` is the hash of what it said."""

    role: str
    part: int
    attempt: int
    content: str
    lines: tuple[AllocatedLine, ...]
