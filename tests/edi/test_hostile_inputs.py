"""What partners and accidents really do to a file: each says what is wrong, gives the rest, and is written again.

The names follow the groups of bad input that every codec of this kind should know (numbers 26 to 39).
"""

from __future__ import annotations

import io
from datetime import UTC, datetime
from pathlib import Path

import crossdock_edi
import pytest
from crossdock_edi import EdiError, Interchange
from crossdock_edi.command_line import main

SAMPLES = Path(__file__).parent / "samples"
ORDER = (SAMPLES / "x12" / "850.edi").read_bytes()
NOTICE = (SAMPLES / "x12" / "856.edi").read_bytes()
CHANGE = (SAMPLES / "x12" / "860.edi").read_bytes()
INVOICE = (SAMPLES / "x12" / "810.edi").read_bytes()
ORDERS = (SAMPLES / "edifact" / "ORDERS.edi").read_bytes()
BODY = ORDER[ORDER.index(b"ST*850") : ORDER.index(b"\nGE*") + 1]
Told = set[str]


def with_groups(data: bytes, *, close: bytes) -> bytes:
    group = b"UNG+ORDERS+A+B+261121:0815+%d+UN+D:96A'\n"
    return data.replace(b"UNH+1", group % 1 + group % 2 + b"UNH+1", 1).replace(b"UNZ+1", close + b"UNZ+2")


