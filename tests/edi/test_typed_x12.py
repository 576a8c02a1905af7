"""Typed X12 documents: the trade's names, exact values, and the same document back from what was written."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time
from decimal import Decimal
from pathlib import Path

import crossdock_edi
import pytest
from crossdock_edi import X12_DIALECT, Document, Envelope, UnreadableValues, Unrepresentable
from crossdock_edi.x12.functional_acknowledgment import FunctionalAcknowledgment
from crossdock_edi.x12.order_acknowledgment import LINE_STATUSES, Outcome, PurchaseOrderAcknowledgment
from crossdock_edi.x12.order_change import PurchaseOrderChange, PurchaseOrderChangeAcknowledgment
from crossdock_edi.x12.parts import Moment
from crossdock_edi.x12.purchase_order import OrderLine, PurchaseOrder
from crossdock_edi.x12.ship_notice import Level, ShipNotice

SAMPLES = Path(__file__).parent / "samples" / "x12"
ENVELOPE = Envelope(
    sender=("ZZ", "NORTHBRIDGE"),
    receiver=("ZZ", "KELLERTOOLS"),
    interchange_control=7,
    prepared_at=datetime(2026, 11, 21, 8, 15, tzinfo=UTC),
)


def sample(name: str) -> Document:
    (interchange,) = crossdock_edi.read(SAMPLES / f"{name}.edi")
    (message,) = interchange.messages
    return crossdock_edi.parse(message)


def reread(data: bytes) -> Document:
    (interchange,) = crossdock_edi.read(data)
    assert interchange.findings == ()
    (message,) = interchange.messages
    return crossdock_edi.parse(message)


@pytest.mark.parametrize("name", ["850", "855", "856", "860", "865", "997"])
def test_what_is_written_is_read_back_equal(name: str) -> None:
    document = sample(name)

    assert document.unmapped == ()
    assert reread(crossdock_edi.compose(document, ENVELOPE)) == document


@pytest.mark.parametrize("path", sorted(SAMPLES.glob("*.edi")), ids=lambda path: path.stem)
def test_what_was_read_is_written_byte_for_byte(path: Path) -> None:
    (interchange,) = crossdock_edi.read(path)

    assert crossdock_edi.write(interchange) == path.read_bytes()


@pytest.mark.feature("F188")
def test_an_850_gives_an_order_with_window_terms_and_schedules() -> None:
    order = sample("850")

    assert isinstance(order, PurchaseOrder)
    assert (order.number, order.ordered_on, order.currency) == ("4500001234", date(2026, 11, 21), "USD")
    assert order.incoterm == "DAP"
    assert order.delivery_window is not None
    assert order.delivery_window.earliest == Moment(date(2026, 12, 1), time(8))
    assert order.delivery_window.latest == Moment(date(2026, 12, 3), time(16))
    assert order.ship_to is not None
    assert (order.ship_to.id, order.ship_to.city, order.ship_to.address_lines) == (
        "0614141000012",
        "Dayton",
        ("12 Dock Road", "Gate 3"),
    )
    assert order.notes[0].messages == ("Keep upright", "Call before delivery")
    wrench, drills = order.lines
    assert (wrench.quantity, wrench.unit, wrench.unit_price) == (Decimal(120), "EA", Decimal("9.25"))
    assert wrench.item_id("EN", "UP") == "012345678905"
    assert [schedule.on for schedule in wrench.schedules] == [date(2026, 12, 1), date(2026, 12, 8)]
    assert drills.dates[0].on == date(2026, 12, 2)
    assert order.totalled().totals == order.totals


@pytest.mark.feature("F189")
def test_an_855_may_answer_one_line_several_times() -> None:
    answer = sample("855")

    assert isinstance(answer, PurchaseOrderAcknowledgment)
    first, second = answer.lines
    assert [one.outcome for one in first.acknowledgments] == [Outcome.CHANGED, Outcome.PARTIAL]
    assert first.unanswered == Decimal(20)
    (substitute,) = second.acknowledgments
    assert (substitute.outcome, substitute.changed, substitute.item_id("VP")) == (Outcome.CHANGED, "item", "KT-221")
    assert substitute.dates[0].on == date(2026, 12, 1)


@pytest.mark.feature("F060")
def test_all_26_line_statuses_have_an_outcome() -> None:
    assert len(LINE_STATUSES) == 26


def test_an_860_and_an_865_carry_the_change_sequence() -> None:
    change, answer = sample("860"), sample("865")

    assert isinstance(change, PurchaseOrderChange)
    assert isinstance(answer, PurchaseOrderChangeAcknowledgment)
    assert change.change_sequence == answer.change_sequence == "2"
    assert [line.change for line in change.lines] == ["QD", "DI", "AI"]
    assert [line.acknowledgments[0].status for line in answer.lines] == ["IA", "ID", "R4"]


@pytest.mark.feature("F190")
def test_an_856_gives_ship_lines_with_lot_and_packs() -> None:
    notice = sample("856")

    assert isinstance(notice, ShipNotice)
    assert (notice.reference("BM"), notice.reference("CN")) == ("BOL-7712", "PRO-99812")
    first, second = notice.ship_lines()
    assert (first.order_number, first.release, first.change_sequence, first.order_line) == (
        "4500001234",
        "R1",
        "2",
        "1",
    )
    assert (first.quantity, first.unit, first.lot) == (Decimal(48), "EA", "LOT-A")
    assert (first.pallet_sscc, first.carton_sscc) == ("106141411234567897", "106141411234567903")
    assert (second.lot, second.carton_sscc) == ("LOT-B", "106141411234567910")


def test_an_856_is_a_tree_by_parent_and_not_by_order() -> None:
    notice = sample("856")
    assert isinstance(notice, ShipNotice)
    shuffled = replace(notice, levels=tuple(reversed(notice.levels)))

    assert sorted(shuffled.ship_lines(), key=lambda line: line.lot) == sorted(
        notice.ship_lines(), key=lambda line: line.lot
    )


def test_cycles_and_orphans_of_an_856_are_found_and_end() -> None:
    notice = ShipNotice(
        purpose="00",
        shipment="S1",
        levels=(
            Level(id="1", parent="3", code="S"),
            Level(id="2", parent="1", code="O", order_number="PO1"),
            Level(id="3", parent="2", code="I"),
            Level(id="4", parent="9", code="I"),
            Level(id="5", parent="5", code="I"),
        ),
    )

    assert [level.id for level in notice.orphans()] == ["4"]
    assert [level.id for level in notice.in_cycles()] == ["1", "2", "3", "5"]
    assert [line.order_number for line in notice.ship_lines()] == ["PO1", "", ""]


@pytest.mark.feature("F191")
def test_a_997_names_segment_and_element_of_each_error() -> None:
    answer = sample("997")

    assert isinstance(answer, FunctionalAcknowledgment)
    assert [message.status for message in answer.messages] == ["A", "R"]
    (segment,) = answer.messages[1].segments
    assert (segment.tag, segment.position) == ("PO1", 19)
    assert [(one.position, one.code, one.bad_data) for one in segment.elements] == [(2, "1", ""), (3, "7", "XX")]
    assert answer.group is not None
    assert (answer.group.status, answer.group.accepted) == ("P", 1)


@pytest.mark.parametrize(
    ("old", "new", "code", "element"),
    [
        (b"PO1*1*120*EA", b"PO1*1*1,5*EA", "value-number", 2),
        (b"PO1*1*120*EA", b"PO1*1*+5*EA", "value-number", 2),
        (b"PO1*1*120*EA", b"PO1*1*1E5*EA", "value-number", 2),
        (b"**20261121*CT-77", b"**20260230*CT-77", "value-date", 5),
        (b"DTM*064*20261201*0800", b"DTM*064*20261201*2561", "value-time", 3),
        (b"BEG*00*SA*4500001234", b"BEG*00*SA*", "value-missing", 3),
    ],
)
def test_a_value_that_is_none_is_refused_with_its_place(old: bytes, new: bytes, code: str, element: int) -> None:
    data = (SAMPLES / "850.edi").read_bytes().replace(old, new)
    (interchange,) = crossdock_edi.read(data)
    (message,) = interchange.messages

    with pytest.raises(UnreadableValues) as refused:
        crossdock_edi.parse(message)

    (found,) = refused.value.findings
    assert (found.code, found.element) == (code, element)
    assert data[found.offset :].startswith(found.tag.encode())
    document, findings = crossdock_edi.parse_tolerantly(message)
    assert isinstance(document, PurchaseOrder)
    assert findings == refused.value.findings


def test_what_no_field_stands_for_is_told() -> None:
    data = (SAMPLES / "850.edi").read_bytes().replace(b"CTT*2", b"ZZZ*1~\nCTT*2")
    (interchange,) = crossdock_edi.read(data)
    document = crossdock_edi.parse(next(interchange.messages))

    assert [segment.tag for segment in document.unmapped] == ["ZZZ"]


@pytest.mark.parametrize(
    ("order", "place"),
    [
        (PurchaseOrder(purpose="00", type="SA", number="A*B"), "BEG03"),
        (PurchaseOrder(purpose="00", type="SA", number="A~"), "BEG03"),
        (PurchaseOrder(purpose="00", type="SA", number=""), "BEG03"),
        (PurchaseOrder(purpose="00", type="SA", number="1", lines=(OrderLine(quantity=Decimal("NaN")),)), "PO102"),
    ],
)
def test_what_cannot_be_written_is_refused_by_name(order: PurchaseOrder, place: str) -> None:
    with pytest.raises(Unrepresentable) as refused:
        crossdock_edi.compose(order, ENVELOPE)

    assert refused.value.place == place


def test_documents_of_one_type_share_a_group_and_count_on() -> None:
    order = sample("850")
    data = crossdock_edi.compose([order, order], replace(ENVELOPE, first_message_control=41))
    (interchange,) = crossdock_edi.read(data)

    assert interchange.findings == ()
    assert [message.control_number for message in interchange.messages] == ["0041", "0042"]


def test_the_partner_s_delimiters_version_and_line_end_are_written() -> None:
    dialect = replace(X12_DIALECT, element=b"|", component=b":", segment=b"\r", repetition=b"^", line_end=b"")
    envelope = replace(ENVELOPE, dialect=dialect, version="005010", is_test=True)
    data = crossdock_edi.compose(sample("850"), envelope)
    (interchange,) = crossdock_edi.read(data)

    assert interchange.dialect == dialect
    assert interchange.is_test
    assert data.startswith(
        b"ISA|00|          |00|          |ZZ|NORTHBRIDGE    |ZZ|KELLERTOOLS    |261121|0815|^|00501|"
    )
    assert crossdock_edi.parse(next(interchange.messages)) == sample("850")


def test_an_interchange_respelled_under_other_delimiters_reads_the_same() -> None:
    (interchange,) = crossdock_edi.read(SAMPLES / "856.edi")
    other = replace(X12_DIALECT, element=b"|", component=b"<", segment=b"'", line_end=b"\r\n")
    (again,) = crossdock_edi.read(crossdock_edi.write(interchange, dialect=other))

    assert again.findings == ()
    assert [m.segments for m in again.messages] == [m.segments for m in interchange.messages]
