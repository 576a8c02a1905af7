"""The table of errors, and domain errors as facts with fields."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal

import asyncpg
import pytest
from crossdock_kit.errors import (
    KINDS,
    Conflict,
    CrossdockError,
    FailureClass,
    Invalid,
    InvalidFields,
    Refused,
    StatusCode,
    Unavailable,
    Verdict,
    Violation,
    Waiting,
    kind_of,
    reason_code,
)
from crossdock_kit.server.refusals import surface


@dataclass
class StockShort(Refused):
    sku: str
    wanted: Decimal
    token: str = field(default="", metadata={"secret": True})


@dataclass
class ItemUnknown(Waiting):
    item: str
    retry_after: timedelta | None = timedelta(seconds=5)


def test_a_domain_error_takes_the_row_of_its_kind() -> None:
    assert kind_of(StockShort("A1", Decimal(5))) is KINDS[Refused]
    assert kind_of(ItemUnknown("X")).verdict is Verdict.WAIT


def test_the_reason_code_is_the_class_name_in_upper_snake() -> None:
    assert StockShort("A1", Decimal(5)).code == "STOCK_SHORT"
    assert reason_code(type("ASNUnknownPurchaseOrder", (Refused,), {})) == "ASN_UNKNOWN_PURCHASE_ORDER"


def test_fields_become_metadata_and_words_but_secret_ones_stay_inside() -> None:
    error = StockShort("A1", Decimal("5.50"), token="hush")
    assert error.metadata == {"sku": "A1", "wanted": "5.50"}
    assert str(error) == "stock short: sku A1, wanted 5.50"


def test_a_retry_delay_is_no_metadata() -> None:
    assert ItemUnknown("X").metadata == {"item": "X"}
    assert ItemUnknown("X").retry_after == timedelta(seconds=5)


def test_equal_facts_are_equal_errors_and_stay_hashable() -> None:
    assert StockShort("A", Decimal(1)) == StockShort("A", Decimal(1))
    assert len({StockShort("A", Decimal(1)), Refused("no")}) == 2


@pytest.mark.feature("F228")
def test_anything_that_is_no_kind_is_a_bug_that_parks() -> None:
    kind = kind_of(ZeroDivisionError())
    assert (kind.status, kind.verdict, kind.failure_class) == (StatusCode.INTERNAL, Verdict.PARK, FailureClass.BUG)


def test_only_answers_are_recorded() -> None:
    assert kind_of(Refused()).recorded
    assert kind_of(Invalid()).recorded
    assert not any(kind_of(each).recorded for each in (Unavailable(), Waiting(), Conflict(), KeyError()))


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_told_apart_by_its_status(kind: type[CrossdockError]) -> None:
    assert sum(row.status is KINDS[kind].status for row in KINDS.values()) == 1


def test_field_violations_make_the_sentence() -> None:
    error = InvalidFields((Violation("line.quantity", "must be positive"), Violation("id", "is empty")))
    assert str(error) == "line.quantity: must be positive; id: is empty"


@pytest.mark.parametrize(
    "error",
    [
        asyncpg.InternalClientError("cannot switch to state 11; another operation (2) is in progress"),
        asyncpg.AdminShutdownError("terminating connection due to administrator command"),
        asyncpg.InterfaceError("connection is closed"),
        ConnectionResetError(),
    ],
)
def test_a_session_that_the_database_ended_is_no_bug_of_ours(error: Exception) -> None:
    assert isinstance(surface(error), Unavailable)
