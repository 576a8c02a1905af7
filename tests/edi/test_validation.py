"""What is said about a message's content: structure, elements, rules between elements, totals, the tree of levels."""

from __future__ import annotations

from pathlib import Path

import crossdock_edi
import pytest
from crossdock_edi import Finding, Limits, Profile, Severity

SAMPLES = Path(__file__).parent / "samples"


def findings(name: str, *changes: tuple[str, str], standard: str = "x12") -> list[Finding]:
    data = (SAMPLES / standard / f"{name}.edi").read_text()
    for old, new in changes:
        assert old in data
        data = data.replace(old, new)
    return [one for interchange in crossdock_edi.read(data.encode()) for one in crossdock_edi.check(interchange)]


def content(name: str, *changes: tuple[str, str], standard: str = "x12") -> list[tuple[str, str, int]]:
    """Code, tag and element of each finding, those about counts in trailers left out."""
    kept = (one for one in findings(name, *changes, standard=standard) if one.code != "segment-count")
    return [(one.code, one.tag, one.element) for one in kept]


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("BEG*00*SA", "BEG**SA", ("element-missing", "BEG", 1)),
        ("BEG*00*SA", "BEG*0*SA", ("element-short", "BEG", 1)),
        ("BEG*00*SA", "BEG*00*SALE", ("element-long", "BEG", 2)),
        ("4500001234", "4" * 23, ("element-long", "BEG", 3)),
        ("**20261121*CT", "**20260230*CT", ("element-date", "BEG", 5)),
        ("**20261121*CT", "**20280229*CT", None),
        ("**20261121*CT", "**2026112*CT", ("element-date", "BEG", 5)),
        ("20261201*0800", "20261201*2460", ("element-time", "DTM", 3)),
        ("PO1*1*120*EA", "PO1*1*1,2*EA", ("element-characters", "PO1", 2)),
        ("PO1*1*120*EA", "PO1*1*1E2*EA", ("element-characters", "PO1", 2)),
        ("PO1*1*120*EA", "PO1*1*.5*EA", ("hash-total", "CTT", 2)),
        ("PO1*1*120*EA", "PO1*1*1234567890*EA", ("element-long", "PO1", 2)),
        ("SCH*60*EA***002*20261201", "SCH*60*EA****20261201", None),
        ("PO4*12*1*EA*CTN25**14.5*LB", "PO4*x*1*EA*CTN25**14.5*LB", ("element-characters", "PO4", 1)),
        ("AMT*TT*1551", "AMT*TT", ("element-missing", "AMT", 2)),
        ("CUR*BY*USD", "CUR*BY*USD*****", None),
        ("REF*IA*V-2091", "REF*IA", ("element-condition", "REF", 2)),
        ("VP*KT-100*UP", "VP**UP", ("element-condition", "PO1", 7)),
        ("UP*012345678905", "UP*012345678906", ("check-digit", "PO1", 9)),
        ("UL*0614141000012", "UL*0614141000013", ("check-digit", "N1", 4)),
        ("N3*12 Dock Road*Gate 3", "N3*12 Dock Road*Gate 3*x", ("element-surplus", "N3", 3)),
        ("CTT*2*130", "CTT*3*130", ("line-count", "CTT", 1)),
        ("CTT*2*130", "CTT*2*131", ("hash-total", "CTT", 2)),
        ("BEG*00*SA", "BEG*99*SA", ("element-code-open", "BEG", 1)),
    ],
)
def test_an_element_is_judged_at_its_place(old: str, new: str, expected: tuple[str, str, int] | None) -> None:
    found = [one for one in content("850", (old, new)) if one[0] != "trailing-separators"]

    if expected is None:
        assert found == []
    else:
        assert expected in found
        assert len(found) <= 2


@pytest.mark.parametrize(
    ("old", "new", "code", "tag"),
    [
        ("CUR*BY*USD~\n", "", None, ""),
        ("CUR*BY*USD~\n", "CUR*BY*USD~\nCUR*BY*EUR~\n", "segment-repeats", "CUR"),
        ("CTT*2*130~\n", "CTT*2*130~\nREF*IA*LATE~\n", "segment-order", "REF"),
        ("CTT*2*130~\n", "HL*1**S~\nCTT*2*130~\n", "segment-not-in-set", "HL"),
        ("CTT*2*130~\n", "QQQ*1~\nCTT*2*130~\n", "segment-unknown", "QQQ"),
        ("CTT*2*130~\n", "LQ*A*B~\nCTT*2*130~\n", "segment-unexpected", "LQ"),
        ("BEG*00*SA*4500001234**20261121*CT-77*AD~\n", "", "segment-missing", "BEG"),
    ],
)
def test_structure_is_judged_segment_by_segment(old: str, new: str, code: str | None, tag: str) -> None:
    found = content("850", (old, new))

    assert found == ([] if code is None else [(code, tag, 0)])