CASES: dict[str, tuple[bytes, Told, int]] = {
    # 26: the header's length
    "ISA of 105 characters": (ORDER.replace(b"          *", b"         *", 1), {"header-length"}, 1),
    "ISA of 107 characters": (ORDER.replace(b"          *", b"           *", 1), {"header-length"}, 1),
    "ISA broken by a line end": (ORDER.replace(b"          *ZZ", b"\n          *ZZ", 1), {"wrapped"}, 1),
    # 27: delimiters
    "two delimiters are equal": (ORDER.replace(b"*>~", b"**~", 1), {"delimiters"}, 0),
    "a letter as delimiter": (ORDER.replace(b"*", b"A"), {"delimiters"}, 0),
    "delimiters within data": (
        ORDER.replace(b"Warehouse East", b"Ware~house"),
        {"segment-unknown", "segment-count"},
        1,
    ),
    "a tab and a section sign": (ORDER.replace(b"~\n", "§\n".encode()).replace(b"*", b"\t"), set(), 1),
    "a line feed as terminator": (ORDER.replace(b"~\n", b"\n").replace(b"*", b"|"), set(), 1),
    # 28: counts and control numbers
    "wrong counts": (
        ORDER.replace(b"SE*29", b"SE*2").replace(b"GE*1", b"GE*9").replace(b"IEA*1", b"IEA*x"),
        {"segment-count", "message-count", "group-count"},
        1,
    ),
    "wrong control numbers": (
        ORDER.replace(b"SE*29*0001", b"SE*29*0002").replace(b"GE*1*101", b"GE*1*9").replace(b"IEA*1*0", b"IEA*1*9"),
        {"control-number"},
        1,
    ),
    # 29: the same interchange again, with the same and with other content
    "the same interchange twice": (ORDER + ORDER, {"duplicate-interchange"}, 2),
    "one control number, two contents": (ORDER + ORDER.replace(b"*120*", b"*121*"), {"duplicate-interchange"}, 2),
    # 30: what is cut off, and what stands around
    "the end is missing": (ORDER[: ORDER.index(b"\nGE*") + 1], {"missing-trailer"}, 1),
    "cut off within a segment": (ORDER[: ORDER.index(b"PO1*2") + 9], {"missing-trailer"}, 1),
    "rubbish before, between and behind": (b"HELO\r\n" + ORDER + b"-- page 2 --\n" + ORDERS + b"\x00bye", {"junk"}, 2),
    "a byte order mark": (b"\xef\xbb\xbf" + ORDER, {"byte-order-mark"}, 1),
    "two line ends and a half": (ORDER.replace(b"\n", b"\r\r\n"), set(), 1),
    "80 columns": (b"\n".join(ORDER.replace(b"\n", b"")[i : i + 80] for i in range(0, 960, 80)), {"wrapped"}, 1),
    "empty segments": (ORDER.replace(b"~\n", b"~~\n"), {"junk"}, 1),
    "blanks before tags": (ORDER.replace(b"\n", b"\n   "), set(), 1),
    # 31: what nobody knows
    "an unknown version": (ORDER.replace(b"*X*004010", b"*X*009999"), {"unknown-version"}, 1),
    "an unknown set": (ORDER.replace(b"ST*850", b"ST*851"), {"unknown-set"}, 1),
    "a set in another's group": (ORDER.replace(b"GS*PO", b"GS*IN"), {"group-type"}, 1),
    "a message without type": (ORDER.replace(b"ST*850*0001", b"ST**"), {"element-missing", "unknown-set"}, 1),
    # 32: trees
    "levels in a circle": (NOTICE.replace(b"HL*2*1*", b"HL*2*4*"), {"hierarchy-cycle"}, 1),
    "a level beneath itself": (NOTICE.replace(b"HL*3*2*", b"HL*3*3*"), {"hierarchy-cycle"}, 1),
    "a level without parent": (NOTICE.replace(b"HL*3*2*", b"HL*3*77*"), {"hierarchy-orphan"}, 1),
    "a level twice": (NOTICE.replace(b"HL*3*2*", b"HL*2*1*"), {"hierarchy-duplicate"}, 1),
    # 33: identifiers
    "a GLN with a wrong digit": (ORDER.replace(b"*UL*0614141000012", b"*UL*0614141000013"), {"check-digit"}, 1),
    "a UPC with a wrong digit": (ORDER.replace(b"*UP*012345678905", b"*UP*012345678904"), {"check-digit"}, 1),
    # 34, 35: dates and numbers
    "a day that does not exist": (ORDER.replace(b"**20261121", b"**20260230"), {"element-date"}, 1),
    "a quantity with comma, sign, exponent": (ORDER.replace(b"PO1*1*120", b"PO1*1*+1,5e3"), {"element-characters"}, 1),
    # 36: totals
    "a wrong hash total": (ORDER.replace(b"CTT*2*", b"CTT*2*9"), {"hash-total"}, 1),
    "a wrong number of lines": (ORDER.replace(b"CTT*2*", b"CTT*3*"), {"line-count"}, 1),
    "a wrong invoice total": (INVOICE.replace(b"TDS*", b"TDS*9"), {"amount-total"}, 1),
    # 39: character sets and release characters
    "EBCDIC": (ORDER.decode().encode("cp037"), {"not-edi"}, 0),
    "UTF-16": (ORDER.decode().encode("utf-16-le"), {"not-edi"}, 0),
    "Latin-1 and UTF-8 in one file": (
        ORDER.replace(b"Warehouse East", b"Lager S\xfcd").replace(b"Keller", "Kéller".encode()),
        set(),
        1,
    ),
    "a character set that does not exist": (ORDERS.replace(b"UNOC", b"UNOZ"), {"character-set"}, 1),
    "a terminator that is released": (ORDERS.replace(b"UNS+S'", b"UNS+S?'"), {"element-surplus"}, 1),
    "a release character at the end": (ORDERS[: ORDERS.index(b"UNZ")] + b"UNZ+1+1?", {"control-number"}, 1),
    # and more
    "binary data full of delimiters": (
        ORDER.replace(b"CTT*2", b"BIN*20*~*ST*850*0009~SE*1*\x00~\nCTT*2").replace(b"SE*29", b"SE*30"),
        {"segment-not-in-set"},
        1,
    ),
    "binary data that claim too much": (
        ORDER.replace(b"CTT*2", b"BIN*999999*abc~\nCTT*2").replace(b"SE*29", b"SE*30"),
        {"segment-not-in-set", "binary-length"},
        1,
    ),
    "groups within groups": (with_groups(ORDERS, close=b"UNE+1+2'\nUNE+1+1'\n"), {"missing-trailer"}, 1),
    "no group at all": (
        b"".join(line for line in ORDER.splitlines(keepends=True) if not line.startswith((b"GS", b"GE"))),
        {"no-group", "group-count"},
        1,
    ),
    "a bare message before an interchange": (BODY + ORDER, {"no-envelope"}, 2),
    "a segment of a mebibyte": (ORDER.replace(b"CTT*2", b"MSG*" + b"A" * 2**20 + b"~\nCTT*2"), {"limit"}, 1),
    "a control number of 4,000 digits": (ORDER.replace(b"*0001~", b"*" + b"9" * 4_000 + b"~"), {"element-long"}, 1),
    "a table, not EDI": (b"STORE,QTY\nST-1,5\nGS,1\n", {"not-edi"}, 0),
    "a web page": (b"<html><body>ISA*00*</body></html>", {"header-elements", "missing-trailer"}, 0),
}


