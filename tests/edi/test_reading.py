"""Reading X12 and EDIFACT as partners send them: every oddity is a finding with a position, none stops the reading."""

from __future__ import annotations

import io
from pathlib import Path

import crossdock_edi
import pytest
from crossdock_edi import Interchange, Limits

SAMPLES = Path(__file__).parent / "samples"
ORDER = (SAMPLES / "x12" / "850.edi").read_bytes()
ANOTHER = ORDER.replace(b"000000101", b"000000102")  # the same under another control number


def only(data: bytes) -> Interchange:
    interchanges = list(crossdock_edi.read(data))
    assert len(interchanges) == 1
    return interchanges[0]


def codes(interchange: Interchange) -> list[str]:
    return [finding.code for finding in interchange.findings]


def tags(interchange: Interchange) -> list[list[str]]:
    return [[segment.tag for segment in message.segments] for message in interchange.messages]


def test_a_clean_interchange_has_no_findings_and_gives_its_envelope() -> None:
    interchange = only(ORDER)

    assert codes(interchange) == []
    assert interchange.standard == "X12"
    assert interchange.sender == ("ZZ", "NORTHBRIDGE")
    assert interchange.receiver == ("ZZ", "KELLERTOOLS")
    assert interchange.control_number == "000000101"
    assert not interchange.is_test
    (message,) = interchange.messages
    assert (message.type, message.version, message.control_number) == ("850", "004010", "0001")
    assert message.group.functional_id == "PO"


def test_a_segment_knows_its_number_and_its_byte_in_the_file() -> None:
    (message,) = only(ORDER).messages

    for number, segment in enumerate(message.segments, 1):
        assert segment.number == number
        assert ORDER[segment.offset :].startswith(segment.raw)


@pytest.mark.parametrize(
    ("element", "component", "segment"),
    [
        (b"~", b">", b"*"),
        (b"|", b":", b"\n"),
        (b"\x1d", b"\x1f", b"\x1c"),
        (b"^", b"<", "…".encode()),
        (b",", b";", b"!"),
    ],
)
def test_delimiters_come_from_the_header(element: bytes, component: bytes, segment: bytes) -> None:
    respelled = ORDER.replace(b"~\n", b"\x00").replace(b", ", b" ").replace(b"*", element).replace(b">", component)
    interchange = only(respelled.replace(b"\x00", segment))

    assert codes(interchange) == []
    assert tags(interchange) == tags(only(ORDER))


@pytest.mark.parametrize("line_end", [b"", b"\r", b"\r\n", b"\n\n  "])
def test_line_ends_between_segments_mean_nothing(line_end: bytes) -> None:
    interchange = only(ORDER.replace(b"~\n", b"~" + line_end))

    assert codes(interchange) == []
    assert tags(interchange) == tags(only(ORDER))


@pytest.mark.parametrize("terminator", [b"\n", b"\r", b"\r\n"])
def test_a_line_end_may_be_the_terminator(terminator: bytes) -> None:
    interchange = only(ORDER.replace(b"~\n", terminator))

    assert codes(interchange) == []
    assert tags(interchange) == tags(only(ORDER))


def test_a_byte_order_mark_is_told_and_passed_over() -> None:
    interchange = only(b"\xef\xbb\xbf" + ORDER)

    assert codes(interchange) == ["byte-order-mark"]
    assert next(interchange.messages).segments[0].offset == ORDER.index(b"\nST*") + 1 + 3


def test_a_header_of_another_length_is_read_by_its_separators() -> None:
    interchange = only(ORDER.replace(b"NORTHBRIDGE    *ZZ", b"NORTHBRIDGE*ZZ", 1))

    assert codes(interchange) == ["header-length"]
    assert interchange.sender == ("ZZ", "NORTHBRIDGE")


def test_a_header_with_too_few_elements_still_yields_its_messages() -> None:
    interchange = only(ORDER.replace(b"*U*00401", b"*00401", 1))

    assert "header-elements" in codes(interchange)
    assert tags(interchange) == tags(only(ORDER))


@pytest.mark.parametrize("newline", [b"\n", b"\r\n"])
def test_eighty_column_wrapping_is_undone_with_offsets_in_the_file(newline: bytes) -> None:
    flat = ORDER.replace(b"\n", b"")
    wrapped = newline.join(flat[at : at + 80] for at in range(0, len(flat), 80))
    interchange = only(wrapped)

    assert codes(interchange) == ["wrapped"]
    assert tags(interchange) == tags(only(ORDER))
    (message,) = interchange.messages
    for segment in message.segments:
        assert wrapped[segment.offset :].replace(newline, b"").startswith(segment.raw)


