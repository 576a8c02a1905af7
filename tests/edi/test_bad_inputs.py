"""Hostile and broken files: each yields findings or a refusal by name, and never more than its share of memory."""

from __future__ import annotations

import tracemalloc
from datetime import UTC, datetime
from pathlib import Path

import crossdock_edi
import pytest
from crossdock_edi import EdiError, Limits

pytestmark = pytest.mark.lasting(30)

SAMPLES = Path(__file__).parent / "samples"
ORDER = (SAMPLES / "x12" / "850.edi").read_bytes()
ORDERS = (SAMPLES / "edifact" / "ORDERS.edi").read_bytes()
HEAD = ORDER[: ORDER.index(b"\nST*") + 1]
MIB = 2**20


def repeated(unit: bytes, size: int = MIB // 4) -> bytes:
    return unit * (size // len(unit))


BOMBS = {
    "a million line segments": ORDER.replace(b"CTT*2", repeated(b"PO1*1*1*EA~", 4 * MIB) + b"CTT*2"),
    "messages that never end": HEAD + repeated(b"ST*850*1~"),
    "trailers of nothing": HEAD + repeated(b"SE*1*1~"),
    "groups that never end": HEAD + repeated(b"GS*PO*A*B*1*1*1*X*004010~"),
    "interchanges that never end": repeated(b"UNB+UNOA:1+A+B+1:1+1'"),
    "headers only": repeated(b"ISA*"),
    "bare messages": repeated(b"UNH+1+A'"),
    "a chain of levels": HEAD
    + b"ST*856*0001~BSN*00*A*20260101*0101~"
    + b"".join(b"HL*%d*%d*I~" % (level, level - 1) for level in range(1, 99_900)),
    "as much as a message may hold": ORDER.replace(
        b"CTT*2", (b"ZZ*" + b"*".join([b"AB"] * 25) + b"~") * 99_900 + b"CTT*2"
    ),
    "as much as a message may hold, in components": ORDERS.replace(
        b"UNS+S", (b"PIA+1+" + b"+".join([b"?AB:CD:EF:GH"] * 6) + b"'") * 95_000 + b"UNS+S"
    ),
    "one endless segment": HEAD + b"ST*850*0001~BEG" + repeated(b"*"),
    "no terminator": HEAD + b"ST*850*0001~" + repeated(b"A"),
    "release characters only": ORDERS.replace(b"Keep upright", repeated(b"?")),
    "released terminators only": ORDERS.replace(b"Keep upright", repeated(b"?'")),
    "a number of a million digits": ORDER.replace(b"PO1*1*120", b"PO1*1*" + repeated(b"9")),
    "a million components": ORDER.replace(b"PO1*1*120", b"PO1*1*" + repeated(b">")),
    "terminators only": HEAD + repeated(b"~"),
    "newlines only": repeated(b"\n"),
    "newlines behind newlines as terminators": ORDER.replace(b"~\n", b"\n").replace(
        b"CTT*2", repeated(b"\n") + b"CTT*2"
    ),
    "released terminators in a header": ORDERS.replace(b"UNH+", b"UNH+" + repeated(b"?'")),
    "binary after binary": ORDER.replace(b"CTT*2", repeated(b"BIN*1*A~") + b"CTT*2"),
    "elements without end": ORDER.replace(b"PO1*1*120", b"PO1*1*" + repeated(b"*")),
    "strays without end": ORDER.replace(b"ST*850", repeated(b"REF*DP*1~") + b"ST*850"),
    "binary that claims a gigabyte": ORDER.replace(b"CTT*2", b"BIN*1000000000*A~CTT*2"),
}


@pytest.mark.parametrize("name", sorted(BOMBS))
def test_a_bomb_is_told_within_64_mebibytes(name: str) -> None:
    data = BOMBS[name]
    tracemalloc.start()
    found = 0
    for interchange in crossdock_edi.read(data):
        found += sum(1 for _ in crossdock_edi.check(interchange))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert found > 0
    assert peak < 64 * min(MIB, len(data) + MIB // 8)


NO_COUNTS = ("\N{SUPERSCRIPT TWO}".encode("iso-8859-1"), "\N{ARABIC-INDIC DIGIT ONE}".encode(), b"9" * 5_000)


@pytest.mark.parametrize(
    "data",
    [
        ORDER.replace(b"~\n", b"~\n", 1).replace(b"*", b"A"),
        ORDER.replace(b"*", b"~"),
        b"ISAISA*00*" + ORDER,
        b"UNA+++++'" + ORDERS,
        ORDERS.replace(b"UNOC", b"UNOZ"),
        ORDERS[:-3] + b"?",
        b"UNB+UNOC:3+SELLER+BUYER+261205:0930+10'" + b"\xa6" * 32 + b"\nUNH+1+ORDERS:D:96A:UN'UNT+2+1'UNZ+1+10'",
        ORDER.decode().encode("cp500"),
        ORDER.decode().encode("utf-16"),
        ORDER.replace(b"Warehouse East", "Lager Süd".encode()),
        ORDER.replace(b"Warehouse East", "Lager Süd".encode("iso-8859-1")),
        ORDER.replace(b"*004010", b"*009999").replace(b"ST*850", b"ST*XYZ"),
        ORDER.replace(b"BEG*00", b"BEG*\x00\x01"),
        ORDER.replace(b"20261121", b"261121"),
        *(ORDER.replace(b"%b*1*" % tag, b"%b*%b*" % (tag, odd)) for tag in (b"GE", b"IEA") for odd in NO_COUNTS),
        *(ORDER.replace(b"SE*29*0001", b"SE*%b*%b" % (odd, odd)) for odd in NO_COUNTS),
        *(ORDERS.replace(b"UNZ+1", b"UNZ+%b" % odd) for odd in NO_COUNTS),
    ],
)
def test_an_odd_file_gives_findings_and_is_written_or_refused_by_name(data: bytes) -> None:
    for interchange in crossdock_edi.read(data):
        list(crossdock_edi.check(interchange))
        crossdock_edi.acknowledge(interchange)
        try:
            crossdock_edi.write(interchange)
            for message in interchange.messages:
                crossdock_edi.parse(message)
        except EdiError:
            continue  # refused by name; anything else would fail the test


def test_text_in_either_character_set_is_read_as_meant() -> None:
    for encoding in ("utf-8", "iso-8859-1"):
        (interchange,) = crossdock_edi.read(ORDER.replace(b"Warehouse East", "Lager Süd".encode(encoding)))
        (message,) = interchange.messages
        names = [segment[2] for segment in message.segments if segment.tag == "N1"]
        assert "Lager Süd" in names


def test_a_repeated_control_number_is_told() -> None:
    start, end = ORDER.index(b"\nST*") + 1, ORDER.index(b"\nGE*") + 1
    twice = ORDER[:end] + ORDER[start:end] + ORDER[end:].replace(b"GE*1", b"GE*2")
    (interchange,) = crossdock_edi.read(twice)

    assert [one.code for one in interchange.findings] == ["duplicate-control-number"]


BOUNDS = {
    "message bytes": (ORDER, Limits(message_bytes=300)),
    "message segments": (ORDER, Limits(message_segments=10)),
    "segment bytes": (ORDER, Limits(segment_bytes=30)),
    "segment elements": (ORDER, Limits(segment_elements=8)),
    "segment bytes, released": (ORDERS.replace(b"Keep upright", b"?'" * 40), Limits(segment_bytes=80)),
    "groups": (ORDER.replace(b"IEA*1", b"GS*PO*A*B*20260101*0101*2*X*004010~\nGE*0*2~\nIEA*2"), Limits(groups=1)),
    "findings": (ORDER.replace(b"ST*", b"SE*1*1~\n" * 20 + b"ST*"), Limits(findings=10)),
    "strays": (ORDER.replace(b"ST*", b"REF*DP*1~\n" * 20 + b"ST*"), Limits(findings=10)),
    "time": (ORDER, Limits(seconds=-1.0)),
}


@pytest.mark.parametrize("name", sorted(BOUNDS))
def test_a_bound_that_is_passed_is_told_and_nothing_is_given_in_part(name: str) -> None:
    data, limits = BOUNDS[name]
    (whole, *_) = crossdock_edi.read(data)
    (bounded, *_) = crossdock_edi.read(data, limits=limits)

    assert whole.complete
    assert not bounded.complete
    assert {one.code for one in crossdock_edi.check(bounded)} & {"limit", "too-many-findings"}
    with pytest.raises(crossdock_edi.LimitExceeded):
        crossdock_edi.write(bounded)
    for message in bounded.messages:
        if not message.complete:
            with pytest.raises(crossdock_edi.LimitExceeded):
                _ = message.segments


def test_a_message_that_passes_a_bound_does_not_hide_its_neighbours() -> None:
    start, end = ORDER.index(b"\nST*") + 1, ORDER.index(b"\nGE*") + 1
    small = ORDER[start:end].replace(b"0001", b"0002")
    large = ORDER[start:end].replace(b"PO1*1*120", b"PO1*1*" + b"9" * 400)
    data = ORDER[:start] + large + small + ORDER[end:].replace(b"GE*1", b"GE*2")
    (interchange,) = crossdock_edi.read(data, limits=Limits(segment_bytes=300))

    assert [message.complete for message in interchange.messages] == [False, True]
    assert [one.code for one in interchange.findings] == ["limit"]
    (answer,) = crossdock_edi.acknowledge(interchange, kind="997")
    assert [one.status for one in answer.messages] == ["R", "A"]


def test_levels_deeper_than_the_bound_are_told() -> None:
    data = (SAMPLES / "x12" / "856.edi").read_bytes()
    (interchange,) = crossdock_edi.read(data, limits=Limits(hierarchy_depth=2))

    assert "hierarchy-depth" in {one.code for one in crossdock_edi.check(interchange)}


def test_interchanges_beyond_the_bound_are_told() -> None:
    many = list(crossdock_edi.read(ORDER * 5, limits=Limits(interchanges=3)))

    assert [one.complete for one in many] == [True, True, True, False]
    assert [one.code for one in many[-1].findings] == ["limit"]


def test_what_stands_outside_messages_is_told_and_written_again() -> None:
    data = (
        ORDER.replace(b"GS*", b"ISB*1~\nTA1*000000001*261121*0815*A*000~\nGS*", 1)
        .replace(b"ST*850", b"REF*DP*1~\nREF*DP*2~\nST*850")
        .replace(b"IEA*1", b"NTE**behind~\nIEA*1")
    )
    (interchange,) = crossdock_edi.read(data)

    assert [one.code for one in interchange.findings] == ["stray-segment"] * 3
    assert [one.tag for one in interchange.notes] == ["ISB", "TA1"]
    assert crossdock_edi.write(interchange) == data


def test_a_group_without_messages_is_written_again() -> None:
    data = ORDER.replace(b"IEA*1", b"GS*PO*A*B*20260101*0101*2*X*004010~\nGE*0*2~\nIEA*2")
    (interchange,) = crossdock_edi.read(data)

    assert interchange.findings == ()
    assert crossdock_edi.write(interchange) == data


def test_a_note_within_a_message_stays_there() -> None:
    data = ORDER.replace(b"CTT*2", b"TA1*000000001*261121*0815*A*000~\nCTT*2")
    (interchange,) = crossdock_edi.read(data)

    assert interchange.notes == ()
    assert crossdock_edi.write(interchange) == data


def test_an_acknowledgment_never_starts_a_chain() -> None:
    (interchange,) = crossdock_edi.read(ORDER)
    reply = crossdock_edi.reply_envelope(
        interchange, interchange_control=1, group_control=1, prepared_at=datetime(2026, 11, 21, tzinfo=UTC)
    )
    (answer,) = crossdock_edi.read(crossdock_edi.compose(crossdock_edi.acknowledge(interchange), reply))

    assert crossdock_edi.acknowledge(answer) == ()
