"""The envelope: what every event must carry, how it travels, and identities that never change."""

from __future__ import annotations

import random
import zlib
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from crossdock_kit.context import Cause
from crossdock_kit.errors import Invalid
from crossdock_kit.events import (
    EventTooLarge,
    Handling,
    IncompleteEvent,
    NewEvent,
    Origin,
    decoded_list,
    encoded,
    encoded_list,
    parsed_headers,
    received,
    seal,
    subject_of,
)
from crossdock_kit.ids import derived, partition_of, slot_named, slot_token, uuid7
from crossdock_kit.journal import complete_headers
from crossdock_kit.packing import LARGEST as LARGEST_BODY
from hypothesis import given
from hypothesis import strategies as st
from kit_events import CrateFilled, because, crate_event

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


@pytest.mark.feature("F002")
@pytest.mark.feature("F004")
@pytest.mark.parametrize(
    ("missing", "facts"),
    [
        ("message.crate", {"message": CrateFilled(amount=1)}),
        ("tenant", {"tenant": ""}),
        ("business_unit", {"business_unit": ""}),
        ("aggregate_id", {"aggregate_id": ""}),
        ("aggregate_type crate", {"aggregate_type": "box"}),
        ("subject", {"subject": ""}),
        ("keys", {"keys": ()}),
        ("transaction_ids", {"transaction_ids": ()}),
        ("version", {"version": 0}),
        ("occurred_at (aware)", {"occurred_at": NOW.replace(tzinfo=None)}),
    ],
)
def test_an_event_without_a_mandatory_part_is_refused(missing: str, facts: dict[str, Any]) -> None:
    with pytest.raises(IncompleteEvent) as refused:
        seal(replace(crate_event("c-1", 1), **facts), uuid7(), because())
    assert refused.value.missing == (missing,)


@pytest.mark.feature("F004")
@pytest.mark.parametrize("missing", ["correlation_id", "causation_id"])
def test_an_event_without_a_cause_is_refused(missing: str) -> None:
    empty: dict[str, Any] = {missing: ""}
    with pytest.raises(IncompleteEvent) as refused:
        seal(crate_event("c-1", 1), uuid7(), replace(because(), **empty))
    assert refused.value.missing == (missing,)


def test_an_event_of_more_transactions_than_headers_have_room_for_is_refused_at_once() -> None:
    with pytest.raises(EventTooLarge):
        seal(crate_event("c-1", 1, transaction_ids=tuple(str(uuid7()) for _ in range(2_000))), uuid7(), because())


def of_bytes(count: int) -> CrateFilled:
    """A message that nothing makes smaller than half."""
    return CrateFilled(crate=random.Random(7).randbytes(count // 2).hex())


@pytest.mark.parametrize("message", [of_bytes(3 * 1024 * 1024), CrateFilled(crate="c" * (LARGEST_BODY + 1))])
def test_an_event_that_the_broker_or_its_reader_would_never_take_is_refused_at_once(message: CrateFilled) -> None:
    with pytest.raises(EventTooLarge):
        seal(crate_event("c-1", 1, message=message), uuid7(), because())


@pytest.mark.parametrize(("bytes_of_it", "encoding"), [(60_000, None), (70_000, "deflate"), (1_500_000, "deflate")])
def test_a_big_event_travels_packed_and_arrives_as_it_was(bytes_of_it: int, encoding: str | None) -> None:
    event = crate_event("c-1", 1, message=of_bytes(bytes_of_it))
    got, headers = travelled(event, because())
    assert got.message == event.message
    assert headers.get("content-encoding") == encoding


@pytest.mark.parametrize(
    ("encoding", "body"),
    [
        ("br", zlib.compress(b"x")),
        ("deflate", b"no such thing"),
        ("deflate", zlib.compress(b"x" * 100)[:-4]),
        ("deflate", zlib.compress(b"") + b"more"),
        ("deflate", zlib.compress(bytes(LARGEST_BODY + 1))),
    ],
)
def test_a_body_that_cannot_be_unpacked_within_bounds_is_no_event(encoding: str, body: bytes) -> None:
    _, headers = travelled(crate_event("c-1", 1), because())
    with pytest.raises(Invalid):
        received(headers | {"content-encoding": encoding}, body, CrateFilled, Handling(actor="consumer", at=NOW))


def travelled(event: NewEvent, cause: Cause) -> tuple[Any, dict[str, str]]:
    sealed = seal(event, uuid7(), cause)
    headers = parsed_headers(complete_headers(sealed.headers, sealed.event_id, NOW))
    return received(headers, sealed.body, CrateFilled, Handling(actor="consumer", at=NOW)), headers


@pytest.mark.feature("F003")
def test_every_part_of_an_event_survives_the_journey() -> None:
    event = replace(
        crate_event("c/1 é", 7),
        origin=Origin(system="ERP-EU", document='45"01', revision="2"),
        keys=("crate:c,1", "sku:Ä 1"),
        transaction_ids=("t-1", "t-2"),
        express=True,
        subject="Kiste 100%",
    )
    cause = because()
    got, headers = travelled(event, cause)
    for name in ("tenant", "business_unit", "aggregate_type", "aggregate_id", "version", "subject", "occurred_at"):
        assert getattr(got, name) == getattr(event, name), name
    assert (got.keys, got.transaction_ids, got.origin) == (event.keys, event.transaction_ids, event.origin)
    assert (got.correlation_id, got.causation_id) == (cause.correlation_id, cause.causation_id)
    assert (got.recorded_at, got.express, got.message.amount) == (NOW, True, 7)
    assert (got.cause.causation_id, got.cause.caused_at) == (str(got.id), NOW)
    assert all(value.isascii() and " " not in value for value in headers.values())
    assert headers["ce-specversion"] == "1.0"
    assert headers["ce-source"] == "/crossdock/procurement"
    assert headers["nats-msg-id"] == headers["ce-id"]


def test_a_message_without_the_headers_of_an_event_is_invalid() -> None:
    with pytest.raises(Invalid):
        received({"ce-id": "1"}, b"", CrateFilled, Handling(actor="consumer", at=NOW))


@given(st.lists(st.text(min_size=1), min_size=1, max_size=5))
def test_a_list_of_any_text_survives_its_header(values: list[str]) -> None:
    header = encoded_list(values)
    assert decoded_list(header) == tuple(values)
    assert header.isascii()
    assert header.isprintable()


@given(st.text(min_size=1))
def test_no_value_can_add_a_header(value: str) -> None:
    assert not set(encoded(value)) & set("\r\n \0")


def test_the_partition_of_an_aggregate_never_changes() -> None:
    golden = {("acme", "purchase_order", "4711"): 13, ("acme", "item", "A1"): 12, ("globex", "item", "A1"): 4}
    assert {key: partition_of(*key) for key in golden} == golden


def test_a_subject_is_the_full_name_and_the_slot() -> None:
    assert subject_of("crossdock.procurement.events.v1.X", 7) == "crossdock.procurement.events.v1.X.07"
    assert subject_of("crossdock.procurement.events.v1.X", 23) == "crossdock.procurement.events.v1.X.07x"


def test_new_ids_sort_in_the_order_of_their_making() -> None:
    made = [uuid7() for _ in range(5000)]
    assert made == sorted(made)
    assert len(set(made)) == len(made)
    assert {each.version for each in made} == {7}


def test_a_derived_id_is_the_same_for_the_same_parts() -> None:
    assert derived("process", 1) == derived("process", 1)
    assert derived("process", 1) != derived("process1")


def test_a_slot_survives_its_name() -> None:
    assert [slot_named(slot_token(slot)) for slot in range(32)] == list(range(32))
