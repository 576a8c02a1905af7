"""A channel hears that goods of its order came back, and that they are credited."""

from __future__ import annotations

import json
from typing import Any
from uuid import uuid4

import pytest
from connector.domain.documents import owner_of
from connector.mappings import json_return_status
from connector_samples import orders
from connector_samples.partners import http
from connector_samples.rig import Rig
from crossdock.common.v1 import values_pb2
from crossdock.fulfillment.events.v1 import events_pb2
from crossdock.fulfillment.v1 import posting_pb2, return_pb2
from crossdock.options.v1 import options_pb2

SHOP = "shop-returns"
ORDER: dict[str, Any] = {"order_id": "so-9", "order_number": "#1001", "channel": SHOP}


def received(**more: Any) -> events_pb2.ReturnReceived:
    line = return_pb2.ReturnedLine(line_number="71", sku="A1001", quantity=orders.quantity("2"))
    said = {"return_id": "r-1", "number": "R-1", "report_number": "RR-1", "lines": [line]}
    return events_pb2.ReturnReceived(**ORDER | said | more)


def credited(return_id: str = "r-1") -> events_pb2.CreditIssued:
    gross = values_pb2.Money(amount="47.60", currency="EUR")
    posting = posting_pb2.Posting(
        reference="R-1",
        return_id=return_id,
        totals=posting_pb2.Totals(gross=gross),
        lines=[posting_pb2.PostingLine(line_number="71", sku="A1001", quantity=orders.quantity("2"))],
    )
    return events_pb2.CreditIssued(posting_id="p-1", credit_number="CN-7", posting=posting, **ORDER)


def written(event: json_return_status.Told) -> dict[str, Any]:
    shop = orders.partner(options_pb2.ROLE_CHANNEL, name=SHOP)
    return json_return_status.write(event, orders.writing(shop, own={("item", "A1001"): "SHOP-1"}))


@pytest.mark.feature("F130", "F133")
def test_what_came_back_and_what_is_credited_are_told_with_their_lines_and_the_erps_number() -> None:
    line = {"line": "71", "item": "SHOP-1", "quantity": "2", "unit": "EA"}
    back, note = written(received()), written(credited())
    assert (back["status"], back["return"], back["order"], back["lines"]) == ("received", "R-1", "#1001", [line])
    assert (note["status"], note["return"], note["credit"]) == ("credited", "R-1", "CN-7")
    assert (note["amount"], note["currency"], note["lines"]) == ("47.60", "EUR", [line])
    assert written(credited(return_id=""))["return"] is None, "granted without a return"


def returned(**amounts: str) -> return_pb2.CustomerReturn:
    line = return_pb2.ReturnLine(line_number="71", sku="A1001")
    for name, amount in amounts.items():
        getattr(line, name).CopyFrom(orders.quantity(amount))
    return return_pb2.CustomerReturn(return_id="r-1", number="R-1", reason="too small", lines=[line])


def inspected() -> events_pb2.ReturnInspected:
    restocked, scrapped = (
        return_pb2.ReturnedLine(line_number="71", sku="A1001", quantity=orders.quantity("1"), disposition=each)
        for each in (return_pb2.DISPOSITION_RESTOCK, return_pb2.DISPOSITION_SCRAP)
    )
    said = {"return_id": "r-1", "number": "R-1", "report_number": "RI-1", "lines": [restocked, scrapped]}
    return events_pb2.ReturnInspected(**ORDER | said)


def of_return(kind: type[Any], **facts: Any) -> Any:
    return kind(return_id="r-1", number="R-1", **ORDER | facts)


@pytest.mark.feature("F130", "F133")
def test_that_goods_may_come_what_was_found_and_that_no_more_is_expected_are_told() -> None:
    line = {"line": "71", "item": "SHOP-1", "quantity": "2", "unit": "EA"}
    authorized = of_return(events_pb2.ReturnAuthorized, customer_return=returned(authorized="2"))
    may = written(authorized)
    assert (may["status"], may["return"], may["reason"], may["lines"]) == ("authorized", "R-1", "too small", [line])
    found = written(inspected())
    assert (found["status"], [each["disposition"] for each in found["lines"]]) == ("inspected", ["restock", "scrap"])
    left = returned(authorized="5", received="3")
    none = written(of_return(events_pb2.ReturnWithdrawn, customer_return=left, reason="kept it"))
    assert (none["status"], none["reason"], none["lines"]) == ("withdrawn", "kept it", [line])
    for each in (may, found, none):
        assert (each["credit"], each["amount"]) == (None, None)


@pytest.mark.feature("F130", "F133")
async def test_a_channel_hears_of_the_returns_of_its_own_orders(rig: Rig) -> None:
    routes = [{"kind": "json.return_status", "direction": "OUT", "path": "/returns"}]
    await rig.partner(SHOP, role="CHANNEL", partyId="CUS-SHOP", transport=http(), documents=routes)
    may, withdrawn = (of_return(each) for each in (events_pb2.ReturnAuthorized, events_pb2.ReturnWithdrawn))
    for version, fact in enumerate((may, received(), inspected(), withdrawn), start=1):
        await rig.tell(fact, aggregate="return/r-1", version=version)
    await rig.tell(credited(), aggregate="posting/p-1")
    for nobodys in ("", "shop-other"):
        await rig.tell(received(channel=nobodys), aggregate=f"return/{uuid4()}")
    heard = []
    while sent := await rig.send(SHOP):
        heard += [json.loads(content)["status"] for _, content in sent]
    assert heard == ["authorized", "received", "inspected", "withdrawn", "credited"]


def test_what_a_warehouse_says_of_a_return_and_nobody_takes_is_the_warehouses() -> None:
    for command in ("RecordReturnReceipt", "RecordReturnInspection"):
        assert owner_of("LOCATION_UNKNOWN_HERE", command) == "warehouse"
