"""Reports over the whole ledger between the contract and what was asked of the database."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from crossdock.inventory.v1 import report_service_pb2 as pb
from crossdock_kit.paging import Page
from google.protobuf.timestamp_pb2 import Timestamp

from inventory.domain.accounts import Account
from inventory.domain.quantity import plain
from inventory.domain.reports import FIRST_PAGE, FinancePlace, Lying, Period, Snapshot, place_of
from inventory.wire.values import date_out, instant_out, quantity_out

Row = Mapping[str, Any]
_KINDS = {"receipt": "receipt", "goods_issue": "shipment", "stock_adjustment": "adjustment"}
_CAUSES = {name.removeprefix("FINANCE_CAUSE_").lower(): number for name, number in pb.FinanceCause.items() if number}


def instant(stamp: Timestamp) -> datetime:
    return stamp.ToDatetime(tzinfo=UTC)


def period(request: pb.ReconcileFinanceRequest, tenant: str) -> Period:
    return Period(tenant, instant(request.recorded_from), instant(request.recorded_to), request.business_unit)


def after(page: Page) -> FinancePlace:
    if len(page.after) != len(FIRST_PAGE):
        return FIRST_PAGE
    posting_key, sku, location_id, business_unit = page.after
    return posting_key, sku, location_id, business_unit


def reconciled(rows: Sequence[Row], counts: Mapping[str, int], page: Page) -> pb.ReconcileFinanceResponse:
    return pb.ReconcileFinanceResponse(
        records=map(_record, rows),
        next_page_token=page.token(place_of(rows[-1])) if len(rows) == page.size else "",
        counts=[pb.FinanceCount(cause=_CAUSES[cause], records=number) for cause, number in counts.items()],
    )


def _record(row: Row) -> pb.FinanceRecord:
    kind, _, name = row["posting_key"].partition("/")
    unit = row["shown_unit"]
    found = pb.FinanceRecord(
        kind=_KINDS.get(kind, kind),
        document=_document(row["document"]) or name,
        sku=row["sku"],
        location_id=row["location_id"],
        business_unit=row["business_unit"],
        moved=quantity_out(row["moved"], unit),
        recorded_at=instant_out(row["recorded_at"]),
        posting_state=row["state"],
        posting_number=row["number"] or "",
        reason=row["reason"],
        cause=_CAUSES[row["cause"]],
    )
    if row["posted"] is not None:
        found.posted.CopyFrom(quantity_out(row["posted"], unit))
    if row["posted_on"] is not None:
        found.posting_date.CopyFrom(date_out(row["posted_on"]))
    return found


def _document(name: str) -> str:
    """Of "receipt/R-1/1" the number: what stands before it is its kind, behind it its line."""
    return name.partition("/")[2].rpartition("/")[0]


def wanted(request: pb.ExportSnapshotRequest, tenant: str) -> Snapshot:
    as_of = instant(request.as_of) if request.HasField("as_of") else None
    return Snapshot(tenant, as_of, request.business_unit, request.location_id)


def snapshot_page(as_of: datetime, found: Sequence[Lying]) -> pb.ExportSnapshotResponse:
    return pb.ExportSnapshotResponse(as_of=instant_out(as_of), rows=map(_lying, found))


def _lying(found: Lying) -> pb.SnapshotRow:
    sku, location_id, business_unit, lot = found.place
    quantities: dict[str, Any] = {each.name.lower(): plain(found.quantities[each]) for each in _SHOWN}
    return pb.SnapshotRow(
        sku=sku, location_id=location_id, business_unit=business_unit, lot=lot, unit=found.unit, **quantities
    )


_SHOWN = (
    Account.SELLABLE,
    Account.QUARANTINED,
    Account.DAMAGED,
    Account.RETURNED,
    Account.STAGED,
    Account.ALLOCATED,
)
