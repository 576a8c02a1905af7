"""What a customer on EDI hears of its order: 855, 856 and 810, byte for byte, and each in the order's timeline."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from connector.codecs import x12_document
from connector.codecs.x12_document import Address, Numbers
from connector.domain.documents import State
from connector.mappings import (
    x12_812,
    x12_customer_acknowledgment,
    x12_customer_invoice,
    x12_customer_ship_notice,
)
from connector_samples import customers, files, orders
from connector_samples.calls import control
from connector_samples.rig import Rig
from crossdock.fulfillment.events.v1 import events_pb2
from crossdock.fulfillment.v1 import sales_order_pb2
from crossdock_edi import X12_DIALECT
from crossdock_edi.errors import Unrepresentable
from crossdock_edi.x12.ship_notice import ShipNotice

GOLDEN = Path(__file__).parent / "golden"
ADDRESS = Address(("ZZ", "ACME"), ("08", "MERCATO"), "ACME", "MERCATO", "004010", False, X12_DIALECT)


def rendered(document: Any) -> bytes:
    content = x12_document.write(document, ADDRESS, Numbers(12, 12, 1), orders.AT)
    assert x12_document.wrong_in(content) == ""
    return content


def golden(name: str, document: Any) -> None:
    content = rendered(document)
    assert content == (GOLDEN / name).read_bytes(), content.decode()


def answers(*lines: sales_order_pb2.OrderLine) -> tuple[str, list[list[tuple[str, Decimal | None, str]]]]:
    """Type of the whole, and of each line its answers."""
    document = x12_customer_acknowledgment.write(customers.acknowledged(*lines), customers.writing())
    return document.type, [
        [(each.status, each.quantity, each.unit) for each in line.acknowledgments] for line in document.lines
    ]


@pytest.mark.feature("F127")
def test_a_customer_is_told_what_it_gets_in_the_855_that_was_agreed() -> None:
    golden("855-customer.edi", x12_customer_acknowledgment.write(customers.acknowledged(), customers.writing()))


def test_an_order_that_is_held_whole_is_acknowledged_without_a_change() -> None:
    assert answers(customers.bolts()) == ("AD", [[("IA", Decimal(24), "EA")]])


def test_a_case_that_waits_waits_as_a_case() -> None:
    assert answers(customers.gloves()) == ("AC", [[("IA", Decimal(1), "CA"), ("IB", Decimal(1), "CA")]])


def test_what_is_no_whole_case_is_told_in_pieces() -> None:
    line = customers.gloves(customers.schedule("RELEASED", "7"), customers.schedule("BACKORDERED", "17"))
    assert answers(line)[1] == [[("IA", Decimal(7), "EA"), ("IB", Decimal(17), "EA")]]


@pytest.mark.feature("F128")
def test_what_was_given_up_is_rejected_and_all_of_it_rejects_the_order() -> None:
    some = customers.bolts(customers.schedule("ALLOCATED", "20"), customers.schedule("CANCELLED", "4"))
    assert answers(some) == ("AC", [[("IA", Decimal(20), "EA"), ("IR", Decimal(4), "EA")]])
    assert answers(customers.bolts(customers.schedule("CANCELLED", "24"))) == ("RD", [[("IR", Decimal(24), "EA")]])


def test_what_goes_out_in_place_of_what_was_ordered_is_named_beside_it() -> None:
    line = customers.bolts(customers.schedule("ALLOCATED", "24"))
    line.ordered_sku, line.sku = "A1001", "A1009"
    document = x12_customer_acknowledgment.write(customers.acknowledged(line), customers.writing())
    [said] = document.lines
    [answer] = said.acknowledgments
    assert (document.type, answer.status, answer.quantity) == ("AC", "IS", Decimal(24))
    named = [[(each.qualifier, each.value) for each in ids] for ids in (said.item_ids, answer.item_ids)]
    assert named == [[("VP", "A1001"), ("BP", "M-77")], [("VP", "A1009")]]


def test_what_its_customer_took_back_before_the_answer_is_not_rejected() -> None:
    line = customers.bolts(customers.schedule("ALLOCATED", "20"), customers.schedule("CANCELLED", "4"), ordered="20")
    assert answers(line) == ("AD", [[("IA", Decimal(20), "EA")]])


def test_a_promise_after_the_day_that_was_wanted_is_a_change_of_date() -> None:
    line = customers.bolts(customers.schedule("ALLOCATED", "24", promised_on=orders.day(11, 24)))
    assert answers(line) == ("AC", [[("DR", Decimal(24), "EA")]])


def cut(**more: Any) -> events_pb2.OrderLinesCancelled:
    """The first line, of which a warehouse did not find all after it had been acknowledged."""
    line = customers.bolts(customers.schedule("PICKED", "20"), customers.schedule("CANCELLED", "4"))
    known = customers.acknowledged()
    said: dict[str, Any] = {"order_id": known.order_id, "channel": known.channel, "number": known.number, "part": 1}
    return events_pb2.OrderLinesCancelled(**said | {"order": known.order, "lines": [line]} | more)


@pytest.mark.feature("F032", "F127", "F130")
def test_what_is_cancelled_after_the_855_is_told_in_the_second_855_that_was_agreed() -> None:
    golden("855-customer-cancelled.edi", x12_customer_acknowledgment.write(cut(), customers.writing()))


def test_an_order_that_is_cancelled_whole_is_rejected_as_a_whole() -> None:
    fact = cut(lines=[customers.bolts(customers.schedule("CANCELLED", "24"))])
    fact.order.state = sales_order_pb2.ORDER_STATE_CANCELLED
    document = x12_customer_acknowledgment.write(fact, customers.writing())
    assert (document.purpose, document.type) == ("06", "RD")


@pytest.mark.feature("F126")
def test_what_left_is_told_by_order_and_package_in_the_856_that_was_agreed() -> None:
    golden("856-customer.edi", x12_customer_ship_notice.write(customers.issued(), customers.writing()))


def notice(**more: Any) -> ShipNotice:
    return x12_customer_ship_notice.write(customers.issued(**more), customers.writing())


@pytest.mark.feature("F126")
def test_a_notice_says_of_each_item_its_order_and_its_carton_and_nothing_of_anybody_else() -> None:
    found = [
        (line.order_number, line.order_line, line.quantity, line.unit, line.carton_sscc)
        for line in notice().ship_lines()
    ]
    assert found == [
        ("PO-7001", "1", Decimal(20), "EA", customers.SSCC),
        ("PO-7001", "2", Decimal(1), "CA", customers.SSCC),
        ("PO-7001", "1", Decimal(4), "EA", customers.OTHER_SSCC),
    ]


@pytest.mark.feature("F119")
def test_what_a_supplier_sent_is_told_in_the_same_856() -> None:
    found = x12_customer_ship_notice.write(customers.supplier_shipped(), customers.writing())
    assert rendered(found)
    assert len(found.shipment) <= 30
    assert [(line.order_line, line.quantity, line.unit) for line in found.ship_lines()] == [
        ("1", Decimal(24), "EA"),
        ("2", Decimal(1), "CA"),
    ]
    [above] = [each for each in found.levels if each.code == "S"]
    assert {each.value for each in above.references} == {"ASN-9", "PRO-9"}


@pytest.mark.parametrize("packages", [[], [customers.package(customers.SSCC, ("1", "A1001", "20"))]])
def test_a_notice_names_packages_only_where_they_hold_exactly_what_left(packages: list[Any]) -> None:
    found = notice(packages=packages)
    assert found.structure == "0004"
    assert [(line.order_line, line.quantity, line.carton_sscc) for line in found.ship_lines()] == [
        ("1", Decimal(24), ""),
        ("2", Decimal(1), ""),
    ]


@pytest.mark.feature("F155")
def test_a_posted_invoice_is_the_810_that_was_agreed() -> None:
    golden("810-customer.edi", x12_customer_invoice.write(customers.invoiced(), customers.writing(taxType="VA")))


def test_an_invoice_that_no_document_can_say_to_the_cent_is_not_sent_as_another() -> None:
    event = customers.invoiced()
    event.posting.totals.gross.amount = "119.005"
    with pytest.raises(Unrepresentable, match="more than 2 decimals"):
        rendered(x12_customer_invoice.write(event, customers.writing()))


def credited() -> events_pb2.CreditIssued:
    invoice = customers.invoiced()
    return events_pb2.CreditIssued(
        posting_id="p-9",
        order_id=invoice.order_id,
        order_number=invoice.order_number,
        credit_number="CN-7",
        customer_id="CUS-MERCATO",
        invoice_number=invoice.invoice_number,
        channel=invoice.channel,
        posting=invoice.posting,
        ordered_on=invoice.ordered_on,
        ship_to_code=invoice.ship_to_code,
    )


@pytest.mark.feature("F158")
def test_a_credit_note_is_an_810_that_names_its_invoice() -> None:
    invoice = x12_customer_invoice.write(customers.invoiced(), customers.writing())
    memo = x12_customer_invoice.write(credited(), customers.writing())
    assert (memo.type, memo.number, memo.total) == ("CR", "CN-7", invoice.total)
    assert [(each.qualifier, each.value) for each in memo.references] == [("IV", invoice.number)]
    assert (memo.lines, memo.taxes, memo.parties) == ((), invoice.taxes, invoice.parties)
    note = credited()
    note.posting.return_id = "r-1"
    assert x12_customer_invoice.write(note, customers.writing()).lines == invoice.lines
    assert (invoice.type, invoice.references) == ("DI", ())
    assert x12_document.wrong_in(rendered(memo)) == ""


@pytest.mark.feature("F158")
def test_a_credit_note_is_an_812_with_what_came_back_or_with_the_amount_alone() -> None:
    note = credited()
    gross = Decimal(note.posting.totals.gross.amount)
    by_hand = x12_812.write(note, customers.writing(reasons={"OTHER": "01"}))
    assert (by_hand.number, by_hand.amount, by_hand.flag, by_hand.handling) == ("CN-7", gross, "C", "H")
    assert (by_hand.invoice_number, by_hand.order_number) == (note.invoice_number, note.order_number)
    assert [(each.reason, each.amount, each.quantity) for each in by_hand.adjustments] == [("01", gross, None)]
    note.posting.return_id = "r-1"
    returned = x12_812.write(note, customers.writing())
    lines = [(each.line, str(each.quantity), each.returned, each.reason) for each in returned.adjustments]
    assert lines == [(each.line_number, each.quantity.value, "Y", "72") for each in note.posting.lines]
    for each in (by_hand, returned):
        assert x12_document.wrong_in(rendered(each)) == ""


@pytest.mark.feature("F130", "F158")
async def test_a_customer_on_edi_that_takes_812s_gets_those(rig: Rig) -> None:
    routes = [{"kind": "x12.812", "direction": "OUT"}, *customers.ROUTES]
    await rig.partner(customers.NAME, **customers.profile(documents=routes))
    await rig.send(customers.NAME)
    await rig.tell(credited(), aggregate="posting/p-812")
    [content] = [content for _, content in await rig.send(customers.NAME)]
    assert b"BCD*" in content
    assert b"*CN-7*H*" in content


@pytest.mark.feature("F130", "F158")
@pytest.mark.parametrize("takes_memos", [True, False])
async def test_a_customer_on_edi_gets_credit_memos_where_its_profile_says_so(rig: Rig, takes_memos: bool) -> None:
    mapping: dict[str, Any] = {"mapping": {"creditMemo": True}} if takes_memos else {}
    routes: list[dict[str, Any]] = [each for each in customers.ROUTES if each["kind"] != "x12.810"]
    routes = [*routes, {"kind": "x12.810", "direction": "OUT", **mapping}]
    await rig.partner(customers.NAME, **customers.profile(documents=routes))
    await rig.send(customers.NAME)
    await rig.tell(credited(), aggregate=f"posting/p-{takes_memos}")
    sent = [content for _, content in await rig.send(customers.NAME)]
    assert [b"***CR" in content for content in sent] == [True] * takes_memos


@pytest.fixture
async def customer(rig: Rig) -> Rig:
    await rig.partner(customers.NAME, **customers.profile())
    await rig.send(customers.NAME)
    return rig


FACTS = [
    ("x12.855", "PR", customers.acknowledged(), f"sales_order/{customers.ORDER_ID}"),
    ("x12.856", "SH", customers.issued(), "outbound_shipment/sh-1"),
    ("x12.810", "IN", customers.invoiced(), "posting/p-1"),
]


@pytest.mark.feature("F126", "F127")
@pytest.mark.parametrize(("kind", "group", "event", "aggregate"), FACTS, ids=[each[0] for each in FACTS])
async def test_what_a_customer_is_told_waits_for_its_997_in_the_orders_timeline(
    customer: Rig, kind: str, group: str, event: Any, aggregate: str
) -> None:
    await customer.tell(event, aggregate=aggregate)
    [(document, content)] = await customer.send(customers.NAME)
    assert (document.kind, document.state, document.transaction_ids) == (kind, State.SENT, ("po-1",))
    assert f"GS*{group}*ACME*MERCATO".encode() in content
    ordering = "SELECT ordering_key FROM delivery WHERE delivery_id = $1"
    assert await customer.value(ordering, document.document_id) == f"order:{customers.ORDER_ID}"
    answer = (
        files.functional_acknowledgment(
            document.group_control,
            control=control(),
            written="20261102*090000",
            set_id=kind.removeprefix("x12."),
            functional=group,
        )
        .replace(b"ZZ*NORDIC ", b"08*MERCATO")
        .replace(b"GS*FA*NORDIC", b"GS*FA*MERCATO")
    )
    reply = await customer.given(customers.NAME, answer)
    assert (reply.state, reply.transaction_ids) == (State.UNDERSTOOD, ("po-1",))
    assert (await customer.document(document.document_id)).state is State.ACKNOWLEDGED


@pytest.mark.feature("F130")
async def test_only_what_was_acknowledged_is_acknowledged_anew(customer: Rig) -> None:
    before = cut()
    before.ClearField("order")
    before.ClearField("lines")
    await customer.tell(before, aggregate=f"sales_order/{customers.ORDER_ID}")
    assert await customer.send(customers.NAME) == []
    await customer.tell(cut(), aggregate=f"sales_order/{customers.ORDER_ID}", version=2)
    [(document, content)] = await customer.send(customers.NAME)
    assert (document.kind, b"BAK*06*AC*PO-7001" in content) == ("x12.855", True)


async def test_what_a_customer_rejects_is_the_order_desks(customer: Rig) -> None:
    await customer.tell(customers.invoiced(), aggregate=f"posting/{uuid4()}")
    [(document, _)] = await customer.send(customers.NAME)
    answer = (
        files.functional_acknowledgment(
            document.group_control,
            control=control(),
            written="20261102*090000",
            verdict="R",
            set_id="810",
            functional="IN",
        )
        .replace(b"ZZ*NORDIC ", b"08*MERCATO")
        .replace(b"GS*FA*NORDIC", b"GS*FA*MERCATO")
    )
    await customer.given(customers.NAME, answer)
    assert await customer.exceptions(document.document_id) == [("partner", "FUNCTIONAL_ACK_REJECTED", "order-desk")]


async def test_a_channel_that_takes_no_documents_is_not_told_and_nobody_is_bothered(customer: Rig) -> None:
    event = customers.acknowledged(channel="inside-sales")
    await customer.tell(event, aggregate=f"sales_order/{uuid4()}")
    assert await customer.send(customers.NAME) == []
    assert await customer.value("SELECT count(*) FROM exception WHERE summary LIKE '%inside-sales%'") == 0
