"""Pieces by their serials: a notice and a receipt carry them on, as they were said."""

from __future__ import annotations

from dataclasses import dataclass, fields, make_dataclass

import pytest
from procurement.domain import events
from procurement.domain.fingerprints import fingerprint
from procurement.domain.receipt import ReceiptLineTerms
from procurement.domain.ship_notice import NoticeLineTerms
from procurement.store import json_values
from procurement.wire import inbound as wire
from procurement_cases import trade
from procurement_cases.trade import counted, line, packed, receive


@dataclass
class Named:
    """How a line names its pieces."""

    serials: tuple[str, ...]
    flagged: bool


@pytest.mark.parametrize(
    "its",
    [Named((), flagged=False), Named(("S1", "S2"), flagged=False), Named(("S1",), flagged=True)],
    ids=["none", "all", "too few"],
)
def test_a_notice_that_names_another_number_of_pieces_is_flagged_and_expected(its: Named) -> None:
    order = trade.released(line("10", 50))
    notice = trade.ship(packed(order, 2, serials=its.serials), orders=[order])
    assert ("SERIALS_DO_NOT_COUNT" in {each.value for each in notice.lines[0].flags}) is its.flagged
    assert [each.code for each in notice.concerns] == (["SERIALS_DO_NOT_COUNT"] if its.flagged else [])
    said = wire.ship_notice(notice).lines[0]
    assert tuple(said.serials) == its.serials


def test_pieces_of_a_line_that_goes_to_two_places_are_told_of_once() -> None:
    order = trade.released(line("10", 100))
    notice = trade.ship(packed(order, 2), orders=[order])
    order.place(trade.document(line("10", 100, ship_to_id="WH-WEST"), hours=1), trade.ITEMS)
    said = counted(3, ship_notice_number=notice.number, serials=("S1", "S2", "S3"))
    receipt = receive(said, orders=[order], notices=[notice])
    assert [each.terms.serials for each in receipt.lines] == [("S1", "S2"), ("S3",)]


@pytest.mark.feature("F070")
def test_a_count_that_is_shared_by_order_lines_shares_its_pieces_and_none_is_lost() -> None:
    order = trade.released(line("10", 2), line("20", 2))
    notice = trade.ship(packed(order, 2), packed(order, 2, "20"), orders=[order])
    said = counted(4, ship_notice_number=notice.number, serials=("S1", "S2", "S3", "S4", "S5"))
    receipt = receive(said, orders=[order], notices=[notice])
    assert [each.terms.serials for each in receipt.lines] == [("S1", "S2"), ("S3", "S4", "S5")]
    [told] = trade.told(receipt)
    assert isinstance(told, events.GoodsReceived)
    assert [list(each.serials) for each in wire.receipt(receipt).lines] == [["S1", "S2"], ["S3", "S4", "S5"]]


def test_pieces_are_kept_with_the_lines_that_named_them() -> None:
    received, shipped = counted(1, serials=("S1",)), packed("4711", 1, serials=("S1",))
    assert json_values.read_receipt_line_terms(json_values.receipt_line_terms(received)) == received
    assert json_values.read_notice_line_terms(json_values.notice_line_terms(shipped)) == shipped
    before = json_values.receipt_line_terms(counted(1))
    del before["serials"]
    assert json_values.read_receipt_line_terms(before) == counted(1), "rows of before they could be said"


@pytest.mark.parametrize("said", [counted(1), packed("4711", 1)])
def test_what_was_said_before_pieces_could_be_named_is_known_again(said: ReceiptLineTerms | NoticeLineTerms) -> None:
    kept = [each.name for each in fields(said) if each.name != "serials"]
    before = make_dataclass(type(said).__name__, kept)(*(getattr(said, name) for name in kept))
    assert fingerprint(said) == fingerprint(before)
    assert fingerprint(said) != fingerprint(type(said)(**{name: getattr(said, name) for name in kept}, serials=("S1",)))
