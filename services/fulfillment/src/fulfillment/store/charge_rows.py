"""Charges as they stand in the row of their order or posting: JSON, whose amounts are text; null if there are none."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal

from crossdock_kit.json_rows import Row

from fulfillment.domain.terms import Charge, ChargeKind


def charge_rows(charges: Sequence[Charge]) -> list[Row] | None:
    return [_row(each) for each in charges] or None


def read_charges(rows: Iterable[Row] | None) -> tuple[Charge, ...]:
    return tuple(
        Charge(ChargeKind(row["kind"]), Decimal(str(row["amount"])), str(row["currency"]), str(row["description"]))
        for row in rows or ()
    )


def _row(charge: Charge) -> Row:
    return {
        "kind": charge.kind.value,
        "amount": str(charge.amount),
        "currency": charge.currency,
        "description": charge.description,
    }
