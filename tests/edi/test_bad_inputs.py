"""Hostile and broken files: each yields findings or a refusal by name, and never more than its share of memory."""

from __future__ import annotations

import tracemalloc
from datetime import UTC, datetime
from pathlib import Path

import crossdock_edi
import pytest
from crossdock_edi import EdiError, Limits

SAMPLES = Path(__file__).parent / "samples"
ORDER = (SAMPLES / "x12" / "850.edi").read_bytes()
ORDERS = (SAMPLES / "edifact" / "ORDERS.edi").read_bytes()
HEAD = ORDER[: ORDER.index(b"\nST*") + 1]
MIB = 2**20


def repeated(unit: bytes, size: int = MIB) -> bytes:
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
    + b"".join(b"HL*%d*%d*I~" % (level, level - 1) for level in range(1, 60_000)),
    "one endless segment": HEAD + b"ST*850*0001~BEG" + repeated(b"*"),
    "no terminator": HEAD + b"ST*850*0001~" + repeated(b"A"),
    "release characters only": ORDERS.replace(b"Keep upright", repeated(b"?")),
    "released terminators only": ORDERS.replace(b"Keep upright", repeated(b"?'")),
    "a number of a million digits": ORDER.replace(b"PO1*1*120", b"PO1*1*" + repeated(b"9")),
    "a million components": ORDER.replace(b"PO1*1*120", b"PO1*1*" + repeated(b">")),
    "terminators only": HEAD + repeated(b"~"),
    "newlines only": repeated(b"\n"),
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
    assert peak < 64 * MIB


@pytest.mark.parametrize(
    "data",
    [
        ORDER.replace(b"~\n", b"~\n", 1).replace(b"*", b"A"),
        ORDER.replace(b"*", b"~"),
        b"ISAISA*00*" + ORDER,
        b"UNA+++++'" + ORDERS,
        ORDERS.replace(b"UNOC", b"UNOZ"),
        ORDERS[:-3] + b"?",
        ORDER.decode().encode("cp500"),
        ORDER.decode().encode("utf-16"),
        ORDER.replace(b"Warehouse East", "Lager Süd".encode()),
        ORDER.replace(b"Warehouse East", "Lager Süd".encode("iso-8859-1")),
        ORDER.replace(b"*004010", b"*009999").replace(b"ST*850", b"ST*XYZ"),
        ORDER.replace(b"BEG*00", b"BEG*\x00\x01"),
        ORDER.replace(b"20261121", b"261121"),
    ],
)
def test_an_odd_file_gives_findings_and_is_written_or_refused_by_name(data: bytes) -> None:
    for interchange in crossdock_edi.read(data):
        list(crossdock_edi.check(interchange))
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


def test_the_bounds_of_time_and_number_are_told() -> None:
    (slow,) = crossdock_edi.read(ORDER[: ORDER.index(b"IEA*")], limits=Limits(seconds=-1.0))
    many = list(crossdock_edi.read(ORDER * 5, limits=Limits(interchanges=3)))

    assert "limit" in [one.code for one in slow.findings]
    assert [one.complete for one in many] == [True, True, True, False]
    assert [one.code for one in many[-1].findings] == ["limit"]


def test_an_acknowledgment_never_starts_a_chain() -> None:
    (interchange,) = crossdock_edi.read(ORDER)
    reply = crossdock_edi.reply_envelope(
        interchange, interchange_control=1, group_control=1, prepared_at=datetime(2026, 11, 21, tzinfo=UTC)
    )
    (answer,) = crossdock_edi.read(crossdock_edi.compose(crossdock_edi.acknowledge(interchange), reply))

    assert crossdock_edi.acknowledge(answer) == ()
