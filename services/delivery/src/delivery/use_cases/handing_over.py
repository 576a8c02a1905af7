"""What warehouses announce of outbound shipments: packed, so that they can be carried, and handed over at the dock.

The warehouse's word of carrier and tracking number stands until the carrier's or the TMS's own comes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from delivery.domain.calling_off import call_off, handed_over, wanted_again
from delivery.domain.carriage import Carriage
from delivery.domain.concerns import DELIVERY_DESK, LABEL_BEFORE_CHECKS, Concern, packed_subject
from delivery.domain.milestone_table import SUPPLIERS_NOTICE, meaning_of
from delivery.domain.scan import Scan
from delivery.domain.scan import identity as scan_identity
from delivery.domain.shipment import Shipment
from delivery.ports import Addressed, Addressee, IssuedLine, Work
from delivery.use_cases.calling_off import NOT_WANTED
from delivery.use_cases.commands import CreateShipment
from delivery.use_cases.planning import planned, take_numbers
from delivery.use_cases.proofs_in_waiting import take_up


@dataclass(frozen=True, slots=True)
class HandOver:
    """`carriage` as the warehouse says it, if it does; `plan` is used where its packing was never announced."""

    plan: CreateShipment
    shipment_id: str
    issue_number: str
    issued_at: datetime
    lines: Sequence[IssuedLine]
    carriage: Carriage | None


@dataclass(frozen=True, slots=True)
class Packed:
    """`lines` is how much of each, by its id; `barred` are the orders that a check still keeps from leaving."""

    plan: CreateShipment
    shipment_id: str
    lines: Mapping[str, Decimal]
    barred: Sequence[str]


async def shipment_ready(command: Packed, work: Work) -> None:
    """Packed: somebody can carry it, unless an order of it is still checked: then it is kept back, and no label is
    asked for. What was called off before its packing was heard of is called off at once."""
    await work.contents.pack(command.shipment_id, command.lines)
    shipment = await _known(command.shipment_id, command.plan, work, kept_back=bool(command.barred))
    if command.barred:
        shipment.concerns.append(_label_refused(command.shipment_id, command.plan, command.barred))
    if not await work.contents.wanted(command.shipment_id):
        call_off(shipment, NOT_WANTED, work.now)
    elif shipment.called_off is not None and not shipment.issues:
        wanted_again(shipment)
    if _is_new(shipment) and not shipment.kept_back:
        await take_up(shipment, work)
    await work.put(shipment)


async def shipment_cleared(shipment_id: str, work: Work) -> None:
    """The checks of all its orders are final: it is offered now, if it is still wanted."""
    for shipment in await work.shipments.lock([shipment_id]):
        shipment.clear()
        await take_up(shipment, work)
        await work.put(shipment)


async def goods_issued(command: HandOver, work: Work) -> None:
    await work.contents.issue(command.shipment_id, _by_line(command.lines))
    shipment = await _known(command.shipment_id, command.plan, work)
    await work.keep_issue(shipment.shipment_id, command.issue_number, command.lines)
    heard_of = _is_new(shipment) or shipment.kept_back
    if shipment.kept_back:
        shipment.clear()
    handed_over(shipment)
    if command.carriage is not None and shipment.carriage is None:
        await _carried_by(command.carriage, shipment, command.issued_at, work)
    shipment.issue(command.issue_number, command.issued_at)
    if heard_of:
        await take_up(shipment, work)
    await _stop(shipment, work)
    await work.put(shipment)


async def supplier_shipped(command: HandOver, work: Work) -> None:
    """A supplier sent it straight to the customer: its ship notice says at once what left and that it left, and is kept
    as a scan, so that the carrier's own word and a correction count as they do anywhere. A notice that was replaced may
    say more, or another number."""
    await work.contents.issue(command.shipment_id, _by_line(command.lines))
    shipment = await _known(command.shipment_id, command.plan, work)
    if command.carriage is not None and shipment.carriage != command.carriage:
        await _carried_by(command.carriage, shipment, command.issued_at, work)
    if command.lines:
        await work.keep_issue(shipment.shipment_id, command.issue_number, command.lines)
        shipment.issue(command.issue_number, command.issued_at)
    await work.scans.keep([(Addressee(shipment.shipment_id), _sent(command, shipment))])
    kept = (await work.scans.of([shipment.shipment_id]))[shipment.shipment_id]
    shipment.settle(kept, work.now, tolerance=await work.delay_tolerance(shipment.terms))
    if _is_new(shipment):
        await take_up(shipment, work)
    await _stop(shipment, work)
    await work.put(shipment)


def _is_new(shipment: Shipment) -> bool:
    """Whether nobody knew of it before this work."""
    return not shipment.version


async def _stop(shipment: Shipment, work: Work) -> None:
    """That it be stopped may be heard before it is heard that it left."""
    if await work.contents.to_stop(shipment.shipment_id):
        call_off(shipment, NOT_WANTED, work.now)


def _by_line(lines: Sequence[IssuedLine]) -> dict[str, Decimal]:
    found: dict[str, Decimal] = {}
    for each in lines:
        if each.line_id:
            found[each.line_id] = found.get(each.line_id, Decimal(0)) + Decimal(each.quantity)
    return found


def _sent(command: HandOver, shipment: Shipment) -> Scan:
    vocabulary, code = SUPPLIERS_NOTICE
    supplier, number = command.plan.origin.system, command.plan.terms.number
    return Scan(
        scan_id=scan_identity(supplier, shipment.shipment_id, command.issued_at, vocabulary, code),
        reported_by=supplier,
        carrier=command.carriage.carrier if command.carriage else "",
        tracking_number="",
        shipment_number=number,
        vocabulary=vocabulary,
        code=code,
        reason="",
        occurred_at=command.issued_at,
        meaning=meaning_of(vocabulary, code, {}),
    )


def _label_refused(shipment_id: str, command: CreateShipment, barred: Sequence[str]) -> Concern:
    """A warehouse packed what nobody wants to leave yet. Once the checks are final, it is offered by itself."""
    orders = ", ".join(barred)
    return Concern(
        code=LABEL_BEFORE_CHECKS,
        owner=DELIVERY_DESK,
        subject=packed_subject(shipment_id),
        summary=f"shipment {command.terms.number} gets no label: tax, credit or export of {orders} is not final",
        transaction_ids=tuple(order_id for order_id, number in command.terms.orders if order_id and number in barred),
        keys=(f"shipment:{command.terms.number}", *(f"order:{each}" for each in barred)),
    )


async def _known(shipment_id: str, command: CreateShipment, work: Work, *, kept_back: bool = False) -> Shipment:
    """What was offered before somebody packed more into it stays so."""
    found = await work.shipments.lock([shipment_id])
    if not found:
        return await planned(shipment_id, command, work, kept_back=kept_back)
    await _complete(found[0], command, work)
    return found[0]


async def _complete(shipment: Shipment, command: CreateShipment, work: Work) -> None:
    """Packing and handing over come in any order, and some warehouses never say that they packed: each brings what the
    terms lack. What waits for an invoice waits for what the customer's terms say, once the customer is known."""
    terms = shipment.terms.completed(command.terms)
    if terms == shipment.terms:
        return
    shipment.terms = terms
    if shipment.billed_at is None:
        shipment.billing = await work.billing_of(terms)
    scans = await work.scans.of([shipment.shipment_id])
    kept = scans.get(shipment.shipment_id, ())
    shipment.settle(kept, work.now, tolerance=await work.delay_tolerance(terms))


async def _carried_by(carriage: Carriage, shipment: Shipment, at: datetime, work: Work) -> None:
    number = carriage.tracking_number
    [owner] = await work.shipments.addressees([Addressed(carriage.carrier, number, "")]) if number else [None]
    if owner is not None and owner.shipment_id not in ("", shipment.shipment_id):
        work.tell(
            Concern(
                code="TRACKING_NUMBER_OF_ANOTHER_SHIPMENT",
                owner=DELIVERY_DESK,
                subject=f"tracking/{number}/{shipment.terms.number}",
                summary=f"shipment {shipment.terms.number} was handed over as {number}, which is another shipment's",
                transaction_ids=shipment.transaction_ids,
                keys=(*shipment.keys, f"tracking:{number}"),
                details={"shipment_id": owner.shipment_id},
            )
        )
        return
    if shipment.assign(carriage, at):
        await take_numbers(shipment, work)
