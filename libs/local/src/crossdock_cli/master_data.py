"""Master data as people write it down, as requests to catalog. Knows catalog's contract and nothing of a stack."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from uuid import uuid4

from crossdock.catalog.v1 import catalog_service_pb2 as pb
from crossdock.options.v1 import options_pb2
from google.protobuf.json_format import ParseDict, ParseError

KINDS = ("items", "parties", "locations", "crosswalk", "prices")
_NAMES = {
    "items": ("sku",),
    "parties": ("party_id",),
    "locations": ("location_id",),
    "crosswalk": ("partner", "list", "partner_code"),
    "prices": ("sku", "customer_id", "business_unit"),
}
MOST = 5000
"""Records of a kind that one request may carry."""


class NoMasterData(ValueError):
    """The content is none; the text says what is wrong with it."""


def requests_of(rows: Any, system: str, role: int = options_pb2.ROLE_MDM) -> Iterator[pb.PutMasterDataRequest]:
    """As few as carry everything, what codes refer to before the codes. `rows` has the fields of PutMasterDataRequest;
    its crosswalk may be grouped by partner. `role` is the one that says it. Raises NoMasterData.
    """
    for part in _parts(_flat(rows)):
        request = pb.PutMasterDataRequest(request_id=str(uuid4()), system=system, role=options_pb2.Role.ValueType(role))
        try:
            yield ParseDict(part, request)
        except ParseError as error:
            raise NoMasterData(str(error)) from error


def count_of(request: pb.PutMasterDataRequest) -> int:
    return sum(len(getattr(request, kind)) for kind in KINDS)


def record_name(request: pb.PutMasterDataRequest, path: str) -> str:
    """What the record at a path of the request is of: its number, or whose code it is."""
    kind, _, at = path.rstrip("]").partition("[")
    record = getattr(request, kind)[int(at)]
    return " ".join(str(getattr(record, name)) for name in _NAMES[kind] if getattr(record, name))


def _flat(rows: Any) -> dict[str, list[Any]]:
    if not isinstance(rows, Mapping) or not rows or not rows.keys() <= set(KINDS):
        raise NoMasterData(f"master data is a mapping of {', '.join(KINDS)}")
    flat: dict[str, list[Any]] = {}
    for kind, value in rows.items():
        by_partner = value.items() if kind == "crosswalk" and isinstance(value, Mapping) else ()
        grouped = [{"partner": name, **each} for name, entries in by_partner for each in _records(kind, entries)]
        flat[kind] = grouped if by_partner else _records(kind, value)
    return flat


def _records(kind: str, value: Any) -> list[Any]:
    if not isinstance(value, list) or not all(isinstance(each, Mapping) for each in value):
        raise NoMasterData(f"{kind} is a list of records")
    return value


def _parts(rows: Mapping[str, list[Any]]) -> Iterator[dict[str, list[Any]]]:
    if all(len(records) <= MOST for records in rows.values()):
        yield dict(rows)
        return
    for kind in KINDS:
        records = rows.get(kind, [])
        for start in range(0, len(records), MOST):
            yield {kind: records[start : start + MOST]}
