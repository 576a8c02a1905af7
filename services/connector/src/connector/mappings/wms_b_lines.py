"""What all reports of format B share: counts in cases and loose units, batches, instants.

Each count that is not zero becomes a line of its own, so that nothing is converted on the way in.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal

from crossdock.common.v1 import values_pb2

from connector.codecs.json_document import JsonObject
from connector.mappings import canonical
from connector.mappings.model import Reading
from connector.mappings.wms_b_expected_receipt import CASE

NONE = Decimal(0)


def amounts(goods: JsonObject, reading: Reading, sku: str, *names: str) -> Iterator[tuple[str, list[Decimal]]]:
    """By unit, what each of these counts says; units that none of them says anything of are left out."""
    counts = [goods.optional_object(name) for name in names]
    for word, unit in (("cases", CASE), ("units", "")):
        found = [each.decimal(word, NONE) if each else NONE for each in counts]
        if any(found):
            yield unit or reading.codes.packing(sku).base_unit, found


def batch(goods: JsonObject) -> values_pb2.Lot | None:
    found = goods.optional_object("batch")
    if found is None:
        return None
    return canonical.lot(found.optional_text("id", longest=64), _day(found, "bestBeforeMs"), _day(found, "madeMs"))


def happened(head: JsonObject) -> datetime:
    found = head.optional_epoch("at")
    if found is None:
        raise head.fault("at", "is missing")
    return found


def _day(found: JsonObject, name: str) -> date | None:
    at = found.optional_epoch(name)
    return at.date() if at else None
