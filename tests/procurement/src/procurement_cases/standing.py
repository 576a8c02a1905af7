"""Where lines, notices and invoices stand, and that every change of it is in the tables, by who may bring it about."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import wraps
from typing import Any, Protocol, TypeVar

from crossdock_kit.processes import Process
from procurement.domain.invoice_lifecycle import INVOICE
from procurement.domain.order_line_lifecycle import ORDER_LINE
from procurement.domain.purchase_order import PurchaseOrder
from procurement.domain.roles import CROSSDOCK
from procurement.domain.ship_notice import ShipNotice
from procurement.domain.ship_notice_lifecycle import SHIP_NOTICE
from procurement.domain.supplier_invoice import SupplierInvoice

PROCESSES: dict[str, Process] = {each.name: each for each in (ORDER_LINE, SHIP_NOTICE, INVOICE)}
Standing = Mapping[tuple[str, str], str]
"""The state, by process and id."""
T = TypeVar("T")


class Lives(Protocol):
    def standing(self) -> Standing: ...


def stands(
    orders: Iterable[PurchaseOrder], notices: Iterable[ShipNotice], invoices: Iterable[SupplierInvoice]
) -> Standing:
    lines = {(ORDER_LINE.name, line.line_id): line.state.value for order in orders for line in order.lines}
    announced = {(SHIP_NOTICE.name, each.ship_notice_id): each.state.value for each in notices}
    return lines | announced | {(INVOICE.name, each.invoice_id): each.state.value for each in invoices}


def check(before: Standing, after: Standing, role: str) -> None:
    """What follows for an invoice the match decides, whoever spoke."""
    for (name, of), state in after.items():
        process = PROCESSES[name]
        was = before.get((name, of), process.initial)
        if was != state:
            who = CROSSDOCK if process is INVOICE else role
            owned = [each for each in process.transitions if (each.from_, each.to) == (was, state) and who in each.who]
            assert owned, f"{name}: {who} led it from {was} to {state}"


def told_by(role: str) -> Callable[[Callable[..., T]], Callable[..., T]]:
    """Of a rule: what it changes, `role` may change."""

    def of(rule: Callable[..., T]) -> Callable[..., T]:
        @wraps(rule)
        def play(life: Lives, *args: Any, **kwargs: Any) -> T:
            before = life.standing()
            done = rule(life, *args, **kwargs)
            check(before, life.standing(), role)
            return done

        return play

    return of
