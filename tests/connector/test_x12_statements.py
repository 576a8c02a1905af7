"""846: a warehouse's statement in X12, and what it must say to be compared with the ledger."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from connector.codecs import x12_document
from connector.codecs.json_document import DocumentFault
from connector.domain.documents import State
from connector.mappings import x12_846
from connector_samples import files, orders
from connector_samples.partners import EDI
from connector_samples.rig import Rig
from crossdock.inventory.v1 import inventory_service_pb2 as inventory
from crossdock.inventory.v1 import stock_control_service_pb2 as control
from crossdock.options.v1 import options_pb2

SELLABLE, QUARANTINED = inventory.ACCOUNT_SELLABLE, inventory.ACCOUNT_QUARANTINED
HEADER = "BIA*00*MM*ST-1*20261110*1000"
AT_EAST = "N1*WH**92*EAST1"
BOLTS = ("LIN*1*BP*A1001*LT*L1", "QTY*17*46*EA", "QTY*QH*4*EA", "QTY*33*40*EA")


def read(*segments: str, **options: Any) -> Any:
    content = files.interchange("846", list(segments), group="IB")
    [message] = x12_document.read_file(content, {})[0].messages
    assert message.wrong == ""
    partner = orders.partner(options_pb2.ROLE_WMS, options={"zone": "Europe/Berlin"} | options)
    return x12_846.read(message.document, orders.reading(partner, x12=True))  # type: ignore[arg-type]


@pytest.mark.feature("F101")
def test_an_846_says_what_lies_there_at_the_time_of_its_place() -> None:
    command = read(HEADER, AT_EAST, *BOLTS)
    request = command.request
    assert (request.number, request.location_id, request.complete) == ("ST-1", "WH-EAST", False)
    assert request.as_of.ToDatetime(tzinfo=UTC) == datetime(2026, 11, 10, 9, tzinfo=UTC)
    assert list(request.buckets) == [SELLABLE, QUARANTINED]
    assert [(each.sku, each.lot, each.bucket, each.quantity.value, each.quantity.unit) for each in request.lines] == [
        ("A1001", "L1", SELLABLE, "46", "EA"),
        ("A1001", "L1", QUARANTINED, "4", "EA"),
    ]
    assert (command.keys, command.lines) == (("statement:ST-1",), 2)


@pytest.mark.feature("F101")
def test_a_profile_says_what_is_goods_and_whether_all_are_named() -> None:
    request = read(HEADER, AT_EAST, *BOLTS, complete=True, quantities={"33": "SELLABLE", "17": "STAGED"}).request
    assert request.complete
    assert [(each.bucket, each.quantity.value) for each in request.lines] == [
        (inventory.ACCOUNT_STAGED, "46"),
        (QUARANTINED, "4"),
        (SELLABLE, "40"),
    ]


@pytest.mark.parametrize(
    ("segments", "options", "says"),
    [
        (("BIA*00*MM*ST-1*20261110", AT_EAST, *BOLTS), {}, "day or time"),
        ((HEADER, AT_EAST, *BOLTS), {"zone": None}, "names no zone"),
        ((HEADER, AT_EAST, *BOLTS), {"zone": "Europe/Nowhere"}, "no time zone"),
        ((HEADER, *BOLTS), {}, "no warehouse is named"),
        ((HEADER, AT_EAST, "LIN*1*BP*A1001", "QTY*33*40*EA"), {}, "how much is there"),
        ((HEADER, AT_EAST, *BOLTS), {"quantities": {"17": "LOST"}}, "the profile's mapping says 'LOST'"),
    ],
)
def test_what_cannot_be_compared_is_refused(segments: tuple[str, ...], options: dict[str, Any], says: str) -> None:
    with pytest.raises(DocumentFault, match=says):
        read(*segments, **options)


@pytest.mark.feature("F101")
@pytest.mark.usefixtures("accepting")
async def test_a_3pl_on_edi_has_its_statement_compared(rig: Rig) -> None:
    await rig.partner(
        "wms-3pl",
        role="WMS",
        system="WMS-EAST",
        locations=["WH-EAST"],
        transport={"fileDrop": {"inbox": "wms-3pl/in", "outbox": "wms-3pl/out"}},
        edi=EDI | {"partnerId": "ZZ:LOGI"},
        documents=[{"kind": "x12.846", "direction": "IN", "mapping": {"zone": "Europe/Berlin"}}],
    )
    rig.procurement.accepts("RecordStatement", control.RecordStatementResponse())
    content = files.interchange("846", [HEADER, "N1*WH**92*WH-EAST", *BOLTS], group="IB", sender="LOGI")
    document = await rig.given("wms-3pl", content)
    assert document.state is State.UNDERSTOOD, document.reason
    [request] = rig.procurement.requests
    assert isinstance(request, control.RecordStatementRequest)
    assert (request.origin.system, request.origin.role) == ("WMS-EAST", options_pb2.ROLE_WMS)
