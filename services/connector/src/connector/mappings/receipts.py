"""What all warehouses' receipts share: conditions, and the keys by which a receipt is found."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal

from crossdock.common.v1 import values_pb2
from crossdock.procurement.v1 import inbound_pb2

from connector.codecs.json_document import DocumentFault
from connector.mappings import canonical


def condition_of(code: str, table: Mapping[str, str], path: str) -> inbound_pb2.Condition.ValueType:
    name = f"CONDITION_{table.get(code, '')}"
    if name not in inbound_pb2.Condition.keys():  # noqa: SIM118  an enum wrapper, not a dict
        raise DocumentFault(path, f"{code!r} is none of {', '.join(table)}")
    return inbound_pb2.Condition.Value(name)


def arrived(number: Decimal, unit: str, path: str) -> values_pb2.Quantity:
    """Raises DocumentFault for nothing and for less: what was counted wrongly is adjusted, and no receipt."""
    if number <= 0:
        raise DocumentFault(path, f"{number} is no quantity that arrived")
    return canonical.quantity(number, unit, path=path)


def receipt_orders(lines: Iterable[inbound_pb2.ReceiptLine]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(line.purchase_order_number for line in lines if line.purchase_order_number))


def receipt_keys(number: str, lines: Iterable[inbound_pb2.ReceiptLine]) -> tuple[str, ...]:
    kept = list(lines)
    notices = dict.fromkeys(line.ship_notice_number for line in kept if line.ship_notice_number)
    return (
        f"receipt:{number}",
        *(f"po:{order}" for order in receipt_orders(kept)),
        *(f"asn:{notice}" for notice in notices),
    )