@pytest.mark.parametrize("name", CASES)
def test_what_is_wrong_is_told_and_the_rest_is_given(name: str) -> None:
    data, wanted, messages = CASES[name]
    interchanges = list(crossdock_edi.read(data))
    told = {one.code for each in interchanges for one in crossdock_edi.check(each)}

    assert wanted <= told
    assert bool(told) == bool(wanted)
    assert sum(each.message_count for each in interchanges) == messages


@pytest.mark.parametrize("name", CASES)
def test_what_is_given_is_the_same_after_writing(name: str) -> None:
    for interchange in crossdock_edi.read(CASES[name][0]):
        if not interchange.complete:
            with pytest.raises(EdiError):
                crossdock_edi.write(interchange)
            continue
        (again, *_) = crossdock_edi.read(crossdock_edi.write(interchange))
        assert list(again.all_segments()) == list(interchange.all_segments())


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("command", [["show"], ["check"], ["ack"], ["convert", "--to", "json"]], ids=lambda one: one[0])
def test_every_command_ends_with_an_exit_code(name: str, command: list[str], tmp_path: Path) -> None:
    path = tmp_path / "it.edi"
    path.write_bytes(CASES[name][0])
    out = io.BytesIO()

    assert main([*command, str(path)], out) in {0, 1, 2}


def test_an_interchange_that_cannot_be_answered_does_not_keep_the_next_from_its_answer(tmp_path: Path) -> None:
    path, out = tmp_path / "it.edi", io.BytesIO()
    path.write_bytes(BODY + ORDER)

    assert main(["ack", str(path)], out) == 2
    assert b"AK1*PO*101~" in out.getvalue()


def test_what_stands_behind_an_interchange_does_not_keep_it_from_conversion(tmp_path: Path) -> None:
    path, there = tmp_path / "it.edi", tmp_path / "it.json"
    path.write_bytes(ORDER + b"garbage")
    out, back = io.BytesIO(), io.BytesIO()

    assert main(["convert", str(path), "--to", "json"], out) == 0
    there.write_bytes(out.getvalue())
    assert main(["convert", str(there), "--to", "edi"], back) == 0
    assert back.getvalue() == ORDER


def test_a_message_without_type_is_counted_but_not_named_in_the_answer() -> None:
    (interchange,) = crossdock_edi.read(CASES["a message without type"][0])
    (answer,) = crossdock_edi.acknowledge(interchange, kind="997")

    assert answer.messages == ()
    assert answer.group is not None
    assert (answer.group.status, answer.group.received, answer.group.accepted) == ("R", 1, 0)
    crossdock_edi.compose(answer, reply_to(interchange))


def test_an_answer_to_a_group_that_was_never_sent_matches_nothing() -> None:
    (sent,) = crossdock_edi.read(ORDER)
    (interchange,) = crossdock_edi.read((SAMPLES / "x12" / "997.edi").read_bytes().replace(b"AK1*PO", b"AK1*ZZ"))
    document = crossdock_edi.parse(next(interchange.messages))

    assert crossdock_edi.correlate(document, crossdock_edi.sent_messages(sent)) == ()  # type: ignore[arg-type]


def test_the_second_of_two_equal_interchanges_is_told_in_its_interchange_acknowledgment() -> None:
    first, second = crossdock_edi.read(ORDER + ORDER)
    (clean,) = crossdock_edi.acknowledge(first, kind="TA1")
    (again,) = crossdock_edi.acknowledge(second, kind="TA1")

    assert (clean.status, clean.note) == ("A", "000")
    assert (again.status, again.note) == ("E", "025")


def reply_to(interchange: Interchange) -> crossdock_edi.Envelope:
    return crossdock_edi.reply_envelope(
        interchange, interchange_control=1, group_control=1, prepared_at=datetime(2026, 11, 21, tzinfo=UTC)
    )
