"""x12.856, out: a customer is told what has left for it, by order and, where the warehouse said so, by package.

Shipment, order, package, item (structure 0001), or without packages (0004). Only what a goods issue holds of the
customer's own orders: a truck may carry others' too.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

from crossdock.fulfillment.events.v1 import events_pb2
from crossdock.fulfillment.v1 import warehouse_pb2
from crossdock_edi.x12.parts import Carrier, DateReference, Marks, Packaging, Party, Reference, Totals
from crossdock_edi.x12.ship_notice import Level, ShipNotice
from google.protobuf.timestamp_pb2 import Timestamp

from connector.mappings import canonical
from connector.mappings import x12_customer_parts as customer
from connector.mappings.model import Codes, Outbound, Writing

ORIGINAL, BY_PACKAGE, BY_ORDER, SHIP_FROM = "00", "0001", "0004", "SF"
SHIPPED, BILL_OF_LADING, CARRIERS_NUMBER, SSCC_WITH_IDENTIFIER = "011", "BM", "CN", "GM"
_LONGEST_NAME = 30
"""Of BSN02."""
_SCAC = re.compile(r"[A-Z]{2,4}")
Content = warehouse_pb2.HandledLine | warehouse_pb2.PackedLine
Sent = events_pb2.GoodsIssued | events_pb2.SupplierShipped


def write(event: Sent, writing: Writing) -> ShipNotice:
    tree = _Tree(event, writing)
    tree.grow()
    issued_at = canonical.from_stamp(_left_at(event))
    return ShipNotice(
        purpose=ORIGINAL,
        shipment=_name(event),
        created_on=writing.written_at.date(),
        created_at=writing.written_at.time().replace(second=0, microsecond=0),
        structure=BY_PACKAGE if any(each.code == "P" for each in tree.levels) else BY_ORDER,
        dates=(DateReference(qualifier=SHIPPED, on=issued_at.date(), at=issued_at.time().replace(microsecond=0)),),
        levels=tuple(tree.levels),
        totals=Totals(lines=len(tree.levels)),
    )


def _name(event: Sent) -> str:
    """Unique for us: a place numbers its goods issues, a supplier its notices, which may be replaced."""
    if isinstance(event, events_pb2.SupplierShipped):
        return event.ship_notice_id.replace("-", "")[-_LONGEST_NAME:]
    return f"{event.location_id}-{event.issue_number}"


def _left_at(event: Sent) -> Timestamp:
    return event.shipped_at if isinstance(event, events_pb2.SupplierShipped) else event.issued_at


@dataclass(slots=True)
class _Tree:
    """The HL levels of one notice, numbered as they grow."""

    event: Sent
    writing: Writing
    levels: list[Level] = field(default_factory=list)

    def grow(self) -> None:
        orders = [each for each in self.event.orders if each.channel == self.writing.partner.name]
        packed = {each.order_id: self._packed(each) for each in orders}
        packages = {position for found in packed.values() for position, _ in found}
        shipment = self._add(Level(id="", code="S", **self._carriage(orders, len(packages))))
        for each in orders:
            day = canonical.from_day(each.ordered_on)
            above = self._add(Level(id="", code="O", order_number=each.number, ordered_on=day), shipment)
            for position, contents in packed[each.order_id]:
                self._add_contents(contents, self._add(_package(self._packages[position]), above), each)
            if not packed[each.order_id]:
                self._add_contents([issued.line for issued in self._issued(each)], above, each)

    @property
    def _packages(self) -> Sequence[warehouse_pb2.Package]:
        """Of what a supplier sent nobody says how it is packed."""
        return () if isinstance(self.event, events_pb2.SupplierShipped) else self.event.packages

    def _add(self, level: Level, above: Level | None = None) -> Level:
        number, parent = str(len(self.levels) + 1), above.id if above else ""
        numbered = replace(level, id=number, parent=parent, has_children="0" if level.code == "I" else "1")
        self.levels.append(numbered)
        return numbered

    def _carriage(self, orders: Sequence[events_pb2.IssuedOrder], packages: int) -> dict[str, Any]:
        """What the shipment level says; the packages are this customer's."""
        event = self.event
        numbers = ((BILL_OF_LADING, event.number), (CARRIERS_NUMBER, event.tracking_number))
        return {
            "packaging": (Packaging(packaging="CTN", packages=packages),) if packages else (),
            "carriers": (_carrier(event.carrier),) if event.carrier else (),
            "references": tuple(Reference(qualifier=name, value=value) for name, value in numbers if value),
            "parties": self._addresses(orders),
        }

    def _addresses(self, orders: Sequence[events_pb2.IssuedOrder]) -> tuple[Party, ...]:
        """Where it left, and where it goes, unless its orders name several addresses."""
        left = Party(role=SHIP_FROM, id_qualifier="92", id=self._origin())
        named = {each.ship_to_code for each in orders}
        return (left, *(customer.ship_to(named.pop()) if len(named) == 1 else ()))

    def _origin(self) -> str:
        event, codes = self.event, self.writing.codes
        if isinstance(event, events_pb2.SupplierShipped):
            return codes.party_code(event.supplier_id)
        return codes.location_code(event.location_id)

    def _issued(self, order: events_pb2.IssuedOrder) -> list[events_pb2.IssuedLine]:
        return [each for each in self.event.lines if each.line.order_id == order.order_id]

    def _packed(self, order: events_pb2.IssuedOrder) -> list[tuple[int, list[Content]]]:
        """An order's contents by package, if that is exactly what was handed over of it; else nothing."""
        found: list[tuple[int, list[Content]]] = []
        for position, package in enumerate(self._packages):
            own: list[Content] = [each for each in package.contents if _is_of(each, order)]
            if own:
                found.append((position, own))
        packed = _goods(each for _, contents in found for each in contents)
        return found if packed == _goods(each.line for each in self._issued(order)) else []

    def _add_contents(self, contents: Iterable[Content], above: Level, order: events_pb2.IssuedOrder) -> None:
        wished = {each.line.line_number: each.ordered_unit for each in self._issued(order)}
        for each in contents:
            self._add(_item(each, wished[each.line_number], self.writing.codes), above)


def _item(content: Content, wished: str, codes: Codes) -> Level:
    base, lot = content.quantity, content.lot.number
    amount, unit = customer.in_unit(Decimal(base.value), base.unit, wished, content.sku, codes)
    return Level(
        id="",
        code="I",
        line=content.line_number,
        item_ids=customer.item_ids(content.sku, codes),
        quantity=amount,
        unit=codes.unit_code(unit),
        references=(Reference(qualifier="LT", value=lot),) if lot else (),
    )


def _is_of(content: warehouse_pb2.PackedLine, order: events_pb2.IssuedOrder) -> bool:
    return content.order_id == order.order_id if content.order_id else content.order_number == order.number


def _goods(lines: Iterable[Content]) -> dict[tuple[str, str], Decimal]:
    found: dict[tuple[str, str], Decimal] = {}
    for each in lines:
        name = each.line_number, each.sku
        found[name] = found.get(name, Decimal()) + Decimal(each.quantity.value)
    return found


def _package(package: warehouse_pb2.Package) -> Level:
    marks = (Marks(qualifier=SSCC_WITH_IDENTIFIER, number=f"00{package.sscc}"),) if package.sscc else ()
    return Level(id="", code="P", marks=marks)


def _carrier(said: str) -> Carrier:
    """By SCAC where it looks like one, else by its name."""
    return Carrier(id_qualifier="2", id=said) if _SCAC.fullmatch(said) else Carrier(routing=said[:35])


MAPPING = Outbound("x12.856", write)