def test_a_missing_last_terminator_is_told() -> None:
    interchange = only(ORDER.rstrip(b"~\n"))

    assert codes(interchange) == ["unterminated"]
    assert interchange.trailer is not None


def test_several_interchanges_with_rubbish_between_are_all_read() -> None:
    interchanges = list(crossdock_edi.read(ORDER + b"-- end of file 1 --\n" + ANOTHER + b"\x1a"))

    assert [codes(one) for one in interchanges] == [[], ["junk"]]
    assert [one.message_count for one in interchanges] == [1, 1]
    assert interchanges[1].offset == len(ORDER) + 20


def without_end(data: bytes) -> bytes:
    return data.rstrip(b"~'\r\n")


ORDERS = (SAMPLES / "edifact" / "ORDERS.edi").read_bytes()
ORDRSP = (SAMPLES / "edifact" / "ORDRSP.edi").read_bytes()
between_interchanges = pytest.mark.parametrize("between", [b"", b"\n", b"\r\n", b" \x1a "], ids=repr)


@between_interchanges
@pytest.mark.parametrize(
    "second",
    [
        ANOTHER,
        ANOTHER.replace(b"~", b"!"),
        ANOTHER.replace(b"*", b"|"),
        ORDRSP,
        ORDRSP[ORDRSP.index(b"UNB") :],
    ],
    ids=["X12", "another terminator", "another separator", "EDIFACT with UNA", "EDIFACT without UNA"],
)
@pytest.mark.parametrize("first", [without_end(ORDER), without_end(ORDERS)], ids=["X12", "EDIFACT"])
def test_behind_a_lost_last_terminator_the_next_interchange_is_read(
    first: bytes, second: bytes, between: bytes
) -> None:
    for data in (first + between + second, io.BytesIO(first + between + second)):
        one, two = crossdock_edi.read(data)
        assert (codes(one), len(tags(one))) == (["unterminated"], 1)
        assert (codes(two), tags(two)) == ([], tags(only(second)))


@between_interchanges
def test_behind_an_interchange_that_was_cut_off_the_next_one_is_read(between: bytes) -> None:
    one, two = crossdock_edi.read(ORDER[: ORDER.index(b"PO1*2") + 9] + between + ANOTHER)
    assert codes(one) == ["missing-trailer"] * 3
    assert (codes(two), two.control_number) == ([], "000000102")


def test_the_tag_of_a_header_within_a_control_number_begins_nothing() -> None:
    interchange = only(ORDERS.replace(b"+1'", b"+VISA'").replace(b"UNZ+1+1'", b"UNZ+1+VISA'"))
    assert "unterminated" not in codes(interchange)


def test_a_bare_group_and_a_bare_message_are_read() -> None:
    group = ORDER[ORDER.index(b"GS*") : ORDER.index(b"IEA*")]
    message = ORDER[ORDER.index(b"\nST*") + 1 : ORDER.index(b"\nGE*") + 1]

    assert codes(only(group)) == ["no-envelope", "delimiters-guessed"]
    assert tags(only(group)) == tags(only(ORDER))
    assert tags(only(message)) == tags(only(ORDER))


@pytest.mark.parametrize(
    ("old", "new", "code", "tag", "element"),
    [
        (b"SE*29*0001", b"SE*30*0001", "segment-count", "SE", 1),
        (b"SE*29*0001", b"SE*x*0001", "segment-count", "SE", 1),
        (b"SE*29*0001", b"SE*29*0002", "control-number", "SE", 2),
        (b"GE*1*101", b"GE*2*101", "message-count", "GE", 1),
        (b"GE*1*101", b"GE*1*102", "control-number", "GE", 2),
        (b"IEA*1*000000101", b"IEA*2*000000101", "group-count", "IEA", 1),
        (b"IEA*1*000000101", b"IEA*1*000000999", "control-number", "IEA", 2),
        (b"SE*29*0001~\n", b"", "missing-trailer", "ST", 0),
        (b"GE*1*101~\n", b"", "missing-trailer", "GS", 0),
        (b"IEA*1*000000101~\n", b"", "missing-trailer", "ISA", 0),
        (b"ST*850*0001~\n", b"", "stray-trailer", "SE", 0),
        (b"GE*1*101~\n", b"GE*1*101~\nXX*1~\n", "stray-segment", "XX", 0),
    ],
)
def test_a_wrong_envelope_is_found_at_its_place(old: bytes, new: bytes, code: str, tag: str, element: int) -> None:
    data = ORDER.replace(old, new)
    found = next(one for one in only(data).findings if one.code == code)

    assert (found.tag, found.element) == (tag, element)
    assert data[found.offset :].startswith(tag.encode())


