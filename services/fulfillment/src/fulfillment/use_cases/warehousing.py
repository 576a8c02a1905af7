"""A warehouse's report: booked as reported, once. What it breaks becomes an exception, never a refusal."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from fulfillment.domain.handling import Outcome, Place, Reported, issue, pack, pick, stray
from fulfillment.domain.quantities import Item, in_base
from fulfillment.domain.recalling import recall, settle_recalls
from fulfillment.domain.refusals import ItemUnknown, ReportNumberReused
from fulfillment.domain.sales_order import SalesOrder
from fulfillment.domain.warehouse_report import Booking, Kind, ReportTerms, Shipment, WarehouseReport
from fulfillment.ports import UnitOfWork, Work
from fulfillment.use_cases.commands import RecordReport
from fulfillment.use_cases.naming import orders_named
from fulfillment.use_cases.owing import owe_changes, owe_shipment
from fulfillment.use_cases.places import speaks_for

_VERBS: Mapping[Kind, Callable[[Place, Reported], Outcome]] = {
    Kind.PICK: pick,
    Kind.PACKING: pack,
    Kind.GOODS_ISSUE: issue,
    Kind.RECALL: recall,
}
_OF_A_SHIPMENT = (Kind.PACKING, Kind.GOODS_ISSUE)


async def record_report(command: RecordReport, uow: UnitOfWork) -> tuple[WarehouseReport, bool]:
    """The report, and whether it was there before. Raises ReportNumberReused, LocationUnknown, LocationOfAnotherSystem,
    ItemUnknown, UnitNotConvertible."""
    said = command.terms
    async with uow(command.origin) as work:
        known = await work.warehouse_reports.claim(said.kind, said.location_id, said.number)
        if known is not None:
            return _repeated(known, said, work), True
        await speaks_for(said.system, said.location_id, work)
        terms = await _in_base_units(said, work)
        orders = await orders_named(((each.order_id, each.order_number) for each in terms.lines), work)
        booking = Booking(
            terms, _report(said, work), list(dict.fromkeys(orders.values())), await _shipment(terms, work)
        )
        await _handle(booking, orders, work)
        booking.end()
        for order in booking.orders:
            for part in sorted({line.part for line in order.lines.values()}):
                settle_recalls(order, part)
            await owe_changes(order, work)
            await work.put(order)
        work.note(keys=booking.keys, transaction_ids=booking.transaction_ids)
        await work.record(booking)
        if terms.kind is Kind.GOODS_ISSUE:
            await owe_shipment(booking, work)
        return booking.report, False


def _repeated(known: WarehouseReport, said: ReportTerms, work: Work) -> WarehouseReport:
    if known.content != said.fingerprint:
        raise ReportNumberReused(said.location_id, said.number)
    work.note(transaction_ids=known.order_ids, outcome="duplicate", reason="repeated")
    return known


async def _in_base_units(said: ReportTerms, work: Work) -> ReportTerms:
    items = await work.master_data.items({each.sku for each in said.lines})
    packages = tuple(
        replace(each, contents=tuple(_converted(line, items) for line in each.contents)) for each in said.packages
    )
    return replace(said, lines=tuple(_converted(each, items) for each in said.lines), packages=packages)


def _converted(said: Reported, items: Mapping[str, Item]) -> Reported:
    item = items.get(said.sku)
    if item is None:
        raise ItemUnknown(said.sku)
    factor = item.factor(said.unit)
    return replace(
        said,
        unit=item.base_unit,
        quantity=in_base(said.quantity, factor),
        short=in_base(said.short, factor),
        too_late=in_base(said.too_late, factor),
    )


def _report(said: ReportTerms, work: Work) -> WarehouseReport:
    return WarehouseReport(work.new_id(), said.kind, said.location_id, said.number, said.fingerprint)


async def _shipment(terms: ReportTerms, work: Work) -> Shipment | None:
    if terms.kind not in _OF_A_SHIPMENT:
        return None
    known = await work.warehouse_reports.claim_shipment(terms.location_id, terms.shipment_number)
    return known or Shipment(work.new_id(), terms.location_id, terms.shipment_number, terms.business_unit)


async def _handle(booking: Booking, orders: Mapping[tuple[str, str], SalesOrder], work: Work) -> None:
    terms, verb = booking.terms, _VERBS[booking.terms.kind]
    shipment_id = booking.shipment.shipment_id if booking.shipment else ""
    booking.report.shipment_id = shipment_id
    named: dict[str, set[str]] = {}
    for each in terms.lines:
        if order := orders.get((each.order_id, each.order_number)):
            named.setdefault(order.order_id, set()).add(each.line_number)
    lines = {each.order_id: await work.sales_orders.load_lines(each, named[each.order_id]) for each in booking.orders}
    for said in terms.lines:
        order = orders.get((said.order_id, said.order_number))
        line = lines[order.order_id].get(said.line_number) if order else None
        if order is None or line is None or line.sku != said.sku:
            booking.outcome.add(stray(said, order))
        else:
            booking.outcome.add(verb(Place(order, line, terms.location_id, shipment_id), said))
