"""What all warehouses' receipts share: conditions, and the keys by which a receipt is found."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal

from crossdock.common.v1 import values_pb2
from crossdock.procurement.v1 import inbound_pb2

from connector.codecs.json_document import DocumentFault
from connector.mappings import canonical
from connector.mappings.model import Reading

GOOD = "GOOD"
CONDITIONS = (GOOD, "DAMAGED", "HOLD")


def condition_of(word: str, usual: Mapping[str, str], reading: Reading, path: str) -> inbound_pb2.Condition.ValueType:
    """What a warehouse's word for the condition of goods means. Raises DocumentFault where its profile says what is no
    condition."""
    return named_condition(reading.word("conditions", word, usual, CONDITIONS), path)


def named_condition(name: str, path: str) -> inbound_pb2.Condition.ValueType:
    if name not in CONDITIONS:
        raise DocumentFault(path, f"the profile's mapping says {name!r}, which is none of {', '.join(CONDITIONS)}")
    return inbound_pb2.Condition.Value(f"CONDITION_{name}")


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
