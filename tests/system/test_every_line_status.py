"""What becomes of an order line for each of the 26 line statuses of ACK01: from the 855's text to the line, without a
server between.

The table is the reference's (trade C4), code by code. A line of 100 for day 7 is answered for 60; what the rest is then
belongs to the row.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest
from connector.codecs import x12_document
from connector.codecs.json_document import DocumentFault
from connector.mappings import x12_855
from connector_samples import files, orders
from crossdock.procurement.v1 import procurement_service_pb2 as service_pb2
from crossdock_edi.x12.order_acknowledgment import LINE_STATUSES
from crossdock_kit.validation import validate
from procurement.domain.order_line import LineState
from procurement.domain.outcomes import Outcome
from procurement.domain.purchase_order import PurchaseOrder
from procurement.wire.answers import acknowledge
from procurement_cases import trade
from procurement_cases.trade import ITEMS, line, on_days

OPEN, CONFIRMED, BACKORDERED = LineState.OPEN, LineState.CONFIRMED, LineState.BACKORDERED
ON_HOLD, DECISION = LineState.ON_HOLD, LineState.AWAITING_DECISION
RELEASED_ON = trade.day(0)


@dataclass(frozen=True)
class Becomes:
    """`promised` is (quantity, day counted from the order's, None without a day); `asks` whose exception is raised."""

    outcome: Outcome
    state: LineState
    promised: tuple[tuple[int, int | None], ...]
    on_order: int
    unanswered: int
    asks: str = ""


ACCEPTED = Becomes(Outcome.ACCEPTED, OPEN, ((60, 7),), 100, 40)
REJECTED = Becomes(Outcome.REJECTED, OPEN, (), 40, 40)
TABLE = {
    "IA": ACCEPTED,
    "AC": ACCEPTED,
    "AR": ACCEPTED,
    "AA": Becomes(Outcome.SOURCE_CHANGED, OPEN, ((60, 7),), 100, 40),
    "IC": Becomes(Outcome.CHANGED, CONFIRMED, ((60, 7),), 60, 0),
    "IQ": Becomes(Outcome.QUANTITY_CHANGED, CONFIRMED, ((60, 7),), 60, 0),
    "IP": Becomes(Outcome.PRICE_CHANGED, DECISION, (), 100, 40),
    "IE": Becomes(Outcome.PRICE_OPEN, OPEN, ((60, 7),), 100, 40),
    "DR": Becomes(Outcome.DATE_CHANGED, OPEN, ((60, None),), 100, 40),
    "SP": Becomes(Outcome.DATE_OPEN, OPEN, ((60, None),), 100, 40),
    "IS": Becomes(Outcome.ITEM_SUBSTITUTED, DECISION, (), 100, 40),
    "BP": Becomes(Outcome.PARTIAL, BACKORDERED, ((60, 7),), 100, 0),
    "IB": Becomes(Outcome.BACKORDERED, BACKORDERED, (), 100, 40),
    "ID": REJECTED,
    "IF": Becomes(Outcome.ON_HOLD, ON_HOLD, (), 100, 40, "buyer"),
    "IH": Becomes(Outcome.ON_HOLD, ON_HOLD, (), 100, 40, "supplier-desk"),
    "IW": Becomes(Outcome.ON_HOLD, ON_HOLD, (), 100, 40, "buyer"),
    "IR": REJECTED,
    "R1": REJECTED,
    "R2": Becomes(Outcome.REJECTED, OPEN, (), 40, 40, "master-data"),
    "R3": Becomes(Outcome.REJECTED, OPEN, (), 40, 40, "master-data"),
    "R4": REJECTED,
    "R5": REJECTED,
    "R6": REJECTED,
    "R7": REJECTED,
    "R8": REJECTED,
}


def request_of(*acks: str, price: str = "2.50", header: str = "AC", purpose: str = "00") -> Any:
    content = files.interchange(
        "855",
        [
            f"BAK*{purpose}*{header}*4711*20260302****ND-1*20260302",
            "CUR*BY*EUR",
            *((f"PO1*10*100*EA*{price}**BP*BOLT", *acks) if acks else ()),
        ],
    )
    [message] = x12_document.read_file(content, {})[0].messages
    command = x12_855.read(message.document, orders.reading(x12=True))  # type: ignore[arg-type]
    request: Any = command.request
    request.revision, request.revision_basis = 1, service_pb2.REVISION_BASIS_CARRIED
    request.request_id = "0190c0de-0000-7000-8000-000000000001"
    validate(request)
    return request


def answered(*acks: str, order: PurchaseOrder | None = None, **header: str) -> PurchaseOrder:
    order = order or trade.released(line("10", 100, requested=on_days((100, 7))))
    command = acknowledge(request_of(*acks, **header), datetime(2026, 3, 3, tzinfo=UTC))
    order.acknowledge(command.answer, ITEMS, trade.DECIDE_BY)
    return order


def promised(order: PurchaseOrder) -> tuple[tuple[int, int | None], ...]:
    return tuple(
        (int(each.quantity), (each.on - RELEASED_ON).days if each.on else None) for each in order.lines[0].confirmed
    )


def test_the_table_is_of_all_26_codes_and_no_other() -> None:
    assert len(TABLE) == 26
    assert set(TABLE) == set(LINE_STATUSES)


@pytest.mark.feature("F060")
@pytest.mark.parametrize("code", TABLE)
def test_what_a_line_becomes(code: str) -> None:
    expected = TABLE[code]
    order = answered(f"ACK*{code}*60*EA", price="2.75" if code == "IP" else "2.50")
    found = order.lines[0]
    assert [(each.outcome, each.code) for each in found.answers] == [(expected.outcome, code)]
    assert (found.state, promised(order)) == (expected.state, expected.promised)
    assert trade.facts(found, "on_order", "unanswered") == (expected.on_order, expected.unanswered)
    assert "".join(each.owner for each in order.concerns) == expected.asks
    waits = found.proposed.decide_by if found.proposed else None
    assert waits == (trade.DECIDE_BY if expected.state is DECISION else None)


@pytest.mark.feature("F060")
@pytest.mark.parametrize(
    ("acks", "promises", "on_order", "unanswered", "state"),
    [
        pytest.param("IA*60*EA DR*40*EA*068*20260316", ((60, 7), (40, 14)), 100, 0, CONFIRMED, id="two dates"),
        pytest.param("IA*60*EA IB*40*EA", ((60, 7),), 100, 0, BACKORDERED, id="a backorder"),
        pytest.param("IA*60*EA IB*40*EA*068*20260316", ((60, 7), (40, 14)), 100, 0, CONFIRMED, id="a dated backorder"),
        pytest.param("BP*60*EA IR*10*EA", ((60, 7),), 90, 0, BACKORDERED, id="partly shipped, partly rejected"),
        pytest.param("IA*60*EA R4*40*EA", ((60, 7),), 60, 0, CONFIRMED, id="the rest rejected"),
        pytest.param("IQ*60*EA ID*40*EA", ((60, 7),), 60, 0, CONFIRMED, id="a quantity changed, its rest deleted"),
        pytest.param("IA*30*EA AC*20*EA SP*10*EA", ((50, 7), (10, None)), 100, 40, OPEN, id="three, and a rest"),
        pytest.param("IA*60*EA IH*40*EA", ((60, 7),), 100, 0, ON_HOLD, id="a part on hold"),
        pytest.param("IR*0*EA", (), 0, 0, LineState.REJECTED, id="rejected, 0 of it comes"),
    ],
)
def test_several_answers_divide_a_line(
    acks: str, promises: Any, on_order: int, unanswered: int, state: LineState
) -> None:
    order = answered(*(f"ACK*{each}" for each in acks.split()))
    assert (order.lines[0].state, promised(order)) == (state, promises)
    assert trade.facts(order.lines[0], "on_order", "unanswered") == (on_order, unanswered)


def test_a_dearer_price_for_a_part_keeps_what_was_accepted_beside_it() -> None:
    order = answered("ACK*IA*60*EA", "ACK*IP*40*EA", price="2.75")
    assert (order.lines[0].state, promised(order)) == (DECISION, ((60, 7),))
    assert order.lines[0].proposed is not None
    assert [int(each.quantity) for each in order.lines[0].proposed.promises] == [40]


@pytest.mark.parametrize(
    ("header", "state"),
    [("AT", CONFIRMED), ("AD", CONFIRMED), ("AK", CONFIRMED), ("AE", CONFIRMED), ("AH", ON_HOLD)]
    + [(each, LineState.REJECTED) for each in ("RD", "RF", "RJ", "RN", "RO")],
)
def test_a_header_without_lines_answers_them_all(header: str, state: LineState) -> None:
    assert answered(header=header).lines[0].state is state


@pytest.mark.parametrize(
    ("header", "rest"), [("AE", CONFIRMED), ("RF", LineState.REJECTED), ("AC", OPEN), ("AD", OPEN)]
)
def test_only_a_document_of_exceptions_answers_what_it_does_not_name(header: str, rest: LineState) -> None:
    order = trade.released(line("10", 100), line("20", 5, "NUT"))
    answered("ACK*IQ*60*EA", order=order, header=header)
    assert [each.state for each in order.lines] == [CONFIRMED, rest]


def test_an_exception_without_words_is_never_an_acceptance() -> None:
    with pytest.raises(DocumentFault, match="it is not said which"):
        request_of("N1*ST*EAST", header="AE")


@pytest.mark.parametrize("header", ["AC", "ZZ"])
def test_a_header_that_promises_details_answers_nothing_without_them(header: str) -> None:
    with pytest.raises(DocumentFault, match="answers nothing"):
        request_of(header=header)


def test_a_cancelling_answer_is_not_read_as_an_answer() -> None:
    with pytest.raises(DocumentFault, match="BAK01"):
        request_of("ACK*IA*100*EA", purpose="01")


def test_a_code_that_is_no_line_status_is_refused_with_its_place() -> None:
    with pytest.raises(DocumentFault, match="ACK01 of line 10"):
        request_of("ACK*QQ*100*EA")
