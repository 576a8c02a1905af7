"""Values that stand inside a row as JSON, both ways. Decimals are text, days and instants ISO 8601."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

from procurement.domain.carriage import Booking, BookingState
from procurement.domain.chasing import Chase, ChaseStep
from procurement.domain.order_line import ProposedChange
from procurement.domain.outcomes import LineAcknowledgment, Outcome
from procurement.domain.quantities import Quantity
from procurement.domain.receipt import Condition, Discrepancy, DiscrepancyCode, ReceiptLineTerms
from procurement.domain.schedules import Promise, Schedule
from procurement.domain.ship_notice import Appointed, CarrierEta, Lot, NoticeLineTerms
from procurement.domain.supplier_invoice import (
    ChargeTerms,
    InvoiceCharges,
    InvoiceLineTerms,
    MatchDecision,
    MatchOutcome,
    Variance,
    Verdict,
    VerdictKind,
)
from procurement.domain.system_numbers import SystemNumber
from procurement.domain.terms import PlacedDocument, Placement, Price, SalesLine, Window

Json = dict[str, Any]


def _day(value: date | None) -> str | None:
    return None if value is None else value.isoformat()


def _read_day(value: str | None) -> date | None:
    return None if value is None else date.fromisoformat(value)


def _instant(value: datetime | None) -> str | None:
    return None if value is None else value.isoformat()


def _read_instant(value: str | None) -> datetime | None:
    return None if value is None else datetime.fromisoformat(value)


def sales_line(value: SalesLine | None) -> Json | None:
    if value is None:
        return None
    return {"line_number": value.line_number, "order_id": value.order_id, "number": value.number}


def read_sales_line(value: Json | None) -> SalesLine | None:
    return None if value is None else SalesLine(**value)


def system_number(value: SystemNumber) -> Json:
    days = {"valid_from": _day(value.valid_from), "valid_to": _day(value.valid_to)}
    return {"system": value.system, "number": value.number, **days}


def read_system_number(value: Json) -> SystemNumber:
    """Rows of before say nothing of the days."""
    days = _read_day(value.get("valid_from")), _read_day(value.get("valid_to"))
    return SystemNumber(value["system"], value["number"], *days)


def chase(value: Chase | None) -> Json | None:
    if value is None:
        return None
    return {"revision": value.revision, "answered_at": _instant(value.answered_at), "step": value.step.value}


def read_chase(value: Json | None) -> Chase | None:
    if value is None:
        return None
    return Chase(value["revision"], _read_instant(value["answered_at"]), ChaseStep(value["step"]))


def appointed(value: Appointed | None) -> Json | None:
    if value is None:
        return None
    times = {"begins": value.begins.isoformat(), "ends": value.ends.isoformat(), "said_at": _instant(value.said_at)}
    named = {"appointment_id": value.appointment_id, "number": value.number, "zone": value.zone, "door": value.door}
    return {**named, "on": value.on.isoformat(), **times}


def carrier_eta(value: CarrierEta | None) -> Json | None:
    if value is None:
        return None
    return {"on": value.on.isoformat(), "said_at": _instant(value.said_at), "system": value.system}


def read_carrier_eta(value: Json | None) -> CarrierEta | None:
    if value is None:
        return None
    return CarrierEta(date.fromisoformat(value["on"]), datetime.fromisoformat(value["said_at"]), value["system"])


def booking(value: Booking | None) -> Json | None:
    if value is None:
        return None
    days = {"pick_up_on": _day(value.pick_up_on), "expected_on": _day(value.expected_on)}
    return {**asdict(value), **days, "state": value.state.value, "said_at": _instant(value.said_at)}


def read_booking(value: Json | None) -> Booking | None:
    if value is None:
        return None
    days = {name: _read_day(value[name]) for name in ("pick_up_on", "expected_on")}
    said_at = datetime.fromisoformat(value["said_at"])
    return Booking(**value | days | {"state": BookingState(value["state"]), "said_at": said_at})


def read_appointed(value: Json | None) -> Appointed | None:
    if value is None:
        return None
    return Appointed(
        value["appointment_id"],
        value["number"],
        date.fromisoformat(value["on"]),
        time.fromisoformat(value["begins"]),
        time.fromisoformat(value["ends"]),
        datetime.fromisoformat(value["said_at"]),
        value["zone"],
        value["door"],
    )


def quantity(value: Quantity) -> Json:
    return {"value": str(value.value), "unit": value.unit}


def read_quantity(value: Json) -> Quantity:
    return Quantity(Decimal(value["value"]), value["unit"])


def price(value: Price | None) -> Json | None:
    if value is None:
        return None
    return {"amount": str(value.amount), "currency": value.currency, "unit": value.unit, "per": value.per}


def read_price(value: Json | None) -> Price | None:
    if value is None:
        return None
    return Price(Decimal(value["amount"]), value["currency"], value["unit"], value["per"])


def window(value: Window | None) -> Json | None:
    if value is None:
        return None
    days = {"from_date": _day(value.from_date), "to_date": _day(value.to_date)}
    return {**days, "from_time": value.from_time, "to_time": value.to_time, "zone": value.zone}


def read_window(value: Json | None) -> Window | None:
    if value is None:
        return None
    days = (_read_day(value["from_date"]), _read_day(value["to_date"]))
    return Window(*days, value["from_time"], value["to_time"], value["zone"])


def lot(value: Lot | None) -> Json | None:
    if value is None:
        return None
    return {"number": value.number, "expires_on": _day(value.expires_on), "made_on": _day(value.made_on)}


def read_lot(value: Json | None) -> Lot | None:
    if value is None:
        return None
    return Lot(value["number"], _read_day(value["expires_on"]), _read_day(value["made_on"]))


def schedule(value: Schedule) -> Json:
    return {"id": value.schedule_id, "quantity": str(value.quantity), "on": _day(value.on)}


def read_schedule(value: Json) -> Schedule:
    return Schedule(value["id"], Decimal(value["quantity"]), _read_day(value["on"]))


def acknowledgment(value: LineAcknowledgment) -> Json:
    return {
        "outcome": value.outcome.value,
        "code": value.code,
        "quantity": None if value.quantity is None else quantity(value.quantity),
        "on": _day(value.on),
        "price": price(value.price),
        "substitute_sku": value.substitute_sku,
        "substitute_supplier_item": value.substitute_supplier_item,
    }


def read_acknowledgment(value: Json) -> LineAcknowledgment:
    return LineAcknowledgment(
        outcome=Outcome(value["outcome"]),
        code=value["code"],
        quantity=None if value["quantity"] is None else read_quantity(value["quantity"]),
        on=_read_day(value["on"]),
        price=read_price(value["price"]),
        substitute_sku=value["substitute_sku"],
        substitute_supplier_item=value["substitute_supplier_item"],
    )


def proposed(value: ProposedChange | None) -> Json | None:
    if value is None:
        return None
    return {
        "outcome": value.outcome.value,
        "code": value.code,
        "promises": [{"quantity": str(each.quantity), "on": _day(each.on)} for each in value.promises],
        "price": price(value.price),
        "sku": value.sku,
        "supplier_item": value.supplier_item,
        "decide_by": _instant(value.decide_by),
    }


def read_proposed(value: Json | None) -> ProposedChange | None:
    if value is None:
        return None
    return ProposedChange(
        outcome=Outcome(value["outcome"]),
        code=value["code"],
        promises=tuple(Promise(Decimal(each["quantity"]), _read_day(each["on"])) for each in value["promises"]),
        price=read_price(value["price"]),
        sku=value["sku"],
        supplier_item=value["supplier_item"],
        decide_by=_read_instant(value["decide_by"]),
    )


def placed_document(value: PlacedDocument) -> Json:
    return {
        "system_revision": value.system_revision,
        "document": value.document,
        "occurred_at": _instant(value.occurred_at),
        "fingerprint": value.fingerprint,
        "placement": value.placement.value,
        "revision": value.revision,
        "answered_at": _instant(value.answered_at),
    }


def read_placed_document(value: Json) -> PlacedDocument:
    return PlacedDocument(
        system_revision=value["system_revision"],
        document=value["document"],
        occurred_at=datetime.fromisoformat(value["occurred_at"]),
        fingerprint=value["fingerprint"],
        placement=Placement(value["placement"]),
        revision=value["revision"],
        answered_at=_read_instant(value["answered_at"]),
    )


def notice_line_terms(value: NoticeLineTerms) -> Json:
    return {
        "shipped": quantity(value.shipped),
        "purchase_order_id": value.purchase_order_id,
        "purchase_order_number": value.purchase_order_number,
        "line_number": value.line_number,
        "sku": value.sku,
        "supplier_item": value.supplier_item,
        "lot": lot(value.lot),
        "pallet_sscc": value.pallet_sscc,
        "carton_sscc": value.carton_sscc,
        "packed_on_revision": value.packed_on_revision,
        "serials": value.serials,
    }


def read_notice_line_terms(value: Json) -> NoticeLineTerms:
    read_values = {
        "shipped": read_quantity(value["shipped"]),
        "lot": read_lot(value["lot"]),
        "serials": tuple(value.get("serials", ())),
    }
    return NoticeLineTerms(**value | read_values)


def receipt_line_terms(value: ReceiptLineTerms) -> Json:
    return {
        "sku": value.sku,
        "quantity": quantity(value.quantity),
        "condition": value.condition.value,
        "purchase_order_id": value.purchase_order_id,
        "purchase_order_number": value.purchase_order_number,
        "line_number": value.line_number,
        "lot": lot(value.lot),
        "ship_notice_id": value.ship_notice_id,
        "ship_notice_number": value.ship_notice_number,
        "sscc": value.sscc,
        "serials": value.serials,
    }


def read_receipt_line_terms(value: Json) -> ReceiptLineTerms:
    read_values = {
        "quantity": read_quantity(value["quantity"]),
        "condition": Condition(value["condition"]),
        "lot": read_lot(value["lot"]),
        "serials": tuple(value.get("serials", ())),
    }
    return ReceiptLineTerms(**value | read_values)


def discrepancy(value: Discrepancy) -> Json:
    return {
        "code": value.code.value,
        "sku": value.sku,
        "quantity": quantity(value.quantity),
        "purchase_order_id": value.purchase_order_id,
        "order_line_id": value.order_line_id,
        "beyond_tolerance": value.beyond_tolerance,
    }


def read_discrepancy(value: Json) -> Discrepancy:
    read_values = {"code": DiscrepancyCode(value["code"]), "quantity": read_quantity(value["quantity"])}
    return Discrepancy(**value | read_values)


def invoice_line_terms(value: InvoiceLineTerms) -> Json:
    return {
        "quantity": quantity(value.quantity),
        "price": price(value.price),
        "purchase_order_id": value.purchase_order_id,
        "purchase_order_number": value.purchase_order_number,
        "line_number": value.line_number,
        "sku": value.sku,
        "supplier_item": value.supplier_item,
    }


def read_invoice_line_terms(value: Json) -> InvoiceLineTerms:
    money = value["price"]
    return InvoiceLineTerms(
        quantity=read_quantity(value["quantity"]),
        price=Price(Decimal(money["amount"]), money["currency"], money["unit"], money["per"]),
        purchase_order_id=value["purchase_order_id"],
        purchase_order_number=value["purchase_order_number"],
        line_number=value["line_number"],
        sku=value["sku"],
        supplier_item=value["supplier_item"],
    )


def variance(value: Variance) -> Json:
    return {"outcome": value.outcome.value, "text": value.text, "rule": value.rule}


def read_variance(value: Json) -> Variance:
    return Variance(MatchOutcome(value["outcome"]), value["text"], value["rule"])


def match_decision(value: MatchDecision | None) -> Json | None:
    return None if value is None else {"by": value.by, "reason": value.reason, "at": _instant(value.at)}


def read_match_decision(value: Json | None) -> MatchDecision | None:
    if value is None:
        return None
    return MatchDecision(value["by"], value["reason"], datetime.fromisoformat(value["at"]))


def verdicts(found: Mapping[str, Verdict]) -> Json | None:
    if not found:
        return None
    return {
        unit: {
            "kind": each.kind.value,
            "system": each.system,
            "at": _instant(each.at),
            "reason": each.reason,
            "number": each.number,
        }
        for unit, each in found.items()
    }


def read_verdicts(value: Json | None) -> dict[str, Verdict]:
    return {
        unit: Verdict(
            VerdictKind(each["kind"]),
            each["system"],
            datetime.fromisoformat(each["at"]),
            each["reason"],
            each["number"],
        )
        for unit, each in (value or {}).items()
    }


def invoice_charges(asked: tuple[ChargeTerms, ...], judged: InvoiceCharges) -> Json | None:
    if not asked:
        return None
    return {
        "asked": [{"amount": str(e.amount), "code": e.code, "description": e.description} for e in asked],
        "outcome": None if judged.outcome is None else judged.outcome.value,
        "variances": [variance(each) for each in judged.variances],
        "decision": match_decision(judged.decision),
    }


def read_invoice_charges(value: Json | None) -> tuple[tuple[ChargeTerms, ...], InvoiceCharges]:
    if value is None:
        return (), InvoiceCharges()
    asked = tuple(ChargeTerms(Decimal(e["amount"]), e["code"], e["description"]) for e in value["asked"])
    judged = InvoiceCharges(
        outcome=None if value["outcome"] is None else MatchOutcome(value["outcome"]),
        variances=tuple(read_variance(each) for each in value["variances"]),
        decision=read_match_decision(value["decision"]),
    )
    return asked, judged