def test_one_fault_of_order_does_not_make_a_hundred() -> None:
    found = content("850", ("CUR*BY*USD~\n", ""), ("N1*BY*Northbridge", "CUR*BY*USD~\nN1*BY*Northbridge"))

    assert found == [("segment-order", "CUR", 0)]


def test_a_repeated_code_of_a_closed_list_is_an_error_and_of_an_open_one_a_notice() -> None:
    closed = findings("855", ("ACK*IQ*60", "ACK*QQ*60"))
    opened = findings("860", ("POC*1*QD*", "POC*1*QQ*"))

    assert [(one.code, one.severity) for one in closed] == [("element-code", Severity.ERROR)]
    assert [(one.code, one.severity) for one in opened] == [("element-code-open", Severity.NOTICE)]


@pytest.mark.parametrize(
    ("old", "new", "codes"),
    [
        ("HL*3*2*T", "HL*3*9*T", {"hierarchy-orphan"}),
        ("HL*2*1*O", "HL*2*5*O", {"hierarchy-cycle"}),
        ("HL*2*1*O", "HL*2*2*O", {"hierarchy-cycle"}),
        ("HL*2*1*O", "HL*2**O", {"hierarchy-root"}),
        ("HL*7*6*I", "HL*5*6*I", {"hierarchy-duplicate"}),
        ("MAN*GM*00106141411234567897", "MAN*GM*00106141411234567890", {"check-digit"}),
        ("CTT*7*60", "CTT*7*61", {"hash-total"}),
    ],
)
def test_the_levels_of_an_856_are_judged_as_a_tree(old: str, new: str, codes: set[str]) -> None:
    assert {one.code for one in findings("856", (old, new))} == codes


def test_an_invoice_whose_total_nothing_explains_is_warned_of() -> None:
    assert content("810", ("TDS*145100", "TDS*145900")) == [("amount-total", "TDS", 1)]
    assert content("810", ("TDS*145100", "TDS*136600")) == []


def test_a_tree_deeper_than_the_limit_is_told() -> None:
    levels = "".join(f"HL*{n}*{n - 1}*I~\n" for n in range(8, 60))
    data = (SAMPLES / "x12" / "856.edi").read_text().replace("CTT*7*60", levels + "CTT*59*60")
    (interchange,) = crossdock_edi.read(data.encode(), limits=Limits(hierarchy_depth=32))

    assert "hierarchy-depth" in {one.code for one in crossdock_edi.check(interchange)}


def test_a_message_in_a_group_of_another_type_is_told() -> None:
    assert content("850", ("GS*PO*", "GS*IN*")) == [("group-type", "ST", 1)]


def test_a_set_that_nobody_described_is_checked_for_its_envelope_and_segments() -> None:
    found = content("850", ("ST*850*", "ST*830*"))

    assert ("unknown-set", "ST", 0) in found
    assert not any(code.startswith("segment") for code, _, _ in found)


def test_another_version_is_checked_with_the_nearest() -> None:
    assert content("850", ("*X*004010", "*X*004060")) == [("unknown-version", "ST", 0)]


def test_a_profile_decides_what_is_an_error() -> None:
    data = (SAMPLES / "x12" / "850.edi").read_bytes().replace(b"CTT*2", b"CTT*3")
    (interchange,) = crossdock_edi.read(data)
    profile = Profile({"line-count": Severity.NOTICE})

    assert [one.severity for one in crossdock_edi.check(interchange)] == [Severity.ERROR]
    assert [one.severity for one in crossdock_edi.check(interchange, profile)] == [Severity.NOTICE]


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("DTM+137:20261121:102'", "DTM+137:20261321:102'", ("element-date", "DTM", 1)),
        ("NAD+BY+0614141000005::9", "NAD+BY+0614141000006::9", ("check-digit", "NAD", 2)),
        ("CNT+2:2'", "CNT+2:3'", ("line-count", "CNT", 1)),
        ("QTY+21:120:EA'", "QTY+21:120:EA:x'", ("component-surplus", "QTY", 1)),
        ("PRI+AAA:44.1'", "PRI+AAA:44,1'", None),
        ("PRI+AAA:44.1'", "PRI+AAA:x'", ("element-characters", "PRI", 1)),
        ("UNS+S'", "UNS+S'\nBGM+1'", ("segment-order", "BGM", 0)),
        ("BGM+220+4500001234+9'\n", "", ("segment-missing", "BGM", 0)),
        ("LIN+2++KT-220:SA'", "ZZZ+1'\nLIN+2++KT-220:SA'", ("segment-unknown", "ZZZ", 0)),
    ],
)
def test_an_edifact_message_is_judged_alike(old: str, new: str, expected: tuple[str, str, int] | None) -> None:
    found = content("ORDERS", (old, new), standard="edifact")

    assert found == ([] if expected is None else [expected])