def test_a_file_cut_anywhere_is_read_to_its_end_with_an_error() -> None:
    whole = only(ORDER)
    assert not whole.findings
    for end in range(3, len(ORDER) - 20, 7):
        for interchange in crossdock_edi.read(ORDER[:end]):
            for message in interchange.messages:
                assert message.segments
            assert any(finding.is_error for finding in interchange.findings), end


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "empty"),
        (b" \r\n", "empty"),
        (b"hello", "not-edi"),
        (b"\xc9\xe2\xc1\x5c\xf0\xf0", "not-edi"),
        ("ISA*00*".encode("utf-16"), "not-edi"),
        (b"\x00" * 5000, "not-edi"),
    ],
)
def test_what_is_no_edi_yields_one_interchange_that_says_so(data: bytes, code: str) -> None:
    interchange = only(data)

    assert codes(interchange) == [code]
    assert interchange.standard == "unknown"
    assert not interchange.complete
    assert list(interchange.messages) == []


def test_delimiters_that_are_equal_make_the_interchange_unusable() -> None:
    interchange = only(ORDER.replace(b"*P*>~", b"*P*>>"))

    assert "delimiters" in codes(interchange)
    assert not interchange.complete


def test_binary_data_are_taken_by_their_length() -> None:
    data = ORDER.replace(b"CTT*2*130~", b"BIN*12*ab~SE*29*000~\nCTT*2*130~").replace(
        b"SE*29*0001~\nGE", b"SE*30*0001~\nGE"
    )
    interchange = only(data)

    (message,) = interchange.messages
    (binary,) = [segment for segment in message.segments if segment.tag == "BIN"]
    assert binary.raw == b"BIN*12*ab~SE*29*000"
    assert codes(interchange) == []


def test_a_stream_that_cannot_seek_is_read_and_read_again() -> None:
    class Pipe(io.RawIOBase):
        def __init__(self, data: bytes) -> None:
            self._left = io.BytesIO(data)

        def readable(self) -> bool:
            return True

        def readinto(self, buffer: object) -> int:
            return self._left.readinto(buffer)  # type: ignore[arg-type]

    (interchange,) = crossdock_edi.read(Pipe(ORDER))  # type: ignore[arg-type]

    assert tags(interchange) == tags(only(ORDER))
    assert tags(interchange) == tags(only(ORDER))


def test_a_file_is_read_by_its_name(tmp_path: Path) -> None:
    path = tmp_path / "order.edi"
    path.write_bytes(ORDER * 3)

    assert [one.message_count for one in crossdock_edi.read(path)] == [1, 1, 1]
    assert [one.message_count for one in crossdock_edi.read(str(path))] == [1, 1, 1]


def test_a_message_across_many_chunks_is_read_whole(tmp_path: Path) -> None:
    line = b"PO1*1*1*EA*1*PE*VP*KT-100~\n"
    body = ORDER.replace(b"CTT*2*130", line * 30_000 + b"CTT*2*130").replace(b"SE*29", b"SE*30029")
    path = tmp_path / "long.edi"
    path.write_bytes(body)

    (interchange,) = crossdock_edi.read(path)

    assert interchange.findings == ()
    (message,) = interchange.messages
    assert len(message.segments) == 30_029


def test_a_message_past_the_limit_is_told_and_not_given_in_part(tmp_path: Path) -> None:
    line = b"PO1*1*1*EA*1*PE*VP*KT-100~\n"
    path = tmp_path / "bomb.edi"
    path.write_bytes(ORDER.replace(b"CTT*2*130", line * 200_000 + b"CTT*2*130") + ANOTHER)

    first, second = crossdock_edi.read(path, limits=Limits(message_bytes=1_000_000))

    (message,) = first.messages
    assert "limit" in [finding.code for finding in message.findings]
    with pytest.raises(crossdock_edi.LimitExceeded):
        _ = message.segments
    assert second.message_count == 1
    assert second.findings == ()


def test_too_many_findings_are_cut_with_word_of_it() -> None:
    stray = ORDER.replace(b"GE*1*101~", b"SE*1*1~\n" * 50 + b"GE*1*101~")
    (interchange,) = crossdock_edi.read(stray, limits=Limits(findings=10))

    assert len(interchange.findings) == 11
    assert interchange.findings[-1].code == "too-many-findings"
