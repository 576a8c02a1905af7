"""json.posting_result, in: the ERP has posted what it was asked for under its number, or refuses it."""

from __future__ import annotations

from crossdock.common.v1 import values_pb2
from crossdock.fulfillment.v1 import posting_pb2, posting_service_pb2

from connector.codecs.json_document import JsonObject
from connector.mappings.model import Command, Inbound, Reading

POSTED, REFUSED = "posted", "refused"


def read(document: JsonObject, reading: Reading) -> Command:
    document.one_of("documentType", ("postingResult",))
    posting_id = document.text("postingId", longest=128)
    request = posting_service_pb2.RecordPostingRequest(origin=reading.origin(), posting_id=posting_id)
    if document.one_of("status", (POSTED, REFUSED)) == REFUSED:
        request.refusal = document.text("reason")
        return Command(request, (), (f"posting:{posting_id}",), 1)
    request.number = document.text("number", longest=64)
    posted_at = document.instant("postedAt")
    request.posted_at.FromDatetime(posted_at)
    request.origin.CopyFrom(reading.origin(occurred_at=posted_at))
    if totals := document.optional_object("totals"):
        request.totals.CopyFrom(_totals(totals))
    return Command(request, (), (f"posting:{posting_id}",), 1)


def _totals(totals: JsonObject) -> posting_pb2.Totals:
    currency = totals.text("currency", longest=3)
    return posting_pb2.Totals(**{name: _money(totals, name, currency) for name in ("net", "tax", "gross")})


def _money(totals: JsonObject, name: str, currency: str) -> values_pb2.Money:
    return values_pb2.Money(amount=format(totals.decimal(name), "f"), currency=currency)


MAPPING = Inbound("json.posting_result", read)
