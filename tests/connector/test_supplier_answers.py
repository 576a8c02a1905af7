"""What suppliers' answers mean: every code of ACK01, and which revision an answer is for."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from connector.codecs import json_document, x12_document
from connector.domain.revision import Basis, SentRevision, Stamp, answered_revision
from connector.mappings import (
    json_order_response,
    x12_855,
    x12_865,
    x12_answers,
)
from connector_samples import files, orders
from crossdock.procurement.v1 import procurement_service_pb2 as procurement
from crossdock_edi.x12.order_acknowledgment import LINE_STATUSES

OUTCOME = procurement.AcknowledgmentOutcome


def parsed(body: dict[str, Any]) -> json_document.JsonObject:
    return json_document.decode(json.dumps(body).encode())


def answered(code: str, *, price: str = "12.5", date: str = "20261110") -> procurement.AcknowledgePurchaseOrderRequest:
    content = files.interchange(
        "855",
        [
            "BAK*00*AC*4500000001*20261102****ND-1*20261102",
            "CUR*BY*EUR",
            f"PO1*10*100*EA*{price}*PE*BP*A1001*VP*ND-77",
            f"ACK*{code}*60*EA*068*{date}**VP*ND-78",
            "ACK*IB*40*EA",
        ],
    )
    [message] = x12_document.read_file(content, {})[0].messages
    command = x12_855.read(message.document, orders.reading(x12=True))  # type: ignore[arg-type]
    assert isinstance(command.request, procurement.AcknowledgePurchaseOrderRequest)
    return command.request


EXPECTED = {
    "ACCEPTED": "IA AC AR",
    "SOURCE_CHANGED": "AA",
    "CHANGED": "IC",
    "QUANTITY_CHANGED": "IQ",
    "PRICE_CHANGED": "IP",
    "PRICE_OPEN": "IE",
    "DATE_CHANGED": "DR",
    "DATE_OPEN": "SP",
    "ITEM_SUBSTITUTED": "IS",
    "PARTIAL": "BP",
    "BACKORDERED": "IB",
    "ON_HOLD": "IF IH IW",
    "REJECTED": "ID IR R1 R2 R3 R4 R5 R6 R7 R8",
}


CODES = {code: name for name, codes in EXPECTED.items() for code in codes.split()}


@pytest.mark.feature("F060")
@pytest.mark.parametrize(("code", "outcome"), CODES.items())
def test_every_line_status_of_an_855_has_its_outcome(code: str, outcome: str) -> None:
    first, rest = answered(code).lines[0].acknowledgments
    assert OUTCOME.Name(first.outcome) == f"ACKNOWLEDGMENT_OUTCOME_{outcome}"
    assert (first.code, first.quantity.value, first.quantity.unit) == (code, "60", "EA")
    assert OUTCOME.Name(rest.outcome) == "ACKNOWLEDGMENT_OUTCOME_BACKORDERED"


@pytest.mark.feature("F060")
def test_all_26_codes_of_ack01_are_there_and_no_other() -> None:
    assert len(CODES) == 26
    assert set(CODES) == set(x12_answers.OUTCOMES) == set(LINE_STATUSES)


@pytest.mark.feature("F063")
def test_a_changed_price_a_substitute_and_a_split_are_carried() -> None:
    price = answered("IP", price="12.80").lines[0].acknowledgments[0].price
    assert (price.money.amount, price.money.currency) == ("12.8", "EUR")
    substitute = answered("IS").lines[0].acknowledgments[0]
    assert (substitute.substitute_sku, substitute.substitute_supplier_item) == ("", "ND-78")
    line = answered("IQ").lines[0]
    assert [each.quantity.value for each in line.acknowledgments] == ["60", "40"]
    assert (line.ordered.value, line.acknowledgments[0].date.day) == ("100", 10)


@pytest.mark.feature("F063")
@pytest.mark.parametrize("code", ["IA", "AC", "AR", "AA", "IQ", "DR", "SP", "IS", "BP"])
def test_whoever_sends_goods_repeats_the_price_that_it_wants(code: str) -> None:
    said, rest = answered(code, price="12.80").lines[0].acknowledgments
    assert (said.repeated_price.amount, said.repeated_price.currency) == ("12.8", "EUR")
    assert not said.HasField("price")
    assert not rest.HasField("repeated_price"), "of what is backordered nothing comes at that price"


def test_a_price_belongs_to_the_part_that_offers_it() -> None:
    content = files.interchange(
        "855",
        ["BAK*00*AC*4500000001*20261102", "PO1*10*100*EA*12.8*PE*BP*A1001", "ACK*IA*60*EA", "ACK*IP*40*EA"],
    )
    [message] = x12_document.read_file(content, {})[0].messages
    request: Any = x12_855.read(message.document, orders.reading(x12=True)).request  # type: ignore[arg-type]
    accepted, changed = request.lines[0].acknowledgments
    assert (accepted.HasField("price"), accepted.HasField("repeated_price")) == (False, False)
    assert changed.price.money.amount == "12.8"


@pytest.mark.parametrize("code", ["IE", "IR", "R4", "IH", "IB"])
def test_where_nothing_comes_or_the_price_is_open_none_is_repeated(code: str) -> None:
    said = answered(code, price="12.80").lines[0].acknowledgments[0]
    assert {each.name for each, _ in said.ListFields()}.isdisjoint({"price", "repeated_price"})


@pytest.mark.parametrize("code", ["IA", "IP"])
def test_a_price_below_nothing_is_a_fault_of_its_line(code: str) -> None:
    with pytest.raises(json_document.DocumentFault, match="-1 is no price"):
        answered(code, price="-1")


def response(status: str, price: dict[str, str]) -> dict[str, Any]:
    part = {"status": status, "quantity": "100", "unit": "EA", "price": price}
    return {
        "event": "order.answered",
        "order": "4500000001",
        "revision": 1,
        "answeredAt": "2026-11-02T09:00:00Z",
        "lines": [{"line": "10", "parts": [part]}],
    }


def test_an_api_supplier_repeats_a_price_or_offers_one() -> None:
    price = {"amount": "12.80", "currency": "EUR"}
    bodies = [
        response("accepted", price),
        response("price_changed", price),
        response("accepted", price | {"per": "10"}),
    ]
    requests: list[Any] = [json_order_response.read(parsed(each), orders.reading()).request for each in bodies]
    said = [request.lines[0].acknowledgments[0] for request in requests]
    assert [(each.repeated_price.amount, each.price.money.amount, each.price.per) for each in said] == [
        ("12.8", "", ""),
        ("", "12.8", ""),
        ("", "12.8", "10"),
    ]
    with pytest.raises(json_document.DocumentFault, match="-1 is no price"):
        json_order_response.read(parsed(response("accepted", price | {"amount": "-1"})), orders.reading())


@pytest.mark.parametrize(
    ("header", "outcome"), [("AD", "ACCEPTED"), ("AT", "ACCEPTED"), ("RJ", "REJECTED"), ("AH", "ON_HOLD")]
)
def test_a_header_alone_answers_the_whole_order(header: str, outcome: str) -> None:
    content = files.interchange("855", [f"BAK*00*{header}*4500000001*20261102"])
    [message] = x12_document.read_file(content, {})[0].messages
    request: Any = x12_855.read(message.document, orders.reading(x12=True)).request  # type: ignore[arg-type]
    assert OUTCOME.Name(request.whole_order) == f"ACKNOWLEDGMENT_OUTCOME_{outcome}"


def test_an_855_carries_a_revision_only_by_the_reference_that_the_profile_names() -> None:
    content = files.interchange("855", ["BAK*00*AT*4500000001*20261102", "REF*VN*3"])
    [message] = x12_document.read_file(content, {})[0].messages
    plain = x12_855.read(message.document, orders.reading(x12=True))  # type: ignore[arg-type]
    named = orders.reading(orders.partner(revision_reference="VN"), x12=True)
    carrying = x12_855.read(message.document, named)  # type: ignore[arg-type]
    assert plain.answer is not None
    assert carrying.answer is not None
    assert (plain.answer.carried, carrying.answer.carried) == (None, 3)


def test_an_865_carries_the_change_sequence() -> None:
    content = files.interchange(
        "865",
        ["BCA*00*AC*4500000001**2*20261102", "POC*10*CA*80*80*EA*12.5*PE*BP*A1001", "ACK*IA*80*EA*068*20261110"],
    )
    [message] = x12_document.read_file(content, {})[0].messages
    command = x12_865.read(message.document, orders.reading(x12=True))  # type: ignore[arg-type]
    assert command.answer is not None
    assert command.answer.carried == 2


AT = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("sent", "at", "carried", "expected"),
    [
        ([], AT, None, (0, Basis.UNKNOWN)),
        ([(1, None)], AT, None, (0, Basis.UNKNOWN)),
        ([(1, AT)], AT, None, (1, Basis.FUNCTIONAL_ACK)),
        ([(1, AT), (2, AT + timedelta(minutes=1))], AT, None, (1, Basis.FUNCTIONAL_ACK)),
        ([(1, AT), (2, AT)], AT + timedelta(minutes=1), None, (2, Basis.FUNCTIONAL_ACK)),
        ([(1, AT), (2, AT)], None, None, (0, Basis.UNKNOWN)),
        ([(2, AT)], AT, 1, (1, Basis.CARRIED)),
    ],
)
def test_the_revision_of_an_answer(
    sent: list[tuple[int, datetime | None]], at: datetime | None, carried: int | None, expected: tuple[int, Basis]
) -> None:
    revisions = [SentRevision(number, Stamp(accepted, 5) if accepted else None) for number, accepted in sent]
    found = answered_revision(revisions, Stamp(at, 9) if at else None, carried)
    assert (found.revision, found.basis) == expected


def test_in_the_same_minute_the_interchange_number_tells_what_came_first() -> None:
    sent = [SentRevision(1, Stamp(AT, 5)), SentRevision(2, Stamp(AT, 9))]
    assert answered_revision(sent, Stamp(AT, 7)).revision == 1
