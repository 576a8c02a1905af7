"""The lives of order lines, ship notices, received lines and invoices: who may lead them where, and when it is told.

That no verb does anything else is played in test_balances_over_a_life.py.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from crossdock_kit.processes import Raise, TransitionNotOwned
from procurement.domain.announcing import OrderBook, announce, withdraw
from procurement.domain.booking import Booking
from procurement.domain.closing import close
from procurement.domain.compliance import Certificate, CertificateTerms, hold
from procurement.domain.invoice_lifecycle import INVOICE
from procurement.domain.invoice_verdicts import Judged, give
from procurement.domain.matching import NoticeBook
from procurement.domain.order_line_lifecycle import ESCALATION_HOURS, ORDER_LINE
from procurement.domain.outcomes import Outcome
from procurement.domain.receipt import Receipt, ReceiptTerms
from procurement.domain.receipt_lifecycle import RECEIPT_LINE
from procurement.domain.refusals import ShipNoticeAlreadyReceived
from procurement.domain.roles import ERP, SUPPLIER, WMS
from procurement.domain.ship_notice import NoticeState, ShipNotice
from procurement.domain.ship_notice_lifecycle import SHIP_NOTICE
from procurement.domain.supplier_invoice import Verdict, VerdictKind
from procurement.domain.tolerances import Tolerances
from procurement.store.policies import DEFAULTS
from procurement.use_cases.deadlines import CHASE
from procurement_cases import trade
from procurement_cases.trade import ITEMS, NOW, document, line, says

STRICT = Tolerances(trade.FIVE_PERCENT, trade.FIVE_PERCENT)


def erps_document(role: str) -> None:
    order = trade.released()
    order.place(replace(document(hours=1, cancels=True), role=role), ITEMS)


def suppliers_answer(role: str) -> None:
    trade.acknowledge(trade.released(), says(Outcome.BACKORDERED), role=role)


def suppliers_notice(role: str) -> None:
    """Of goods of a line that had all come: more is to come now."""
    order = trade.released(line("10", 10))
    trade.receive(trade.counted(10, purchase_order_number="4711", line_number="10"), orders=[order])
    terms = trade.ship(trade.packed(order, 1), orders=[trade.released()]).terms
    notice = ShipNotice(ship_notice_id="n", business_unit="EU01", terms=terms, ship_to_id="WH-EAST", recorded_at=NOW)
    announce(notice, OrderBook([order]), ITEMS, STRICT, role)


def suppliers_withdrawal(role: str) -> None:
    order = trade.released()
    withdraw(trade.ship(trade.packed(order, 5), orders=[order]), OrderBook([order]), replaced=False, by=role)


def warehouses_receipt(role: str) -> None:
    order = trade.released()
    notice = trade.ship(trade.packed(order, 5), orders=[order])
    counted = trade.counted(4, ship_notice_number=notice.number)
    terms = ReceiptTerms("WMS-EAST", "RC", "WH-EAST", NOW, (counted,))
    receipt = Receipt(receipt_id="r", business_unit="EU01", terms=terms, recorded_at=NOW)
    Booking(receipt, OrderBook([order]), NoticeBook([notice]), ITEMS, STRICT, role).run()


def suppliers_certificate(role: str) -> None:
    order = trade.released()
    receipt = trade.receive(trade.counted(5, purchase_order_number="4711", line_number="10"), orders=[order])
    receipt.lines[0].missing_certificates = ("COA",)
    held = hold(receipt, receipt.lines[0], "SUP-NORDIC", "", "hold")
    assert held.state.value == "held"
    terms = CertificateTerms("SUP-NORDIC", "COA", "C-1", "BOLT", "", "c.json", "0" * 64, 1, "application/pdf")
    Certificate(certificate_id="c", terms=terms).upload([held], role)
    assert held.state.value == "released"


def erps_verdict(role: str) -> None:
    order, invoice = trade.released(), trade.invoice(trade.billed(5, "9"))
    trade.matched(invoice, order)
    released = Verdict(VerdictKind.RELEASED, "ERP-EU", NOW)
    give(invoice, "EU01", released, Judged(OrderBook([order]), by=role))


@pytest.mark.feature("F041", "F053")
@pytest.mark.parametrize(
    ("verb", "owner", "strangers"),
    [
        (erps_document, ERP, ("SUPPLIER", "WMS", "CROSSDOCK", "CARRIER")),
        (suppliers_answer, SUPPLIER, ("ERP", "WMS", "CROSSDOCK", "CHANNEL")),
        (suppliers_notice, SUPPLIER, ("WMS", "CROSSDOCK", "TMS")),
        (suppliers_withdrawal, SUPPLIER, ("ERP", "WMS", "CROSSDOCK")),
        (warehouses_receipt, WMS, ("ERP", "SUPPLIER", "CROSSDOCK", "CARRIER")),
        (suppliers_certificate, SUPPLIER, ("WMS", "CHANNEL")),
        (erps_verdict, ERP, ("SUPPLIER", "WMS", "CHANNEL")),
    ],
)
def test_where_a_document_leads_its_writer_has_to_own(
    verb: Callable[[str], None], owner: str, strangers: tuple[str, ...]
) -> None:
    verb(owner)
    for role in strangers:
        with pytest.raises(TransitionNotOwned) as refused:
            verb(role)
        assert owner in refused.value.owners
        assert refused.value.role == role


def test_a_notice_that_the_warehouse_closed_without_its_goods_cannot_be_withdrawn() -> None:
    """What it announced is on order again already."""
    order = trade.released(line("10", 100))
    notice = trade.ship(trade.packed(order, 60), orders=[order])
    close(notice, OrderBook([order]), STRICT, WMS)
    assert notice.state is NoticeState.CLOSED_SHORT
    with pytest.raises(ShipNoticeAlreadyReceived):
        withdraw(notice, OrderBook([order]), replaced=True)
    assert trade.facts(order.lines[0], "on_order", "in_transit") == (100, 0)


def test_what_lasts_too_long_is_told_as_the_policies_have_it() -> None:
    """A line without an answer is chased in steps, the last of which is the table's."""
    timed: dict[str, Any] = {
        each.policy_key: each.default
        for process in (ORDER_LINE, SHIP_NOTICE, RECEIPT_LINE, INVOICE)
        for each in process.deadlines.values()
        if each.policy_key
    }
    assert timed.pop(ESCALATION_HOURS) == sum((timedelta(hours=DEFAULTS[each.policy]) for each in CHASE), timedelta())
    assert timed == {key: timedelta(days=DEFAULTS[key]) for key in timed}
    assert len(timed) == 4
    for process in (ORDER_LINE, SHIP_NOTICE, RECEIPT_LINE, INVOICE):
        assert all(isinstance(each.on_expiry, Raise) for each in process.deadlines.values())
