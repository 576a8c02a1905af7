"""What a partner in shadow would have been sent, against what the other interface sent: each difference once."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from crossdock_cli.comparing import Compared, Difference, Said, Unreadable, Verdict, compare, read
from crossdock_cli.partner_compare import messages_of, table_of
from rich.console import Console
from typer import Exit

EDI = (Path(__file__).parents[1] / "connector" / "golden" / "850.edi").read_bytes()
ORDER: dict[str, Any] = {
    "event": "order.created",
    "order": {
        "number": "4711",
        "currency": "EUR",
        "incoterms": "",
        "lines": [{"line": "10", "quantity": "100"}, {"line": "20", "quantity": 5}],
    },
}


def said(name: str, **changes: Any) -> Said:
    body = ORDER | {"order": ORDER["order"] | changes}
    [message] = read(name, json.dumps(body).encode())
    return message


def judged(ours: list[Said], theirs: list[Said], *ignored: str) -> list[tuple[str, Verdict]]:
    found = compare(ours, theirs, ["order.number"], ignored)
    return [(each.identity[0], each.verdict) for each in found]


def test_documents_that_say_the_same_are_the_same_however_they_are_written() -> None:
    lines = [{"quantity": "100.00", "line": "10"}, {"line": "20", "quantity": 5.0, "note": None}]
    assert judged([said("a")], [said("b", lines=lines)]) == [("4711", Verdict.SAME)]


def test_what_differs_is_named_by_its_place_with_both_values() -> None:
    lines = [{"line": "10", "quantity": "101"}, {"line": "020", "quantity": "5"}]
    [found] = compare([said("a")], [said("b", lines=lines, incoterms="FCA Riga")], ["order.number"], [])
    assert (found.verdict, found.ours, found.theirs) == (Verdict.DIFFERS, "a", "b")
    assert set(found.differences) == {
        Difference("order.lines[1].quantity", "100", "101"),
        Difference("order.lines[2].line", "20", "020"),
        Difference("order.incoterms", "", "FCA Riga"),
    }


def test_what_is_ignored_is_ignored_with_all_below_it_and_nothing_beside_it() -> None:
    other = said("b", lines=[{"line": "10", "quantity": "7"}], currency="USD")
    assert judged([said("a")], [other], "order.lines", "order.currency") == [("4711", Verdict.SAME)]
    assert judged([said("a")], [other], "order.lin", "order.lines") == [("4711", Verdict.DIFFERS)]


def test_each_document_is_paired_once_in_its_order_and_who_has_no_other_is_told() -> None:
    ours = [said("1"), said("2", currency="USD"), said("x", number="9")]
    theirs = [said("a"), said("b", currency="USD"), said("c", currency="USD"), said("y", number="8")]
    assert judged(ours, theirs) == [
        ("4711", Verdict.SAME),
        ("4711", Verdict.SAME),
        ("4711", Verdict.MISSING_HERE),
        ("8", Verdict.MISSING_HERE),
        ("9", Verdict.MISSING_THERE),
    ]


def test_of_edi_the_messages_are_compared_and_not_their_envelopes() -> None:
    other = EDI.replace(b"*0001", b"*0777").replace(b"PO1*20*5*", b"PO1*20*6*")
    assert other != EDI
    found = compare(read("a", EDI), read("b", other), ["BEG.03"], [])
    assert [(each.identity, each.verdict) for each in found] == [(("4500000001",), Verdict.DIFFERS)]
    assert found[0].differences == (Difference("PO1[2].02", "5", "6"),)
    renumbered = EDI.replace(b"*0001", b"*0777")
    assert [each.verdict for each in compare(read("a", EDI), read("b", renumbered), ["BEG.03"], [])] == [Verdict.SAME]


@pytest.mark.parametrize("content", [b"", b"{", b"[" * 100_000, b"hello", b"\xff\xfe\x00"])
def test_what_is_neither_json_nor_edi_ends_the_command_and_names_the_file(content: bytes) -> None:
    with pytest.raises(Unreadable, match=r"bad\.txt"):
        read("bad.txt", content)
    with pytest.raises(Exit):
        messages_of([("bad.txt", content)])


def test_the_table_shows_both_sides() -> None:
    many = tuple(Difference(f"order.lines[{n}].quantity", str(n), "") for n in range(25))
    console = Console(width=200, markup=False)
    with console.capture() as captured:
        console.print(table_of([Compared(("4711",), Verdict.DIFFERS, "document", "file.json", many)]))
    shown = captured.get()
    assert "4711" in shown
    assert "and 5 more" in shown
    assert shown.count("order.lines") == 20
