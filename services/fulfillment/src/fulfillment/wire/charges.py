"""Charges between the contract and the domain: what a customer pays besides goods."""

from __future__ import annotations

from collections.abc import Iterable

from crossdock.common.v1 import values_pb2
from crossdock.fulfillment.v1 import sales_order_pb2

from fulfillment.domain.quantities import exact
from fulfillment.domain.refusals import FieldMissing
from fulfillment.domain.terms import Charge, ChargeKind
from fulfillment.wire import values

KINDS = {kind: sales_order_pb2.ChargeKind.Value(f"CHARGE_KIND_{kind.name}") for kind in ChargeKind}
_KIND_OF = {message: kind for kind, message in KINDS.items()}


def read(said: Iterable[sales_order_pb2.Charge]) -> tuple[Charge, ...]:
    return tuple(_charge(each) for each in said)


def _charge(said: sales_order_pb2.Charge) -> Charge:
    kind = _KIND_OF.get(said.kind)
    if kind is None:
        raise FieldMissing("charges.kind")
    return Charge(kind, exact(values.number(said.amount.amount)), said.amount.currency, said.description)


def written(charges: Iterable[Charge]) -> list[sales_order_pb2.Charge]:
    return [
        sales_order_pb2.Charge(
            kind=KINDS[each.kind],
            description=each.description,
            amount=values_pb2.Money(amount=values.text(each.amount), currency=each.currency),
        )
        for each in charges
    ]
