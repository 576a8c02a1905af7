"""What ship notices of every format share: the orders that they serve and the keys by which they are found."""

from __future__ import annotations

from collections.abc import Iterable

from crossdock.procurement.v1 import inbound_pb2


def notice_orders(lines: Iterable[inbound_pb2.ShipNoticeLine]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(line.purchase_order_number for line in lines if line.purchase_order_number))


def notice_keys(number: str, lines: Iterable[inbound_pb2.ShipNoticeLine]) -> tuple[str, ...]:
    return (f"asn:{number}", *(f"po:{order}" for order in notice_orders(lines)))
