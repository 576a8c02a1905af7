"""Acknowledgments: one for each group, with positions and codes, in the sender's version, never of another one."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import crossdock_edi
import pytest
from crossdock_edi import LENIENT, Profile, Severity

SAMPLES = Path(__file__).parent / "samples" / "x12"
ORDER = (SAMPLES / "850.edi").read_bytes()


def test_a_clean_order_is_accepted() -> None:
    (interchange,) = crossdock_edi.read(ORDER)
    (answer,) = crossdock_edi.acknowledge(interchange, kind="997")

    assert (answer.functional_id, answer.group_control_number) == ("PO", "101")
    assert [(message.type, message.control_number, message.status) for message in answer.messages] == [
        ("850", "0001", "A")
    ]
    assert answer.group is not None
    assert (answer.group.status, answer.group.included, answer.group.received, answer.group.accepted) == ("A", 1, 1, 1)


def test_the_answer_goes_back_under_the_sender_s_version_and_delimiters() -> None:
    (interchange,) = crossdock_edi.read(ORDER.replace(b"*", b"|"))
    envelope = crossdock_edi.reply_envelope(
        interchange, interchange_control=9, group_control=4, prepared_at=datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
    )
    data = crossdock_edi.compose(crossdock_edi.acknowledge(interchange), envelope)
    (reply,) = crossdock_edi.read(data)

    assert reply.findings == ()
    assert (reply.sender, reply.receiver) == (interchange.receiver, interchange.sender)
    assert reply.dialect.element == b"|"
    assert reply.groups[0].functional_id == "FA"
    assert reply.groups[0].version == "004010"


def test_a_bad_value_rejects_its_message_with_segment_and_element_position() -> None:
    (interchange,) = crossdock_edi.read(ORDER.replace(b"PO1*1*120*EA", b"PO1*1*1,5*EA"))
    (answer,) = crossdock_edi.acknowledge(interchange, kind="997")

    (message,) = answer.messages
    assert (message.status, message.error_codes) == ("R", ("5",))
    (segment,) = message.segments
    assert (segment.tag, segment.position, segment.code) == ("PO1", 19, "8")
    (element,) = segment.elements
    assert (element.position, element.code, element.bad_data) == (2, "6", "1,5")
    assert answer.group is not None
    assert (answer.group.status, answer.group.accepted) == ("R", 0)


def test_a_wrong_count_rejects_the_message_unless_the_profile_forgives() -> None:
    (interchange,) = crossdock_edi.read(ORDER.replace(b"SE*29", b"SE*28"))
    (strict,) = crossdock_edi.acknowledge(interchange, kind="997")
    (lenient,) = crossdock_edi.acknowledge(interchange, LENIENT, kind="997")

    assert (strict.messages[0].status, strict.messages[0].error_codes) == ("R", ("4",))
    assert (lenient.messages[0].status, lenient.messages[0].error_codes) == ("E", ("4",))


def test_one_bad_message_of_two_leaves_the_group_partly_accepted() -> None:
    body = ORDER[ORDER.index(b"\nST*") + 1 : ORDER.index(b"\nGE*") + 1]
    second = body.replace(b"0001~", b"0002~").replace(b"20261121", b"20261321")
    data = ORDER.replace(body, body + second).replace(b"GE*1", b"GE*2")
    (interchange,) = crossdock_edi.read(data)
    (answer,) = crossdock_edi.acknowledge(interchange, kind="997")

    assert [message.status for message in answer.messages] == ["A", "R"]
    assert answer.group is not None
    assert (answer.group.status, answer.group.received, answer.group.accepted) == ("P", 2, 1)


def test_a_wrong_group_trailer_rejects_the_group() -> None:
    (interchange,) = crossdock_edi.read(ORDER.replace(b"GE*1*101", b"GE*5*103"))
    (answer,) = crossdock_edi.acknowledge(interchange, kind="997")

    assert answer.group is not None
    assert (answer.group.status, set(answer.group.error_codes)) == ("R", {"4", "5"})


def test_a_wrong_group_count_that_the_profile_bears_is_noted() -> None:
    (interchange,) = crossdock_edi.read(ORDER.replace(b"GE*1*101", b"GE*5*101"))
    (answer,) = crossdock_edi.acknowledge(interchange, LENIENT, kind="997")

    assert answer.group is not None
    assert (answer.group.status, answer.group.error_codes) == ("E", ("5",))
    assert (answer.group.included, answer.group.received, answer.group.accepted) == (5, 1, 1)


def test_an_acknowledgment_is_never_acknowledged() -> None:
    (interchange,) = crossdock_edi.read(SAMPLES / "997.edi")

    assert crossdock_edi.acknowledge(interchange) == ()


def test_a_rejected_message_is_matched_with_what_was_sent() -> None:
    (sent,) = crossdock_edi.read(ORDER)
    (received,) = crossdock_edi.read(ORDER.replace(b"PO1*1*120*EA", b"PO1*1*1,5*EA"))
    (answer,) = crossdock_edi.acknowledge(received, kind="997")
    (correlation,) = crossdock_edi.correlate(answer, crossdock_edi.sent_messages(sent))

    assert (correlation.accepted, correlation.status) == (False, "R")
    assert correlation.sent.control_number == "0001"
    assert correlation.sent.interchange_control == "000000101"


def test_an_answer_to_something_else_is_matched_with_nothing() -> None:
    (sent,) = crossdock_edi.read(ORDER)
    (other,) = crossdock_edi.read(ORDER.replace(b"*101*X*", b"*999*X*").replace(b"GE*1*101", b"GE*1*999"))
    (answer,) = crossdock_edi.acknowledge(other, kind="997")

    assert crossdock_edi.correlate(answer, crossdock_edi.sent_messages(sent)) == ()


def test_a_999_says_the_same_as_a_997() -> None:
    (interchange,) = crossdock_edi.read(ORDER.replace(b"PO1*1*120*EA", b"PO1*1*1,5*EA"))
    (plain,) = crossdock_edi.acknowledge(interchange, kind="997")
    (guided,) = crossdock_edi.acknowledge(interchange, kind="999")

    assert guided.group == plain.group
    assert guided.messages[0].segments[0].elements[0].position == 2


def test_a_ta1_speaks_of_the_interchange_only() -> None:
    (clean,) = crossdock_edi.read(ORDER)
    (broken,) = crossdock_edi.read(ORDER.replace(b"IEA*1*000000101", b"IEA*1*000000102"))
    (bad_message,) = crossdock_edi.read(ORDER.replace(b"PO1*1*120*EA", b"PO1*1*1,5*EA"))
    answers = [crossdock_edi.acknowledge(one, kind="TA1")[0] for one in (clean, broken, bad_message)]

    assert [(one.control_number, one.status, one.note) for one in answers] == [
        ("000000101", "A", "000"),
        ("000000101", "R", "001"),
        ("000000101", "A", "000"),
    ]
    (correlation,) = crossdock_edi.correlate(answers[1], crossdock_edi.sent_messages(clean))
    assert not correlation.accepted


def test_a_contrl_rejects_the_message_with_segment_and_element() -> None:
    data = (SAMPLES.parent / "edifact" / "ORDERS.edi").read_bytes().replace(b"137:20261121:102", b"137:20261321:102")
    (interchange,) = crossdock_edi.read(data)
    (report,) = crossdock_edi.acknowledge(interchange, kind="CONTRL")

    assert report.action == "8"
    (message,) = report.messages
    assert message.action == "4"
    assert [(one.position, one.elements[0].position, one.elements[0].code) for one in message.segments] == [
        (3, 1, "12")
    ]
    (correlation,) = crossdock_edi.correlate(report, crossdock_edi.sent_messages(interchange))
    assert not correlation.accepted


# What AK304 (IK304) must say of a segment, and AK403 (IK403) of its element.
SEGMENT_CODES = {
    "unrecognised": (b"CTT*2", b"QQQ*1~\nCTT*2", ("QQQ", 27, "1")),
    "unexpected": (b"CUR*", b"N4*TOWN~\nCUR*", ("N4", 3, "2")),
    "mandatory and missing": (b"BEG*00*SA*4500001234**20261121*CT-77*AD~\n", b"", ("BEG", 2, "3")),
    "loop too often": (b"SE*29", b"CTT*2~\nSE*30", ("CTT", 29, "4")),
    "segment too often": (b"CUR*", b"CUR*BY*USD~\nCUR*", ("CUR", 4, "5")),
    "not in this set": (b"CTT*2", b"AK9*A*1*1*1~\nCTT*2", ("AK9", 27, "6")),
    "out of order": (b"SE*29", b"CUR*BY*USD~\nSE*30", ("CUR", 29, "7")),
}
ELEMENT_CODES = {
    "mandatory and missing": (b"CUR*BY*USD", b"CUR**USD", ("CUR", 3, 1, "1")),
    "needed by another": (b"PER*DC*Receiving*TE*5550199", b"PER*DC*Receiving*TE", ("PER", 18, 4, "2")),
    "too many": (b"N4*Dayton*OH*45402*US", b"N4*Dayton*OH*45402*US*CC*1*2*3*4", ("N4", 17, 7, "3")),
    "too short": (b"BEG*00*SA*4500001234**20261121*CT-77*AD", b"BEG*00*SA*45**20261121*CT-77*A", ("BEG", 2, 7, "4")),
    "too long": (b"*45402*US", b"*45402*USAMERICA", ("N4", 17, 4, "5")),
    "not a number": (b"PO1*1*120", b"PO1*1*12O", ("PO1", 19, 2, "6")),
    "not in a closed list": (b"AMT*TT*1551", b"AMT*TT*1551*Q", ("AMT", 28, 3, "7")),
    "no date": (b"DTM*002*20261202", b"DTM*002*20261302", ("DTM", 26, 2, "8")),
    "no time": (b"DTM*064*20261201*0800", b"DTM*064*20261201*2460", ("DTM", 8, 3, "9")),
}


@pytest.mark.parametrize("name", SEGMENT_CODES)
def test_each_fault_of_a_segment_has_its_place_and_code(name: str) -> None:
    old, new, wanted = SEGMENT_CODES[name]
    (interchange,) = crossdock_edi.read(ORDER.replace(old, new, 1))
    (answer,) = crossdock_edi.acknowledge(interchange, kind="997")
    (guided,) = crossdock_edi.acknowledge(interchange, kind="999")

    assert wanted in [(one.tag, one.position, one.code) for one in answer.messages[0].segments]
    assert wanted in [(one.tag, one.position, one.code) for one in guided.messages[0].segments]
    assert answer.messages[0].status == "R"


@pytest.mark.parametrize("name", ELEMENT_CODES)
def test_each_fault_of_an_element_has_its_place_and_code(name: str) -> None:
    old, new, wanted = ELEMENT_CODES[name]
    (interchange,) = crossdock_edi.read(ORDER.replace(old, new, 1))
    (answer,) = crossdock_edi.acknowledge(interchange, kind="997")
    (guided,) = crossdock_edi.acknowledge(interchange, kind="999")

    for messages in (answer.messages, guided.messages):
        told = [
            (one.tag, one.position, each.position, each.code) for one in messages[0].segments for each in one.elements
        ]
        assert wanted in told
        assert {one.code for one in messages[0].segments} == {"8"}


def test_a_rejected_message_is_never_without_a_reason() -> None:
    (interchange,) = crossdock_edi.read(ORDER.replace(b"CTT*2*", b"CTT*7*"))
    (strict,) = crossdock_edi.acknowledge(interchange, kind="997")
    (lenient,) = crossdock_edi.acknowledge(interchange, Profile({"line-count": Severity.WARNING}), kind="997")

    assert (strict.messages[0].status, strict.messages[0].error_codes) == ("R", ("5",))
    assert (lenient.messages[0].status, lenient.messages[0].error_codes) == ("E", ("5",))
