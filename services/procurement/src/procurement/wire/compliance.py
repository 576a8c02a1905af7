"""Certificates and what waits for them, between the contract and the domain."""

from __future__ import annotations

from crossdock.procurement.v1 import compliance_pb2
from crossdock.procurement.v1 import procurement_service_pb2 as service_pb2
from crossdock_kit import dates_wire
from crossdock_kit.errors import InvalidFields, Violation

from procurement.domain.compliance import Certificate, CertificateTerms, ComplianceHold
from procurement.domain.quantities import Quantity
from procurement.use_cases.commands import RecordCertificate
from procurement.use_cases.compliance import RecordedCertificate
from procurement.wire import values
from procurement.wire.ownership import CERTIFIED, must_own
from procurement.wire.purchase_order import origin
from procurement.wire.roles import acts_as


def record_certificate(request: service_pb2.RecordCertificateRequest) -> RecordCertificate:
    must_own(request, request.origin)
    said = request.certificate
    first, last = dates_wire.day(said, "valid_from"), dates_wire.day(said, "valid_to")
    if first is not None and last is not None and last < first:
        raise InvalidFields((Violation("certificate.valid_to", "it ends before it begins", "certificate.validity"),))
    terms = CertificateTerms(
        supplier_id=said.supplier_id,
        kind=said.kind,
        number=said.number,
        sku=said.sku,
        lot=said.lot,
        document=said.document,
        sha256=said.sha256,
        size_bytes=said.size_bytes,
        media_type=said.media_type,
        valid_from=first,
        valid_to=last,
    )
    return RecordCertificate(origin(request.origin), terms, acts_as(request.origin, CERTIFIED))


def recorded(done: RecordedCertificate) -> service_pb2.RecordCertificateResponse:
    return service_pb2.RecordCertificateResponse(
        certificate=certificate(done.certificate),
        repeated_certificate=done.repeated,
        released=[hold(each) for each in done.released],
    )


def certificate(found: Certificate) -> compliance_pb2.Certificate:
    terms = found.terms
    return compliance_pb2.Certificate(
        certificate_id=found.certificate_id,
        number=terms.number,
        supplier_id=terms.supplier_id,
        kind=terms.kind,
        sku=terms.sku,
        lot=terms.lot,
        valid_from=dates_wire.date_message(terms.valid_from),
        valid_to=dates_wire.date_message(terms.valid_to),
        document=terms.document,
        sha256=terms.sha256,
        size_bytes=terms.size_bytes,
        media_type=terms.media_type,
    )


def hold(found: ComplianceHold) -> compliance_pb2.ComplianceHold:
    return compliance_pb2.ComplianceHold(
        hold_id=found.hold_id,
        supplier_id=found.supplier_id,
        receipt_id=found.receipt_id,
        receipt_number=found.receipt_number,
        receipt_line_id=found.receipt_line_id,
        location_id=found.location_id,
        business_unit=found.business_unit,
        purchase_order_id=found.purchase_order_id,
        purchase_order_number=found.purchase_order_number,
        purchase_order_line_id=found.order_line_id,
        sku=found.sku,
        lot=found.lot,
        quantity=values.quantity_message(Quantity(found.base, found.base_unit)),
        missing=found.missing,
        holds_stock=found.holds_stock,
        rule=found.rule,
    )
