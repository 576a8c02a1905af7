"""Whatever a partner sends, reading it ends in a command, a wait or a refusal, never in an error of ours."""

from __future__ import annotations

import copy
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from connector import references
from connector.codecs import json_document
from connector.codecs.json_document import DocumentFault, JsonObject
from connector.mappings import registry
from connector.mappings.model import Reading
from connector.profiles import profile_of
from connector.use_cases.taking_apart import take_apart
from connector_samples import files, orders
from connector_samples.json_documents import SAMPLES
from crossdock_kit.errors import CrossdockError, Verdict, kind_of
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

ODD = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=300),
    st.sampled_from(
        ["", " ", "-1", "0", "1e999", "2026-02-30", "9999-12-31T23:59:59-23:59", "0001-01-01T00:00:00+23:59"]
    ),
    st.lists(st.integers(), max_size=2),
    st.dictionaries(st.text(max_size=3), st.integers(), max_size=2),
)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place of a document."""
    found = [path] if path else []
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, child in children:
        found += places(child, (*path, key))
    return found


@st.composite
def spoiled(draw: st.DrawFn, kind: str) -> bytes:
    document = copy.deepcopy(SAMPLES[kind])
    for _ in range(draw(st.integers(1, 3))):
        options = places(document)
        if not options:
            break
        *way, last = draw(st.sampled_from(options))
        holder: Any = document
        for step in way:
            holder = holder[step]
        holder[last] = draw(ODD)
    return json.dumps(document).encode("utf-8", "surrogatepass")


def read(kind: str, content: bytes, reading: Reading) -> None:
    try:
        registry.INBOUND[kind].read(json_document.decode(content), reading)
    except CrossdockError as error:
        assert kind_of(error).verdict is Verdict.ACK_REFUSED, error  # noqa: PT017


def test_there_is_one_of_each_kind() -> None:
    other_formats = ("x12.", "csv.", "edifact.")
    assert {each for each in registry.INBOUND if not each.startswith(other_formats)} == set(SAMPLES)


@pytest.mark.parametrize("kind", SAMPLES)
def test_the_samples_are_good_ones(kind: str) -> None:
    command = registry.INBOUND[kind].read(JsonObject(SAMPLES[kind], ""), orders.reading())
    assert command.request is not None


@pytest.mark.parametrize("kind", SAMPLES)
@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None, max_examples=50)
@given(data=st.data())
def test_a_spoiled_document_is_refused_or_understood(kind: str, data: st.DataObject) -> None:
    read(kind, data.draw(spoiled(kind)), orders.reading())


@settings(deadline=None)
@given(st.binary(max_size=400))
def test_any_bytes_are_json_or_a_fault(content: bytes) -> None:
    try:
        json_document.decode(content)
    except DocumentFault:
        return


@pytest.mark.parametrize("content", ['{"a": "\\ud800"}', '{"\\ud800": 1}', '{"a": ["x", [{"b": 1}, "\\udfff"]]}'])
def test_half_a_character_is_refused_wherever_it_stands(content: str) -> None:
    with pytest.raises(DocumentFault):
        json_document.decode(content.encode())


def test_a_day_beyond_all_days_is_refused() -> None:
    said = SAMPLES["ups.track_alert"] | {"scheduledDeliveryDate": "99991231"}
    with pytest.raises(DocumentFault):
        registry.INBOUND["ups.track_alert"].read(JsonObject(said, ""), orders.reading())


PROFILE = profile_of(
    {
        "apiVersion": "crossdock.dev/v1alpha1",
        "kind": "PartnerConnector",
        "metadata": {"name": "p"},
        "spec": {
            "role": "SUPPLIER",
            "partyId": "P",
            "businessUnit": "EU01",
            "transport": {"fileDrop": {"inbox": "i", "outbox": "o"}},
            "edi": {"partnerId": "ZZ:*", "ownId": "ZZ:ACME"},
            "documents": [{"kind": f"x12.{each}", "direction": "IN"} for each in sorted(files.FUNCTIONAL)],
            "severities": dict.fromkeys(
                ("element-missing", "segment-missing", "value-date", "value-number"), "warning"
            ),
        },
    }
)
X12 = (
    files.acknowledgment(),
    files.ship_notice(),
    files.functional_acknowledgment("7", control=1, written="20261102*0900"),
    files.invoice(),
    files.interchange(
        "850", ["BEG*00*NE*PO1**20261102", "CUR*BY*EUR", "PO1*1*5*EA*1*PE*BP*A1001", "SCH*5*EA***002*20261110"]
    ),
    files.interchange(
        "865", ["BCA*00*AC*PO1**2*20261102", "POC*1*CA*5*5*EA*1*PE*BP*A1001", "ACK*IA*5*EA*068*20261110"]
    ),
)


@st.composite
def spoiled_x12(draw: st.DrawFn) -> bytes:
    content = bytearray(draw(st.sampled_from(X12)))
    for _ in range(draw(st.integers(1, 6))):
        place = draw(st.integers(0, len(content) - 1))
        match draw(st.sampled_from(["change", "remove", "insert", "cut", "double"])):
            case "change":
                content[place] = draw(st.integers(0, 255))
            case "remove":
                del content[place : place + draw(st.integers(1, 20))]
            case "insert":
                content[place:place] = draw(st.binary(max_size=6))
            case "cut":
                del content[max(place, 1) :]
            case _:
                content[place:place] = content[place : place + 60]
        if not content:
            break
    return bytes(content)


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None, max_examples=150)
@given(spoiled_x12())
def test_a_spoiled_interchange_is_taken_apart_and_read_or_refused(content: bytes) -> None:
    references.read(content)
    taken = take_apart(content, "", PROFILE)
    assert taken.parts or taken.refusal
    for part in taken.parts:
        if part.mapping is None or part.refusal:
            continue
        try:
            part.mapping.read(part.parsed, orders.reading(x12=True, written=datetime(2026, 1, 1, tzinfo=UTC)))
        except CrossdockError as error:
            assert kind_of(error).verdict is Verdict.ACK_REFUSED, error  # noqa: PT017
