"""The ERP's documents, the supplier's answers and the buyer's decisions: load, tell, save."""

from __future__ import annotations

from collections.abc import Iterable

from procurement.domain.expected import expect_order
from procurement.domain.order_line_lifecycle import DECISION_DAYS
from procurement.domain.purchase_order import PurchaseOrder
from procurement.domain.refusals import (
    DecisionOutdated,
    FieldMissing,
    LocationUnknown,
    PartyUnknown,
    PurchaseOrderUnknown,
)
from procurement.domain.terms import OrderDocument, OrderTerms, Placement
from procurement.ports import OrderName, UnitOfWork, Work
from procurement.use_cases.calling_off import count_on_blanket
from procurement.use_cases.commands import AcknowledgePurchaseOrder, DecideProposedChange, SubmitPurchaseOrder
from procurement.use_cases.deadlines import watch_answer, watch_decisions, watch_promises
from procurement.use_cases.naming import Mint, one_order
from procurement.use_cases.supplier_invoices import match_waiting


async def submit_purchase_order(
    command: SubmitPurchaseOrder, uow: UnitOfWork, mint: Mint
) -> tuple[PurchaseOrder, Placement]:
    """A new order, its next revision, its cancellation, or a document that changes nothing."""
    document = command.document
    async with uow(command.origin) as work:
        order = await claim_order(work, document, mint)
        return order, await place_document(work, order, document)


async def claim_order(work: Work, document: OrderDocument, mint: Mint) -> PurchaseOrder:
    """The order that the document is about, or a new one."""
    order = await work.purchase_orders.claim(document.system, document.terms.business_unit, document.terms.number)
    if order is None:
        order = _new_order(document, mint(), work)
        work.purchase_orders.add(order)
    return order


async def place_document(work: Work, order: PurchaseOrder, document: OrderDocument) -> Placement:
    if not document.cancels:
        await _check_master_data(document.terms, work)
    items = await work.master_data.items({each.sku for each in document.terms.lines})
    placement = order.place(document, items)
    _note_placement(work, order, placement)
    if placement is Placement.CREATED:
        await count_on_blanket(work, order)
        await watch_answer(work, order)
        await match_waiting(work, [order])
    elif placement not in {Placement.REPEATED, Placement.LATE}:
        await _follow_up(work, order)
    return placement


def _new_order(document: OrderDocument, purchase_order_id: str, work: Work) -> PurchaseOrder:
    terms = document.terms
    return PurchaseOrder(
        purchase_order_id=purchase_order_id,
        system=document.system,
        number=terms.number,
        business_unit=terms.business_unit,
        supplier_id=terms.supplier_id,
        created_at=work.now,
    )


async def _check_master_data(terms: OrderTerms, work: Work) -> None:
    """Raises PartyUnknown, LocationUnknown: what master data does not know yet may come."""
    ours = {line.ship_to_id or terms.ship_to_id for line in terms.lines if not line.drop_ship_party_id}
    known = await work.master_data.locations(ours)
    for location_id in sorted(ours - set(known)):
        raise LocationUnknown(location_id)
    if terms.supplier_id not in await work.master_data.suppliers([terms.supplier_id]):
        raise PartyUnknown(terms.supplier_id)


def _note_placement(work: Work, order: PurchaseOrder, placement: Placement) -> None:
    work.note(keys=order.keys, transaction_ids=(order.purchase_order_id,))
    if placement in {Placement.REPEATED, Placement.LATE}:
        work.note(outcome="duplicate", reason=placement.value)


async def acknowledge_purchase_order(command: AcknowledgePurchaseOrder, uow: UnitOfWork) -> PurchaseOrder:
    """The supplier's answer, if it may count for the revision in force."""
    answer = command.answer
    if not answer.lines and answer.whole_order is None:
        raise FieldMissing("lines")
    async with uow(command.origin) as work:
        found = await work.purchase_orders.lock([command.order])
        order = one_order(found, command.order, answer.supplier_id)
        named = {ack.substitute_sku for line in answer.lines for ack in line.acknowledgments if ack.substitute_sku}
        items = await work.master_data.items({*named, *(line.sku for line in order.lines)})
        decide_by = await work.policies.due(DECISION_DAYS, order.business_unit, order.supplier_id, work.now)
        order.acknowledge(answer, items, decide_by)
        work.note(keys=order.keys, transaction_ids=(order.purchase_order_id,))
        await _follow_up(work, order)
        return order


async def decide_proposed_change(command: DecideProposedChange, uow: UnitOfWork) -> PurchaseOrder:
    """The buyer's word on a price or an item that the supplier changed."""
    async with uow() as work:
        name = OrderName(purchase_order_id=command.purchase_order_id)
        order = next(iter(await work.purchase_orders.lock([name])), None)
        if order is None:
            raise PurchaseOrderUnknown(command.purchase_order_id)
        if command.etag not in {"", order.etag}:
            raise DecisionOutdated(command.etag, order.etag)
        proposed = {line.proposed.sku for line in order.lines if line.proposed is not None}
        items = await work.master_data.items(proposed - {""})
        order.decide(command.line_number, accept=command.accept, items=items)
        work.note(keys=order.keys, transaction_ids=(order.purchase_order_id,))
        work.note(outcome="advanced", reason=command.reason)
        await _follow_up(work, order)
        return order


async def _follow_up(work: Work, order: PurchaseOrder) -> None:
    await count_on_blanket(work, order)
    await watch_answer(work, order)
    watch_decisions(work, order)
    await watch_promises(work, order)
    await tell_warehouses(work, [order])
    await match_waiting(work, [order])


async def tell_warehouses(work: Work, orders: Iterable[PurchaseOrder]) -> None:
    """What the supplier promised and has not shipped, to each place that it goes to."""
    changed = {each.purchase_order_id: each for each in orders}
    known = await work.expected.of(changed) if changed else {}
    for order in changed.values():
        work.expected.add(expect_order(order, known.get(order.purchase_order_id, {})))
