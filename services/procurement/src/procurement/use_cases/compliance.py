"""Received goods that lack a certificate are held, and released by its upload: each once, whichever comes first."""

from __future__ import annotations

from dataclasses import dataclass

from crossdock_kit.errors import Conflict

from procurement.domain.booking import Booking
from procurement.domain.compliance import Certificate, ComplianceHold, hold, lacking
from procurement.domain.refusals import CertificateNumberReused
from procurement.ports import UnitOfWork, Work
from procurement.use_cases.commands import RecordCertificate
from procurement.use_cases.naming import NO_BUSINESS_UNIT, Mint
from procurement.use_cases.supplier_invoices import match_waiting


@dataclass(frozen=True, slots=True)
class RecordedCertificate:
    certificate: Certificate
    released: tuple[ComplianceHold, ...] = ()
    repeated: bool = False


async def hold_uncertified(work: Work, booking: Booking, mint: Mint) -> None:
    """Lines of orders of ours whose policy asks for what their supplier has not uploaded. A line without an order is
    somebody's anyway, and its supplier is not known."""
    receipt, orders = booking.receipt, booking.book.by_id
    wanted = []
    for line in receipt.lines:
        order = orders.get(line.purchase_order_id)
        if order is not None:
            category = booking.items[line.terms.sku].category
            place = line.business_unit, order.supplier_id, category, receipt.terms.location_id
            required = await work.policies.certificates(*place)
            if required.kinds:
                wanted.append((line, order.supplier_id, required))
    if not wanted:
        return
    suppliers = {supplier_id for _, supplier_id, _ in wanted}
    await work.compliance.lock(suppliers)
    on_file = await work.compliance.on_file(suppliers, {line.terms.sku for line, _, _ in wanted})
    day = receipt.terms.received_at.date()
    for line, supplier_id, required in wanted:
        line.missing_certificates = lacking(line, supplier_id, day, required, on_file)
        if line.missing_certificates:
            receipt.lack_certificates(line)
            work.compliance.add_hold(hold(receipt, line, supplier_id, required.rule, mint()))


async def record_certificate(command: RecordCertificate, uow: UnitOfWork, mint: Mint) -> RecordedCertificate:
    """Keeps the certificate once, and releases what waits for it. Raises CertificateNumberReused for another one under
    a used number."""
    terms = command.terms
    async with uow(command.origin) as work:
        known = await work.compliance.claim(terms)
        if known is not None:
            if known.content != terms.fingerprint:
                raise CertificateNumberReused(terms.supplier_id, terms.number)
            work.note(keys=known.keys, transaction_ids=known.transaction_ids)
            work.note(outcome="duplicate", reason="repeated")
            return RecordedCertificate(known, repeated=True)
        # Orders first, as everywhere: a receipt holds them when it asks what is on file.
        orders = await work.purchase_orders.lock([], await work.compliance.orders_waiting(terms))
        await work.compliance.lock([terms.supplier_id])
        holds = await work.compliance.waiting(terms)
        if not {each.purchase_order_id for each in holds} <= {each.purchase_order_id for each in orders}:
            raise Conflict("goods arrived meanwhile that wait for this certificate")
        unit = next((each.business_unit for each in holds), NO_BUSINESS_UNIT)
        certificate = Certificate(certificate_id=mint(), terms=terms, business_unit=unit)
        released = certificate.upload(holds, command.role)
        work.compliance.add(certificate)
        work.note(keys=certificate.keys, transaction_ids=certificate.transaction_ids)
        await match_waiting(work, orders)
        return RecordedCertificate(certificate, tuple(released))
