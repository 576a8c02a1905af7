"""What a customer's 850 takes off and puts on is kept to the cent, answered and invoiced, or refused with its place."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from connector.codecs import x12_document
from connector.codecs.json_document import DocumentFault
from connector.mappings import (
    x12_850,
    x12_860,
    x12_customer_acknowledgment,
    x12_customer_change,
    x12_customer_invoice,
    x12_customer_parts,
)
from connector_samples import customers, orders
from crossdock.common.v1 import values_pb2
from crossdock.fulfillment.v1 import sales_order_pb2
from hypothesis import given
from hypothesis import strategies as st

BOLTS = "PO1*1*24*EA*2.5*PE*VP*A1001"
GLOVES = "PO1*2*3*EA*10*PE*VP*A1004"
HEAD = ("BEG*00*SA*PO-7001**20261102", "CUR*BY*EUR")
FREIGHT, OTHER = sales_order_pb2.CHARGE_KIND_FREIGHT, sales_order_pb2.CHARGE_KIND_OTHER


def read(*segments: str, head: tuple[str, ...] = HEAD, **options: Any) -> Any:
    [interchange] = x12_document.read_file(customers.purchase_order(*head, *segments), {})
    [message] = interchange.messages
    assert message.wrong == "", message.wrong
    partner = customers.partner(options=options)
    return x12_850.read(message.document, orders.reading(partner, x12=True)).request  # type: ignore[arg-type]


def prices(request: Any) -> list[tuple[str, str]]:
    return [(each.price.money.amount, each.price.per) for each in request.lines]


def charged(request: Any) -> list[tuple[int, str, str]]:
    return [(each.kind, each.description, each.amount.amount) for each in request.order.charges]


def comes_to(request: Any) -> Decimal:
    found = (
        Decimal(each.price.money.amount) * Decimal(each.ordered.value) / Decimal(each.price.per or 1)
        for each in request.lines
    )
    return sum(found, Decimal())


@pytest.mark.feature("F112")
def test_charges_of_the_order_and_of_its_lines_are_the_orders() -> None:
    request = read(
        "SAC*C*D240***1250**********CARRIAGE",
        "SAC*C*H090***300",
        "SAC*C*D240***0",
        BOLTS,
        "SAC*C*G830***150*******06***PALLET",
        GLOVES,
    )
    assert charged(request) == [(FREIGHT, "PALLET", "1.5"), (FREIGHT, "CARRIAGE", "12.5"), (OTHER, "H090", "3")]
    assert prices(request) == [("2.5", ""), ("10", "")]


@pytest.mark.parametrize(
    ("allowance", "price", "per"),
    [
        pytest.param("SAC*A*C310***600", "2.25", "", id="an amount that divides"),
        pytest.param("SAC*A*C310***5", "59.95", "24", id="an amount that does not"),
        pytest.param("SAC*A*C310******0.1", "2.4", "", id="a rate of the line's unit"),
        pytest.param("SAC*A*C310***600*3*9*0.1", "2.25", "", id="an amount counts more than its rate"),
        pytest.param("SAC*A*C310***6000", "0", "", id="all of it"),
        pytest.param("SAC*N*C310***600", "2.5", "", id="neither an allowance nor a charge"),
    ],
)
def test_what_is_taken_off_a_line_is_taken_off_its_price(allowance: str, price: str, per: str) -> None:
    request = read(BOLTS, allowance, GLOVES)
    assert prices(request) == [(price, per), ("10", "")]


def test_a_price_for_pieces_of_which_half_a_one_is_ordered_is_for_whole_ones() -> None:
    request = read("PO1*1*1.5*EA*4*PE*VP*A1001", "SAC*A*C310***1")
    assert prices(request) == [("11.98", "3")]
    assert comes_to(request) == Decimal("5.99")


@pytest.mark.feature("F112")
def test_what_is_taken_off_the_order_is_taken_off_its_lines_by_what_they_come_to() -> None:
    request = read("SAC*A*C310***1000", BOLTS, "SAC*A*C310***600", GLOVES)
    # 54 and 30 of 84: 6.42 and 3.57, and the cent that is left comes off the greater.
    assert prices(request) == [("47.57", "24"), ("8.81", "")]
    assert comes_to(request) == Decimal(74)


@given(
    lines=st.lists(st.tuples(st.integers(1, 999), st.decimals("0.01", "999.99", places=2)), min_size=1, max_size=9),
    share=st.decimals("0", "1", places=3),
)
def test_whatever_is_taken_off_nothing_of_it_is_lost(lines: list[tuple[int, Decimal]], share: Decimal) -> None:
    goods = sum((count * price for count, price in lines), Decimal())
    off = (goods * share).quantize(Decimal("0.01"))
    said = [f"PO1*{at}*{count}*EA*{price}*PE*VP*A1001" for at, (count, price) in enumerate(lines, 1)]
    request = read(f"SAC*A*C310***{off * 100:.0f}", *said)
    assert comes_to(request) == goods - off
    assert all(Decimal(each.price.money.amount) >= 0 for each in request.lines)


@pytest.mark.parametrize(
    ("segments", "where"),
    [
        (("SAC*A*C310", BOLTS), "SAC05 of SAC"),
        (("SAC*A*C310****3*10", BOLTS), "SAC05 of SAC"),
        ((BOLTS, "SAC*A*C310****3*10"), "SAC05 of SAC of line 1"),
        (("SAC*R*C310***600", BOLTS), "SAC01 of SAC"),
        (("SAC*A*C310***600*******01", BOLTS), "SAC12 of SAC"),
        (("SAC*C*D240***600*******05", BOLTS), "SAC12 of SAC"),
        (("SAC*A*C310***6001", BOLTS), "SAC05: 60.01 is taken off 60.0"),
        ((BOLTS, "SAC*A*C310***6001"), "SAC05 of SAC of line 1: 60.01"),
        (("SAC*A*C310***600", "PO1*1*24*EA***VP*A1001"), "SAC: a line has no price"),
        (("PO1*1*24*EA***VP*A1001", "SAC*A*C310***600"), "SAC of line 1: the line has no price"),
        ((BOLTS, "CTT*1", "AMT*TT*61"), "AMT02: the total is said to be 61"),
        (("SAC*A*C310***1", "PO1*1*999999999*EA*99999999999*PE*VP*A1001"), "more than anybody invoices"),
    ],
)
def test_what_cannot_be_honoured_is_refused_with_its_place(segments: tuple[str, ...], where: str) -> None:
    with pytest.raises(DocumentFault) as refused:
        read(*segments)
    assert where in str(refused.value)


@pytest.mark.parametrize("total", ["60", "60.01", "54", "72.5", "66.5"])
def test_a_total_is_the_customers_with_or_without_what_is_taken_off_and_put_on(total: str) -> None:
    assert read("SAC*C*D240***1250", BOLTS, "SAC*A*C310***600", "CTT*1", f"AMT*TT*{total}")


@pytest.mark.parametrize("per", ["0", "SEVEN", "-1"])
def test_a_price_for_so_many_as_there_are_not_breaks_nothing(per: str) -> None:
    line = (BOLTS, f"REF*ZZ*{per}*PRICE PER")
    assert read(*line, "CTT*1", "AMT*TT*9").lines[0].price.per == per, "the contract refuses it"
    with pytest.raises(DocumentFault, match="the line has no price"):
        read(*line, "SAC*A*C310***600")


def test_a_profile_says_what_a_code_is_and_what_is_none_of_ours() -> None:
    said = ("SAC*C*H090***300", "SAC*S*X999", "SAC*C*H850***1140", BOLTS)
    with pytest.raises(DocumentFault, match="SAC01"):
        read(*said)
    request = read(*said, charges={"H090": "FREIGHT", "X999": "IGNORE"})
    # What a tax is, the ERP says.
    assert charged(request) == [(FREIGHT, "H090", "3")]
    with pytest.raises(DocumentFault, match="no kind of charge"):
        read(*said, charges={"H090": "CARRIAGE", "X999": "IGNORE"})


@pytest.mark.feature("F112")
def test_an_855_repeats_what_is_charged_once_and_never_another_price() -> None:
    told = customers.acknowledged(reduced("59.95", "24"), reduced("57.6", "24"))
    told.order.charges.append(charge(FREIGHT, "CARRIAGE", "12.5"))
    document = x12_customer_acknowledgment.write(told, customers.writing())
    [said] = document.charges
    assert (said.indicator, said.code, said.amount, said.description) == ("C", "D240", Decimal("12.5"), "CARRIAGE")
    assert [(each.unit_price, each.price_basis) for each in document.lines] == [(None, ""), (Decimal("2.4"), "PE")]
    told.part = 2
    assert x12_customer_acknowledgment.write(told, customers.writing()).charges == ()


def reduced(amount: str, per: str) -> sales_order_pb2.OrderLine:
    line = customers.bolts()
    line.price.CopyFrom(customers.price(amount, per=per))
    return line


def charge(kind: Any, description: str, amount: str) -> sales_order_pb2.Charge:
    money = values_pb2.Money(amount=amount, currency="EUR")
    return sales_order_pb2.Charge(kind=kind, description=description, amount=money)


def test_an_810_invoices_what_was_charged_under_its_code() -> None:
    event = customers.invoiced()
    event.posting.charges.append(charge(FREIGHT, "CARRIAGE", "12.5"))
    document = x12_customer_invoice.write(event, customers.writing())
    [said] = document.charges
    assert (said.indicator, said.code, said.amount) == ("C", "D240", Decimal("12.5"))


@pytest.mark.parametrize(
    ("amount", "per", "said"),
    [
        ("2.50", "", (Decimal("2.50"), "PE")),
        ("250", "100", (Decimal(250), "HP")),
        ("12", "5", (Decimal("2.4"), "PE")),
        ("10", "3", (None, "")),
        ("10", "0", (None, "")),
    ],
)
def test_a_price_is_said_as_it_is_or_not_at_all(amount: str, per: str, said: tuple[Any, str]) -> None:
    assert x12_customer_parts.unit_price(customers.price(amount, per=per)) == said
    assert x12_customer_parts.unit_price(values_pb2.UnitPrice()) == (None, "")


def change(*segments: str, **options: Any) -> Any:
    said = ("BCH*04*SA*PO-7001**2*20261102", *segments)
    [interchange] = x12_document.read_file(customers.order_change(*said), {})
    [message] = interchange.messages
    assert message.wrong == "", message.wrong
    partner = customers.partner(options=options)
    return x12_860.read(message.document, orders.reading(partner, x12=True)).request  # type: ignore[arg-type]


LESS = "POC*1*QD*20**EA"


@pytest.mark.feature("F132")
@pytest.mark.parametrize(
    ("segments", "where"),
    [
        ((LESS, "SDQ*EA*92*0042*10*0043*10"), "SDQ of line 1"),
        ((LESS, "SDQ*EA*92*0042*20"), "SDQ of line 1"),
        (("N1*ST**92*0042", LESS, "SDQ*EA*92*0043*20"), "SDQ of line 1"),
        (("N1*ST**92*0042", LESS, "N1*ST**92*0043"), "N1 of line 1"),
        (("SAC*A*C310***600", LESS), "SAC: a change takes nothing off"),
        ((LESS, "SAC*C*D240***600"), "SAC of line 1: a change takes nothing off"),
    ],
)
def test_a_change_moves_no_line_to_another_place_and_takes_nothing_off(segments: tuple[str, ...], where: str) -> None:
    with pytest.raises(DocumentFault) as refused:
        change(*segments)
    assert where in str(refused.value)


def test_a_change_may_repeat_where_its_order_goes() -> None:
    assert change("N1*ST**92*0042", LESS, "SDQ*EA*92*0042*20")
    assert change("SAC*N*D240", LESS)
    assert change("SAC*A*C310***600", LESS, charges={"C310": "IGNORE"})
    assert x12_customer_change.MAPPING.kind == "x12.865"
