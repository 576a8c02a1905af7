"""Golden bytes: what a fact looks like on the wire for good. Consumers and the journal of years ago rely on it.

A change here is a change of the contract's meaning. After a deliberate one: UPDATE_GOLDENS=1 and read the difference.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import replace
from datetime import time
from decimal import Decimal
from itertools import chain
from pathlib import Path
from typing import get_args

import pytest
from crossdock.procurement.events.v1 import events_pb2
from google.protobuf.json_format import MessageToDict
from google.protobuf.message import Message
from procurement.domain import chasing, events
from procurement.domain.announcing import OrderBook, withdraw
from procurement.domain.blanket_order import BlanketDocument, BlanketLineTerms, BlanketOrder, BlanketTerms
from procurement.domain.calling_off import call_off
from procurement.domain.carriage import Booking, BookingState, book
from procurement.domain.compliance import Certificate, CertificateTerms, hold
from procurement.domain.dock import AppointmentTerms, DockAppointment
from procurement.domain.expected import expect_notice, expect_order
from procurement.domain.invoice_decisions import accept
from procurement.domain.invoice_verdicts import Judged, give
from procurement.domain.outcomes import Outcome
from procurement.domain.purchase_order import PurchaseOrder
from procurement.domain.receipt import Condition, Receipt
from procurement.domain.ship_notice import CarrierEta, Lot, ShipNotice
from procurement.domain.supplier_invoice import MatchDecision, SupplierInvoice, Verdict, VerdictKind
from procurement.domain.terms import BlanketRef, Price, Window
from procurement.wire.events import to_message
from procurement_cases import trade
from procurement_cases.trade import ITEMS, document, line, says

GOLDENS = Path(__file__).parent / "goldens"
DEARER = Price(Decimal("2.75"), "EUR")


def golden_order(number: str) -> PurchaseOrder:
    order = trade.blank(number, order_id=f"0191-{number}")
    window = Window(trade.day(6), trade.day(8), "08:00", "16:00", "Europe/Berlin")
    asked = line("10", 100, supplier_item="ND-77", description="Bolt", window=window)
    order.place(document(asked, line("20", 2, "NUT", unit="XCS"), number=number, revision="1"), ITEMS)
    return order


def golden_notice(order: PurchaseOrder, notice_id: str, quantity: int) -> ShipNotice:
    content = trade.packed(order, quantity, carton_sscc="1" * 18, lot=Lot("L1", trade.day(300)))
    terms_of = {"carrier": "DHLF", "bill_of_lading": "BL1", "shipped_at": trade.NOW, "number": f"SH-{notice_id}"}
    notice = trade.ship(content, orders=[order], **terms_of)
    notice.ship_notice_id = notice_id
    return notice


def booked(notice: ShipNotice) -> DockAppointment:
    terms = AppointmentTerms(
        system="WMS-EAST",
        number="AP-1",
        location_id="WH-EAST",
        on=trade.day(6),
        begins=time(8),
        ends=time(9, 30),
        said_at=trade.NOW,
        zone="Europe/Berlin",
        door="D1",
    )
    found = DockAppointment(appointment_id="0195-a", terms=terms)
    found.take(terms, (("", notice.number),), [notice])
    return found


def uncertified(receipt: Receipt) -> Iterator[events.Event]:
    """Its first line lacks a certificate, which comes."""
    receipt.lines[0].missing_certificates = ("COA",)
    held = hold(receipt, receipt.lines[0], "SUP-NORDIC", "procurement.certificates (version 1)", "0196-a")
    yield from held.events
    terms = CertificateTerms(
        supplier_id="SUP-NORDIC",
        kind="COA",
        number="COA-17",
        sku="BOLT",
        lot="L1",
        document="coa-17.json",
        sha256="0" * 64,
        size_bytes=2048,
        media_type="application/pdf",
        valid_to=trade.day(300),
    )
    certificate = Certificate(certificate_id="0197-a", terms=terms)
    certificate.upload([held])
    yield from certificate.events
    yield held.events[-1]


def called_off(order: PurchaseOrder) -> Iterator[events.Event]:
    """An agreement, and the order under it."""
    lines = (BlanketLineTerms("10", "BOLT", trade.each(50, "XCS"), "ND-77", trade.PRICE),)
    days = trade.day(0), trade.day(180)
    terms = BlanketTerms("EU01", "B-7", "SUP-NORDIC", "EUR", "FCA Rotterdam", *days, lines)
    blanket = BlanketOrder(blanket_order_id="0198-a", system="ERP-EU", terms=terms)
    blanket.place(BlanketDocument("ERP-EU", "1", trade.NOW, terms), ITEMS)
    yield blanket.events.pop()
    order.blanket = BlanketRef("B-7", "3")
    call_off(order, {"B-7": blanket}, ITEMS)
    yield blanket.events.pop()


def fetched(order: PurchaseOrder) -> Iterator[events.Event]:
    """From its supplier, by whom the buyer asked."""
    trade.told(order)
    said = ("BK-1", BookingState.BOOKED, trade.NOW, "TMS-1", "HAUL", "PRO-9", "BOL-9")
    book(order, Booking(*said, pick_up_on=trade.day(5), expected_on=trade.day(8)))
    yield from trade.told(order)


def asked_again(invoice: SupplierInvoice) -> Iterator[events.Event]:
    """By another interchange than the first."""
    invoice.documents = [("SUP-NORDIC", "ISA 17/1/1")]
    invoice.ask_again("SUP-NORDIC", "ISA 23/1/1")
    yield from trade.told(invoice)


def life() -> Iterator[events.Event]:
    """Two orders whose lives show every fact once or more; the first of each kind is the golden one."""
    order = golden_order("4711")
    yield from trade.told(order)
    chasing.owed_anew(order)
    chasing.chase(order, chasing.ChaseStep.REMINDED)
    yield from trade.told(order)
    order.chase = None
    trade.acknowledge(
        order, says(Outcome.ACCEPTED, 60, code="IA"), says(Outcome.DATE_CHANGED, 40, code="DR", on=trade.day(14))
    )
    trade.acknowledge(order, says(Outcome.PRICE_CHANGED, 2, unit="XCS", code="IP", price=DEARER), number="20")
    yield from trade.told(order)
    order.decide("20", accept=True, items=ITEMS)
    yield from trade.told(order)
    yield from [each for expected in expect_order(order, {}) for each in expected.events]
    notice = golden_notice(order, "0192-a", 60)
    yield from trade.told(notice)
    notice.estimate(CarrierEta(trade.day(11), trade.NOW, "TMS-1"))
    yield notice.events.pop()
    notice.carrier_eta = None
    yield from expect_notice(notice, {order.purchase_order_id: 1}, {}).events
    yield from booked(notice).events
    withdraw(notice, OrderBook([order]), replaced=True)
    yield from trade.told(notice)
    second = golden_notice(order, "0192-b", 100)
    reports = [
        trade.counted(80, ship_notice_number=second.number, lot=Lot("L1")),
        trade.counted(5, ship_notice_number=second.number, condition=Condition.DAMAGED),
    ]
    receipt = trade.receive(*reports, orders=[order], notices=[second], final=True)
    receipt.receipt_id, receipt.terms = "0193-a", replace(receipt.terms, number="RC-1")
    yield from uncertified(receipt)
    yield from (*trade.told(receipt), *trade.told(second))
    order.note_receipt("0193-a", had_ended=False)
    yield order.events.pop()
    trade.told(order)
    invoice = trade.invoice(trade.billed(90, "2.75"), trade.billed(5, "2.75", "20"), number="INV-1")
    invoice.invoice_id = "0194-a"
    trade.matched(invoice, order)
    yield from trade.told(invoice)
    yield from asked_again(invoice)
    accept(invoice, ("1",), MatchDecision("ap.weber", "agreed by phone", trade.NOW), OrderBook([order]), charges=False)
    yield from trade.told(invoice)
    paid = Verdict(VerdictKind.PAID, "ERP-EU", trade.NOW, "agreed", "5105600101")
    give(invoice, "EU01", paid, Judged(OrderBook([order])))
    yield from trade.told(invoice)
    order.place(document(line("10", 90), number="4711", revision="2", hours=3), ITEMS)
    yield from trade.told(order)
    order.place(document(line("10", 90), number="4711", revision="3", hours=4, cancels=True), ITEMS)
    yield from trade.told(order)
    other = golden_order("4712")
    trade.told(other)
    other.acknowledge(trade.answer(whole_order=Outcome.REJECTED), ITEMS, trade.DECIDE_BY)
    yield from trade.told(other)
    yield from chain(called_off(golden_order("4713")), fetched(golden_order("4714")))


@pytest.fixture(scope="module")
def messages() -> dict[str, Message]:
    found: dict[str, Message] = {}
    for event in life():
        found.setdefault(type(event).__name__, to_message(event))
    return found


@pytest.mark.feature("F001")
@pytest.mark.parametrize("name", sorted(each.__name__ for each in get_args(events.Event)))
def test_a_fact_keeps_its_bytes(messages: dict[str, Message], name: str) -> None:
    message = messages[name]
    written = {
        "bytes": message.SerializeToString(deterministic=True).hex(),
        "message": MessageToDict(message, preserving_proto_field_name=True),
    }
    path = GOLDENS / f"{name}.json"
    if os.environ.get("UPDATE_GOLDENS"):
        path.write_text(json.dumps(written, indent=1, ensure_ascii=False) + "\n")
    golden = json.loads(path.read_text())
    assert written["message"] == golden["message"]
    assert written["bytes"] == golden["bytes"]
    assert getattr(events_pb2, name).FromString(bytes.fromhex(golden["bytes"])) == message
