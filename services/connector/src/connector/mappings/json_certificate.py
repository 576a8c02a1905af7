"""json.compliance_certificate, in: a certificate with its document. The bytes stay in the received document, encrypted;
what goes on is what it certifies, and by which digest the document is known."""

from __future__ import annotations

import base64
import binascii
import hashlib

from crossdock.options.v1 import options_pb2
from crossdock.procurement.v1 import compliance_pb2
from crossdock.procurement.v1 import procurement_service_pb2 as procurement
from google.type.date_pb2 import Date

from connector.codecs.json_document import JsonObject
from connector.mappings import canonical
from connector.mappings.model import Command, Inbound, Reading

MOST_BYTES = 2_000_000
MEDIA_TYPES = ("application/pdf", "image/jpeg", "image/png", "image/tiff")


def read(document: JsonObject, reading: Reading) -> Command:
    document.one_of("documentType", ("complianceCertificate",))
    number, file = document.text("number", longest=64), document.object("file")
    content = _bytes(file)
    certificate = compliance_pb2.Certificate(
        number=number,
        supplier_id=_supplier(document, reading),
        kind=document.text("certificateType", longest=32),
        sku=_item(document, reading),
        lot=document.optional_text("lot", longest=64),
        valid_from=_day(document, "validFrom"),
        valid_to=_day(document, "validTo"),
        document=reading.document[:128],
        sha256=hashlib.sha256(content).hexdigest(),
        size_bytes=len(content),
        media_type=file.one_of("mediaType", MEDIA_TYPES),
    )
    request = procurement.RecordCertificateRequest(origin=reading.origin(), certificate=certificate)
    return Command(request, (), (f"certificate:{number}", f"sku:{certificate.sku}"), 1)


def _day(document: JsonObject, name: str) -> Date | None:
    return canonical.to_day(document.day(name)) if document.has(name) else None


def _bytes(file: JsonObject) -> bytes:
    text = file.text("content", longest=MOST_BYTES * 4 // 3 + 4)
    try:
        content = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise file.fault("content", "it is not written in base64") from None
    if not 0 < len(content) <= MOST_BYTES:
        raise file.fault("content", f"a document has 1 to {MOST_BYTES} bytes")
    return content


def _supplier(document: JsonObject, reading: Reading) -> str:
    """A supplier certifies its own goods alone, whatever its document says."""
    if reading.partner.role == options_pb2.ROLE_SUPPLIER:
        return reading.partner.party_id
    return reading.codes.party(document.text("supplier", longest=80))


def _item(document: JsonObject, reading: Reading) -> str:
    own = document.optional_text("buyerItem", longest=40)
    return own or reading.codes.item(document.text("item", longest=80))


MAPPING = Inbound("json.compliance_certificate", read)
