"""Something that somebody has to decide or look at, though what was reported is booked: said beside the events."""

from __future__ import annotations

from dataclasses import dataclass, field

INVENTORY_CONTROL = "inventory-control"


@dataclass(frozen=True, slots=True, kw_only=True)
class Concern:
    """`subject` says what it stands for; while one of the same code and subject is open it is not raised twice."""

    code: str
    owner: str
    subject: str
    summary: str
    tenant: str
    transaction_ids: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()
    details: dict[str, str] = field(default_factory=dict)


def identity(code: str, subject: str) -> str:
    return f"{code}:{subject}"
