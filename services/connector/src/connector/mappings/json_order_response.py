"""json.order_response, in: a supplier with an API answers an order, as a whole or by line and part."""

from __future__ import annotations

from typing import Any

from crossdock.common.v1 import values_pb2
from crossdock.procurement.v1 import inbound_pb2
from crossdock.procurement.v1 import procurement_service_pb2 as procurement

from connector.codecs.json_document import JsonObject
from connector.domain.revision import Stamp
from connector.mappings import canonical
from connector.mappings.model import Answer, Command, Inbound, Reading

_OUTCOME = procurement.AcknowledgmentOutcome
STATUSES = {
    canonical.lower_name(name, "ACKNOWLEDGMENT_OUTCOME_"): number for name, number in _OUTCOME.items() if number
}
_OFFERS = {
    procurement.ACKNOWLEDGMENT_OUTCOME_PRICE_CHANGED,
    procurement.ACKNOWLEDGMENT_OUTCOME_CHANGED,
}
_WHOLE = {
    "": procurement.ACKNOWLEDGMENT_OUTCOME_UNSPECIFIED,
    "accepted": procurement.ACKNOWLEDGMENT_OUTCOME_ACCEPTED,
    "rejected": procurement.ACKNOWLEDGMENT_OUTCOME_REJECTED,
}


def read(document: JsonObject, reading: Reading) -> Command:
    document.one_of("event", ("order.answered",))
    number = document.text("order", longest=64)
    answered_at = document.instant("answeredAt")
    whole = _WHOLE[document.one_of("all", tuple(_WHOLE), "")]
    lines = [_line(each, reading) for each in document.objects("lines")]
    if not lines and not whole:
        raise document.fault("lines", "neither lines nor an answer for all")
    request = procurement.AcknowledgePurchaseOrderRequest(
        origin=reading.origin(occurred_at=answered_at),
        ref=inbound_pb2.PurchaseOrderRef(number=number),
        supplier_id=reading.partner.party_id,
        whole_order=whole if not lines else procurement.ACKNOWLEDGMENT_OUTCOME_UNSPECIFIED,
        lines=lines,
        supplier_number=document.optional_text("supplierNumber", longest=64),
        acknowledged_on=canonical.to_day(answered_at.date()),
    )
    carried = document.integer("revision") if document.has("revision") else None
    if carried is not None and not 0 < carried < 2**31:
        raise document.fault("revision", f"{carried} is no revision")
    answer = Answer(number, carried, Stamp(answered_at))
    return Command(request, (number,), (f"po:{number}",), len(lines), answer=answer)


def _line(line: JsonObject, reading: Reading) -> procurement.AcknowledgedLine:
    codes = reading.codes
    item = line.optional_text("item", longest=80)
    ordered = line.optional_object("ordered")
    number = line.optional_text("line", longest=32)
    sku = codes.optional_item(item) if number else (codes.item(item) if item else "")
    parts = [_part(each, reading) for each in line.objects("parts")]
    if not parts:
        raise line.fault("parts", "a line has at least one part")
    return procurement.AcknowledgedLine(
        line_number=number,
        sku=sku,
        supplier_item=item,
        acknowledgments=parts,
        ordered=_quantity(ordered, reading) if ordered else None,
    )


def _quantity(holder: JsonObject, reading: Reading) -> values_pb2.Quantity:
    unit = reading.codes.unit(holder.text("unit", longest=80))
    return canonical.quantity(holder.decimal("quantity"), unit, path=f"{holder.path}.quantity")


def _part(part: JsonObject, reading: Reading) -> procurement.LineAcknowledgment:
    status = part.one_of("status", tuple(STATUSES))
    substitute = part.optional_object("substitute") or JsonObject({}, "")
    item = substitute.optional_text("item", longest=80)
    own = substitute.optional_text("buyerItem", longest=40)
    return procurement.LineAcknowledgment(
        outcome=STATUSES[status],
        code=part.optional_text("code", longest=8),
        quantity=_quantity(part, reading) if part.has("quantity") else None,
        date=canonical.to_day(part.optional_day("date")),
        substitute_sku=own or (reading.codes.optional_item(item) if item else ""),
        substitute_supplier_item=item,
        **_price(part.optional_object("price"), STATUSES[status]),
    )


def _price(price: JsonObject | None, outcome: int) -> dict[str, Any]:
    """What is offered; where nothing is, and it is not said for how many, what is repeated of the order's price."""
    if price is None:
        return {}
    amount, currency, path = price.decimal("amount"), price.text("currency", longest=3), f"{price.path}.amount"
    if outcome not in _OFFERS and not price.has("per"):
        repeated = procurement.RepeatedPrice(amount=canonical.amount_of(amount, path), currency=currency)
        return {"repeated_price": repeated}
    per = canonical.plain(price.decimal("per")) if price.has("per") else ""
    return {"price": canonical.price(amount, currency, per=per, path=path)}


MAPPING = Inbound("json.order_response", read)
