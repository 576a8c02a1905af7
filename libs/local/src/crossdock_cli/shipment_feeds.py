"""`crossdock shipment feeds`: how carriers' reports come, which says nothing of where shipments are."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from crossdock.delivery.v1 import delivery_service_pb2 as pb
from google.protobuf.json_format import MessageToDict
from rich.table import Table

from crossdock_cli.console import out, print_json
from crossdock_cli.shipment import AsJson, OfTenant, instant
from crossdock_cli.shipment_calls import ShipmentDesk, at_desk

HEADINGS = ("PARTNER", "LAST HEARD", "USUAL GAP", "SILENT FROM", "REPORTS", "SAID", "TOLD ON", "UNMAPPED", "LOST", "")


def feeds_table(found: Iterable[pb.CarrierFeed]) -> Table:
    """A row for each feed; those that are silent say so at the end."""
    table = Table(box=None, pad_edge=False)
    for heading in HEADINGS:
        table.add_column(heading, no_wrap=True)
    for each in found:
        counted = (each.report_count, each.update_count, each.milestone_count, each.unmapped_count, each.error_count)
        table.add_row(
            each.partner,
            instant(each.last_heard_at) if each.HasField("last_heard_at") else "never",
            _span(each.usual_gap.ToTimedelta()),
            instant(each.silent_from) if each.HasField("silent_from") else "",
            *(str(number) for number in counted),
            "silent" if each.silent else "",
        )
    return table


def _span(gap: timedelta) -> str:
    return str(timedelta(seconds=round(gap.total_seconds()))) if gap else ""


def feeds(*, json: AsJson = False, tenant: OfTenant = None) -> None:
    """List how each carrier's reports come: how often, what of them others were told, and whether one is silent."""
    found = at_desk(tenant, ShipmentDesk.feeds)
    if json:
        print_json([MessageToDict(each) for each in found])
    elif found:
        out.print(feeds_table(found))
    else:
        out.print("no carrier has reported")
