"""Each described set and message: its sample is clean, typed without rest, and the same after writing and reading."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import crossdock_edi
import pytest
from crossdock_edi import Envelope
from crossdock_edi.acknowledging import ACKNOWLEDGMENTS
from crossdock_edi.typed import DOCUMENTS

SAMPLES = sorted((Path(__file__).parent / "samples").glob("*/*.edi"))
MESSAGES = [path for path in SAMPLES if path.stem != "TA1"]


def envelope(message: crossdock_edi.Message) -> Envelope:
    version = message.version if message.standard == "X12" else "D.96A.UN"
    return Envelope(
        sender=("ZZ", "KELLERTOOLS"),
        receiver=("ZZ", "NORTHBRIDGE"),
        interchange_control=31,
        prepared_at=datetime(2026, 12, 5, 9, 30, tzinfo=UTC),
        version=version,
        dialect=message.dialect,
    )


def only_message(data: bytes | Path) -> crossdock_edi.Message:
    (interchange,) = crossdock_edi.read(data)
    assert interchange.findings == ()
    (message,) = interchange.messages
    return message


def test_every_known_set_has_a_sample() -> None:
    assert {kind for _, kind in DOCUMENTS} | {"TA1"} == {path.stem for path in SAMPLES}


@pytest.mark.feature("F193")
@pytest.mark.parametrize("path", MESSAGES, ids=lambda path: path.stem)
def test_a_sample_has_no_findings(path: Path) -> None:
    (interchange,) = crossdock_edi.read(path)

    assert list(crossdock_edi.check(interchange)) == []


@pytest.mark.parametrize("path", MESSAGES, ids=lambda path: path.stem)
def test_a_typed_document_has_no_rest_and_survives_writing_and_reading(path: Path) -> None:
    message = only_message(path)
    document = crossdock_edi.parse(message)

    assert document.unmapped == ()
    again = only_message(crossdock_edi.compose(document, envelope(message)))
    assert crossdock_edi.parse(again) == document
    assert [segment.tag for segment in again.segments] == [segment.tag for segment in message.segments]
    assert crossdock_edi.check_message(again) == ()


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_a_sample_is_written_byte_for_byte(path: Path) -> None:
    (interchange,) = crossdock_edi.read(path)

    assert crossdock_edi.write(interchange) == path.read_bytes()


@pytest.mark.parametrize("path", MESSAGES, ids=lambda path: path.stem)
def test_a_sample_is_acknowledged_unless_it_is_an_acknowledgment(path: Path) -> None:
    (interchange,) = crossdock_edi.read(path)
    answers = crossdock_edi.acknowledge(interchange)

    if path.stem in ACKNOWLEDGMENTS:
        assert answers == ()
        return
    reply = crossdock_edi.reply_envelope(
        interchange, interchange_control=5, group_control=5, prepared_at=datetime(2026, 12, 5, tzinfo=UTC)
    )
    (answered,) = crossdock_edi.read(crossdock_edi.compose(answers, reply))
    assert list(crossdock_edi.check(answered)) == []
    (correlation,) = crossdock_edi.correlate(answers[0], crossdock_edi.sent_messages(interchange))
    assert correlation.accepted


@pytest.mark.parametrize("path", MESSAGES, ids=lambda path: path.stem)
def test_a_message_without_its_first_segment_is_told_so(path: Path) -> None:
    message = only_message(path)
    first = message.segments[1]
    data = path.read_bytes().replace(first.raw + message.dialect.segment + b"\n", b"", 1)
    (interchange,) = crossdock_edi.read(data)
    found = [one for one in crossdock_edi.check(interchange) if one.code == "segment-missing"]

    assert first.tag in {one.tag for one in found}


@pytest.mark.parametrize("path", MESSAGES, ids=lambda path: path.stem)
def test_a_foreign_segment_is_told_at_its_place(path: Path) -> None:
    message = only_message(path)
    second = message.segments[2]
    raw = path.read_bytes()
    foreign = b"QQQ" + message.dialect.element + b"1" + message.dialect.segment + b"\n"
    (interchange,) = crossdock_edi.read(raw[: second.offset] + foreign + raw[second.offset :])
    (found,) = [one for one in crossdock_edi.check(interchange) if one.code == "segment-unknown"]

    assert (found.offset, found.segment) == (second.offset, 3)


VERSIONS = {
    "x12": {"004010": (b"U*00401", b"004010"), "005010": (b"^*00501", b"005010")},
    "edifact": {"D.96A": (b"", b"D:96A:"), "D.01B": (b"", b"D:01B:")},
}


def in_version(path: Path, version: str) -> bytes:
    """The sample under another version; envelope and message header say so."""
    data = path.read_bytes()
    header, name = VERSIONS[path.parent.name][version]
    for other_header, other_name in VERSIONS[path.parent.name].values():
        data = data.replace(other_header, header) if header else data
        data = data.replace(other_name, name)
    return data


@pytest.mark.parametrize(
    ("path", "version"),
    [(path, version) for path in MESSAGES if path.stem != "CONTRL" for version in VERSIONS[path.parent.name]],
    ids=lambda one: getattr(one, "stem", one),
)
def test_every_set_is_known_in_both_versions(path: Path, version: str) -> None:
    message = only_message(in_version(path, version))
    document = crossdock_edi.parse(message)

    assert message.version == version
    assert crossdock_edi.check_message(message) == ()
    own = replace(envelope(message), version=f"{version}.UN" if message.standard == "EDIFACT" else version)
    again = only_message(crossdock_edi.compose(document, own))
    assert (again.version, crossdock_edi.parse(again)) == (version, document)
    assert crossdock_edi.check_message(again) == ()
