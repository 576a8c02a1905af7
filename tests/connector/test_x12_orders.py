"""850 and 860 out: golden bytes, and nothing of an order is lost on the way there and back."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, time
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from connector.codecs import x12_document
from connector.codecs.json_document import DocumentFault
from connector.codecs.x12_document import Address, Numbers
from connector.domain.documents import State
from connector.mappings import canonical, x12_850, x12_860
from connector_samples import files, orders
from crossdock.common.v1 import values_pb2
from crossdock.procurement.events.v1 import events_pb2
from crossdock.procurement.v1 import procurement_service_pb2 as procurement
from crossdock.procurement.v1 import purchase_order_pb2
from crossdock_edi import X12_DIALECT
from crossdock_edi.x12.purchase_order import PurchaseOrder
from google.type.date_pb2 import Date
from hypothesis import given
from hypothesis import strategies as st

GOLDEN = Path(__file__).parent / "golden"
ADDRESS = Address(
    own=("ZZ", "ACME"),
    partner=("ZZ", "NORDIC"),
    group_own="ACME",
    group_partner="NORDIC",
    version="004010",
    is_test=False,
    dialect=X12_DIALECT,
)


def rendered(document: Any) -> bytes:
    return x12_document.write(document, ADDRESS, Numbers(12, 12, 1), orders.AT)


def read_back(content: bytes) -> procurement.SubmitPurchaseOrderRequest:
    [interchange] = x12_document.read_file(content, {})
    assert not [each for each in interchange.findings if each.severity == "error"]
    [message] = interchange.messages
    assert not message.wrong, message.wrong
    command = x12_850.read(message.document, orders.reading(x12=True))  # type: ignore[arg-type]
    assert isinstance(command.request, procurement.SubmitPurchaseOrderRequest)
    return command.request


def golden(name: str, content: bytes) -> None:
    assert content == (GOLDEN / name).read_bytes(), content.decode()


@pytest.mark.feature("F054")
def test_an_order_becomes_the_850_that_was_agreed() -> None:
    golden("850.edi", rendered(x12_850.write(orders.released(), orders.writing(x12=True))))


@pytest.mark.feature("F056")
def test_a_revision_becomes_an_860_with_its_changed_lines_alone() -> None:
    changed = orders.order(revision=2)
    changed.lines[0].ordered.value = "80"
    event = events_pb2.PurchaseOrderRevised(
        purchase_order_id=changed.purchase_order_id,
        number=changed.number,
        previous_revision=1,
        purchase_order=changed,
        lines=[
            events_pb2.LineDelta(
                line_id="line-10",
                line_number="10",
                old_quantity=orders.quantity("100"),
                new_quantity=orders.quantity("80"),
            )
        ],
    )
    golden("860.edi", rendered(x12_860.write(event, orders.writing(x12=True))))


@pytest.mark.feature("F059")
def test_a_cancellation_becomes_an_860_that_deletes_every_line() -> None:
    event = events_pb2.PurchaseOrderCancelled(
        purchase_order_id="x", number="4500000001", purchase_order=orders.order(revision=3)
    )
    document = x12_860.write(event, orders.writing(x12=True))
    assert document.purpose == "01"
    assert document.change_sequence == "3"
    assert [line.change for line in document.lines] == ["DI", "DI"]


@pytest.mark.parametrize(
    ("delta", "code"),
    [
        ({"added": True}, "AI"),
        ({"old_quantity": orders.quantity("1"), "new_quantity": orders.quantity("2")}, "QI"),
        ({"old_quantity": orders.quantity("2"), "new_quantity": orders.quantity("1")}, "QD"),
        ({"old_date": orders.day(1, 2), "new_date": orders.day(1, 3)}, "CT"),
        (
            {
                "old_quantity": orders.quantity("2"),
                "new_quantity": orders.quantity("1"),
                "old_date": orders.day(1, 2),
                "new_date": orders.day(1, 3),
            },
            "RQ",
        ),
    ],
)
def test_a_change_gets_the_code_for_what_changed(delta: dict[str, Any], code: str) -> None:
    assert x12_860.change_code(events_pb2.LineDelta(**delta)) == code


WORD = st.text(st.characters(codec="ascii", categories=("Lu", "Nd")), min_size=1, max_size=12)
DAY = st.dates(min_value=date(2020, 1, 1), max_value=date(2039, 1, 1))
# PO102 holds nine digits.
NUMBER = st.one_of(
    st.integers(1, 999_999_999).map(Decimal),
    st.decimals(min_value="0.000001", max_value="999.999999", places=6, allow_nan=False),
)


@st.composite
def windows(draw: st.DrawFn) -> values_pb2.DeliveryWindow:
    first, last = sorted((draw(DAY), draw(DAY)))
    times = draw(st.tuples(st.none() | st.times(), st.none() | st.times()))
    found = canonical.window(
        first, last, from_time=times[0], to_time=times[1], zone=draw(st.sampled_from(["", "Europe/Berlin"]))
    )
    assert found is not None
    return found


@st.composite
def lines(draw: st.DrawFn, number: int) -> purchase_order_pb2.PurchaseOrderLine:
    unit = draw(st.sampled_from(["EA", "XCS", "KGM", "LBR", "XPX", "DZN"]))
    line = purchase_order_pb2.PurchaseOrderLine(
        line_number=str(number * 10),
        sku=draw(st.sampled_from(["A1001", "A1004"])),
        supplier_item=draw(st.just("") | WORD),
        ordered=canonical.quantity(draw(NUMBER), unit),
        ship_to_id=draw(st.sampled_from(["", "WH-SOUTH"])),
    )
    if draw(st.booleans()):
        line.requested_window.CopyFrom(draw(windows()))
    if draw(st.booleans()):
        per = draw(st.sampled_from(["", "10", "1000"]))
        line.price.CopyFrom(
            canonical.price(
                draw(NUMBER), draw(st.sampled_from(["EUR", "USD"])), unit=draw(st.sampled_from(["", "EA"])), per=per
            )
        )
    for _ in range(draw(st.integers(0, 3))):
        line.requested.append(
            purchase_order_pb2.ScheduleLine(
                quantity=canonical.quantity(draw(NUMBER), unit), date=canonical.to_day(draw(st.none() | DAY))
            )
        )
    return line


@st.composite
def whole_orders(draw: st.DrawFn) -> purchase_order_pb2.PurchaseOrder:
    count = draw(st.integers(1, 4))
    return orders.order(
        number=draw(WORD),
        revision=draw(st.integers(1, 99)),
        incoterms=draw(st.sampled_from(["", "EXW", "FCA Rotterdam", "DAP Hamburg, Speicherstadt 4"])),
        lines=[draw(lines(number)) for number in range(1, count + 1)],
    )


@pytest.mark.feature("F055")
@given(whole_orders())
def test_lines_units_windows_terms_and_revision_survive_the_850(order: purchase_order_pb2.PurchaseOrder) -> None:
    partner = orders.partner(revision_reference="VN")
    writing = orders.writing(partner, x12=True)
    content = rendered(x12_850.write(orders.released(order), writing))
    request = read_back(content)

    assert (request.number, request.currency, request.incoterms) == (order.number, order.currency, order.incoterms)
    assert (request.ordered_on, request.ship_to_id) == (order.ordered_on, order.ship_to_id)
    for sent, got in zip(order.lines, request.lines, strict=True):
        assert (got.line_number, got.sku, got.supplier_item) == (sent.line_number, sent.sku, sent.supplier_item)
        assert (got.ordered, got.price, got.ship_to_id) == (sent.ordered, sent.price, sent.ship_to_id)
        assert got.requested_window == sent.requested_window
        assert [(each.quantity, each.date) for each in got.requested] == [
            (each.quantity, each.date) for each in sent.requested
        ]
    [message] = x12_document.read_file(content, {})[0].messages
    document = message.document
    assert isinstance(document, PurchaseOrder)
    assert document.reference("VN") == str(order.revision)


def test_an_order_that_x12_cannot_carry_is_not_sent_in_a_broken_document() -> None:
    order = orders.order()
    order.lines[0].ordered.value = "1000.000001"
    content = rendered(x12_850.write(orders.released(order), orders.writing(x12=True)))
    assert "PO102" in x12_document.wrong_in(content)


def test_a_window_keeps_its_local_times() -> None:
    request = read_back(rendered(x12_850.write(orders.released(), orders.writing(x12=True))))
    window = request.lines[0].requested_window
    assert (window.from_time, window.to_time, window.zone) == ("08:00", "16:30", "Europe/Berlin")
    assert canonical.clock_time(window.to_time) == time(16, 30)
    assert window.to_date == Date(year=2026, month=11, day=12)


def test_states_carry_the_numbers_of_the_contract() -> None:
    from crossdock.connector.v1 import connector_service_pb2

    names = {f"DOCUMENT_STATE_{each.name}": each.value for each in State}
    contract = dict(connector_service_pb2.DocumentState.items())
    assert names == {name: number for name, number in contract.items() if number}


def test_a_person_who_is_named_as_ship_to_stands_in_nothing_that_is_told() -> None:
    segments = ["BEG*00*DS*PO-1**20261102", "N1*ST*Quintessa Wolderboom", "PO1*10*5*EA*1**BP*A1001"]
    [message] = x12_document.read_file(files.interchange("850", segments), {})[0].messages
    reading = orders.reading(x12=True)
    command = x12_850.INBOUND.read(message.document, reading)
    assert list(reading.codes.unknown) == ["location that the document names without a code"]  # type: ignore[attr-defined]
    assert "Quintessa" not in str(command.request)


def test_an_order_under_an_agreement_is_a_release_that_names_it_both_ways() -> None:
    reference = purchase_order_pb2.BlanketOrderRef(number="B-1", release_number="3")
    of = orders.order(blanket_order=reference)
    content = rendered(x12_850.write(orders.released(of), orders.writing(x12=True)))
    assert b"BEG*00*RL*4500000001*3*20261102*B-1" in content
    assert read_back(content).blanket_order == reference


def test_an_agreement_is_no_order() -> None:
    document = replace(x12_850.write(orders.released(), orders.writing(x12=True)), type="BK")
    with pytest.raises(DocumentFault, match="BEG02"):
        x12_850.read(document, orders.reading(x12=True))


def placed(*segments: str) -> procurement.OrderedLine:
    """A line of ten pieces with further segments, in an order for WH-EAST."""
    said = ["BEG*00*NE*PO-1**20261102", "N1*ST**92*WH-EAST", "PO1*10*10*EA*1**BP*A1001", *segments]
    [message] = x12_document.read_file(files.interchange("850", said), {})[0].messages
    assert not message.wrong, message.wrong
    command = x12_850.INBOUND.read(message.document, orders.reading(x12=True))
    assert isinstance(command.request, procurement.SubmitPurchaseOrderRequest)
    assert command.request.ship_to_id == "WH-EAST"
    return command.request.lines[0]


def test_a_line_says_by_its_own_address_or_by_its_distribution_where_it_goes() -> None:
    assert placed().ship_to_id == ""
    assert placed("N1*ST**92*WH-WEST").ship_to_id == "WH-WEST"
    assert placed("SDQ*EA*92*WH-WEST*10").ship_to_id == "WH-WEST"
    assert placed("SDQ*EA*92*WH-WEST*4*WH-WEST*6").ship_to_id == "WH-WEST"
    assert placed("SDQ*EA*92*WH-WEST*10.0", "N1*ST**92*WH-WEST").ship_to_id == "WH-WEST"


@pytest.mark.parametrize(
    ("segments", "why"),
    [
        (("SDQ*EA*92*WH-WEST*4*WH-EAST*6",), "several places"),
        (("SDQ*EA*92*WH-WEST*4", "SDQ*EA*92*WH-EAST*6"), "several places"),
        (("SDQ*EA*92*WH-WEST*9",), "another quantity"),
        (("SDQ*CA*92*WH-WEST*10",), "another quantity"),
        (("SDQ*EA*92*WH-WEST*NaN",), "another quantity"),
        (("SDQ*EA*92*WH-WEST*-5*WH-WEST*15",), "another quantity"),
        (("SDQ*EA*92**10",), "no place"),
        (("SDQ*EA*92*WH-WEST*10", "N1*ST**92*WH-EAST"), "another place than the line's N1"),
    ],
)
def test_a_line_that_is_distributed_is_refused_rather_than_sent_to_one_dock(
    segments: tuple[str, ...], why: str
) -> None:
    with pytest.raises(DocumentFault, match="SDQ of line 10") as refused:
        placed(*segments)
    assert why in str(refused.value)
