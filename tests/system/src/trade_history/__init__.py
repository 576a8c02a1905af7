"""What each service has announced in a history of everything that somebody listens to; the facts of procurement are its
golden ones: two orders' whole lives."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from crossdock.catalog.events.v1 import events_pb2 as catalog
from crossdock.catalog.v1 import master_data_pb2
from crossdock.common.v1 import values_pb2
from crossdock.connector.events.v1 import events_pb2 as connector_events
from crossdock.delivery.events.v1 import events_pb2 as delivery_events
from crossdock.delivery.v1 import shipment_pb2
from crossdock.fulfillment.events.v1 import events_pb2 as fulfillment_events
from crossdock.fulfillment.v1 import posting_pb2, return_pb2, sales_order_pb2, warehouse_pb2
from crossdock.inventory.events.v1 import events_pb2 as inventory_events
from crossdock.inventory.v1 import inventory_service_pb2 as stock_pb
from crossdock.inventory.v1 import stock_transfer_pb2 as transfer_pb
from crossdock.options.v1 import options_pb2
from crossdock.procurement.events.v1 import events_pb2 as procurement_events
from crossdock_kit.ids import derived
from google.protobuf.json_format import ParseDict
from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp
from google.type import date_pb2

AT = datetime(2026, 5, 4, 8, tzinfo=UTC)
GOLDENS = Path(__file__).parents[3] / "procurement" / "goldens"
LIVES = (
    "PurchaseOrderReleased",
    "PurchaseOrderAnswerOverdue",
    "PurchaseOrderAcknowledged",
    "PurchaseOrderChangeProposed",
    "PurchaseOrderChangeDecided",
    "InboundExpected",
    "ShipNoticeReceived",
    "ShipNoticeWithdrawn",
    "GoodsReceived",
    "ComplianceHoldReleased",
    "DiscrepancyReported",
    "ShipNoticeClosed",
    "PurchaseOrderReceived",
    "PurchaseOrderRevised",
    "PurchaseOrderCancelled",
    "PurchaseOrderCompleted",
    "PurchaseOrderCarriageChanged",
    "SupplierInvoiceMatched",
    "SupplierInvoiceDecided",
)
WAREHOUSE = master_data_pb2.LOCATION_KIND_WAREHOUSE
ROAD_ORDER = "0191-road"
"""An order whose goods stand at the dock when the history begins."""


def master_data() -> list[Message]:
    """Each thing twice, so that their order matters."""
    told: list[Message] = []
    for change in ("Riga", "Vilnius"):
        told += [
            catalog.ItemChanged(sku=sku, item=master_data_pb2.Item(sku=sku, base_unit="EA", category=change))
            for sku in ("BOLT", "NUT")
        ]
        place = master_data_pb2.Location(
            location_id="WH-EAST",
            name="East",
            zone=f"Europe/{change}",
            system="WMS-EAST",
            business_unit="EU01",
            kind=WAREHOUSE,
        )
        told.append(catalog.LocationChanged(location_id="WH-EAST", location=place))
        party = master_data_pb2.Party(party_id="SUP-NORDIC", name=change, roles=[master_data_pb2.PARTY_ROLE_SUPPLIER])
        told.append(catalog.PartyChanged(party_id="SUP-NORDIC", party=party))
        role = master_data_pb2.PARTY_ROLE_CARRIER if change == "Riga" else master_data_pb2.PARTY_ROLE_CUSTOMER
        buyer = master_data_pb2.Party(party_id="CUS-SHOP", name=change, roles=[role])
        told.append(catalog.PartyChanged(party_id="CUS-SHOP", party=buyer))
        amount = values_pb2.Money(amount="2.40" if change == "Riga" else "2.50", currency="EUR")
        price = master_data_pb2.Price(sku="BOLT", price=values_pb2.UnitPrice(money=amount))
        told.append(catalog.PricesChanged(sku="BOLT", prices=[price]))
        entry = master_data_pb2.CrosswalkEntry(
            partner="erp-eu", kind=master_data_pb2.CODE_KIND_ITEM, partner_code=change, canonical="BOLT"
        )
        told.append(catalog.CrosswalkChanged(partner="erp-eu", entries=[entry]))
    return told


def lives() -> list[Message]:
    found = []
    for name in LIVES:
        golden = json.loads((GOLDENS / f"{name}.json").read_text())
        found.append(ParseDict(golden["message"], getattr(procurement_events, name)()))
    return found


def postings() -> list[Message]:
    return [
        connector_events.DocumentSent(
            document_id=f"doc-{number}",
            partner="erp-eu",
            kind="json.goods_receipt",
            foreign_number=f"50000{number}",
            source_event_id=str(derived("posting", number)),
            source_aggregate=f"receipt/0193-{letter}",
            sent_at=Timestamp(seconds=int(AT.timestamp())),
        )
        for number, letter in enumerate("ab")
    ]


def warehouse_reports() -> list[Message]:
    """Two parts of an order's line: picked and handed over, and handed over without a word of the pick."""
    step = fulfillment_events.ScheduleStep(
        line_number="1", sku="BOLT", quantity=values_pb2.Quantity(value="5", unit="EA"), location_id="WH-EAST"
    )
    told: list[Message] = [
        fulfillment_events.OrderReleased(
            order_id="0191-4711", number="S-1", part=1, location_id="WH-EAST", steps=[step], release_number="S-1/1.1"
        )
    ]
    told.append(
        fulfillment_events.OrderReleaseRecalled(
            order_id="0191-4711", number="S-1", part=1, location_id="WH-EAST", steps=[step], release_number="S-1/1.1"
        )
    )
    told.append(recall_answered())
    for part, (sku, picked) in enumerate((("BOLT", "5"), ("NUT", "0"))):
        line = warehouse_pb2.HandledLine(
            order_id="0191-4711",
            order_number="S-1",
            line_number=str(part + 1),
            sku=sku,
            quantity=values_pb2.Quantity(value="5", unit="EA"),
            business_unit="EU01",
            # Which lot left is the warehouse's word: where it says it late, the ledger tells that it was said late.
            lot=values_pb2.Lot(number="L1") if sku == "BOLT" else None,
        )
        place: dict[str, Any] = {"location_id": "WH-EAST", "order_numbers": ["S-1"]}
        if picked != "0":
            told.append(fulfillment_events.PickCompleted(pick_id=f"pick-{part}", number="P-1", lines=[line], **place))
            told.append(
                fulfillment_events.ShipmentReady(
                    shipment_id=f"shipment-{part}", number=f"SH-{part}", lines=[line], customer_id="CUS-SHOP", **place
                )
            )
        before = values_pb2.Quantity(value=picked, unit="EA")
        told.append(
            fulfillment_events.GoodsIssued(
                shipment_id=f"shipment-{part}",
                number=f"SH-{part}",
                issue_number="I-1",
                lines=[fulfillment_events.IssuedLine(line=line, picked_before=before)],
                **place,
            )
        )
    return told


def recall_answered() -> Message:
    """One was picked and lies on its shelf again, one was never picked."""
    stopped = [
        fulfillment_events.StoppedLine(
            line=warehouse_pb2.HandledLine(
                order_id="0191-4711",
                order_number="S-1",
                line_number="1",
                schedule_id="0191-4711.1.1",
                sku="BOLT",
                quantity=values_pb2.Quantity(value="2", unit="EA"),
                business_unit="EU01",
                lot=values_pb2.Lot(number="L1"),
            ),
            picked_before=values_pb2.Quantity(value=picked, unit="EA"),
        )
        for picked in ("2", "0")
    ]
    return fulfillment_events.RecallAnswered(
        recall_id="recall-1", number="RA-1", location_id="WH-EAST", order_numbers=["S-1"], stopped=stopped
    )


def packed_and_stopped() -> list[Message]:
    """All that was packed for a shipment, and is not wanted any more."""
    quantity = values_pb2.Quantity(value="5", unit="EA")
    line = warehouse_pb2.HandledLine(order_id="0191-4711", line_id="0191-4711.9", line_number="9", quantity=quantity)
    step = fulfillment_events.ScheduleStep(line_id="0191-4711.9", quantity=quantity, shipment_id="shipment-9")
    return [
        fulfillment_events.ShipmentReady(
            shipment_id="shipment-9", number="SH-9", location_id="WH-EAST", order_numbers=["S-1"], lines=[line]
        ),
        fulfillment_events.ShipmentCleared(
            shipment_id="shipment-9", number="SH-9", location_id="WH-EAST", order_numbers=["S-1"]
        ),
        fulfillment_events.OrderAccepted(order_id="0191-4711", channel="shop-eu", number="S-1"),
        fulfillment_events.OrderLinesCancelled(
            order_id="0191-4711", channel="shop-eu", number="S-1", part=1, steps=[step]
        ),
        *left_and_stopped(quantity),
    ]


def left_and_stopped(quantity: values_pb2.Quantity) -> list[Message]:
    """All that left with a shipment, and is to be turned back."""
    line = warehouse_pb2.HandledLine(
        order_id="0191-4711", line_id="0191-4711.8", line_number="8", sku="CLIP", quantity=quantity
    )
    step = fulfillment_events.ScheduleStep(line_id="0191-4711.8", quantity=quantity, shipment_id="shipment-8")
    stop = fulfillment_events.Compensation(step=step, commands=["intercept_or_return"])
    return [
        fulfillment_events.GoodsIssued(
            shipment_id="shipment-8",
            number="SH-8",
            issue_number="I-8",
            location_id="WH-EAST",
            order_numbers=["S-1"],
            lines=[fulfillment_events.IssuedLine(line=line)],
        ),
        fulfillment_events.OrderCancellationRequested(order_id="0191-4711", number="S-1", part=1, compensations=[stop]),
    ]


def sales_orders() -> list[Message]:
    told = [*customers_told(), *sent_by_suppliers()]
    return [*warehouse_reports(), *packed_and_stopped(), *goods_back(), *postings_wanted(), *shipments_posted(), *told]


def customers_told() -> list[Message]:
    """An order of a customer on EDI, which takes its acknowledgment and no invoice."""
    line = sales_order_pb2.OrderLine(
        line_number="1",
        sku="BOLT",
        ordered=values_pb2.Quantity(value="5", unit="EA"),
        schedules=[
            sales_order_pb2.LineSchedule(
                state=sales_order_pb2.SCHEDULE_STATE_RELEASED, quantity=values_pb2.Quantity(value="5", unit="EA")
            )
        ],
    )
    said: dict[str, Any] = {"order_id": "0191-edi", "channel": "edi-mercato"}
    placed_on = date_pb2.Date(year=2026, month=5, day=4)
    order = sales_order_pb2.SalesOrder(number="S-EDI", currency="EUR", ordered_on=placed_on, **said)
    step = fulfillment_events.ScheduleStep(line_number="1", sku="BOLT", quantity=line.ordered)
    steps = {"number": "S-EDI", "part": 1, "steps": [step], **said}
    asked: dict[str, Any] = {"order_id": "0191-chk", "channel": "edi-mercato", "number": "S-CHK"}
    checked = sales_order_pb2.SalesOrder(
        business_unit="EU01", customer_id="CUS-SHOP", currency="EUR", ordered_on=placed_on, **asked
    )
    return [
        fulfillment_events.OrderCheckRequested(
            check_id="0191-chk:credit:1", kind=sales_order_pb2.CHECK_KIND_CREDIT, order=checked, lines=[line], **asked
        ),
        fulfillment_events.OrderRejected(
            kind=sales_order_pb2.CHECK_KIND_CREDIT, state=sales_order_pb2.ORDER_STATE_REJECTED, reason="no", **asked
        ),
        fulfillment_events.AllocationRequested(
            allocation_id="0191-chk:1:1", allocator=options_pb2.ROLE_ERP, part=1, steps=[step], order=checked, **asked
        ),
        fulfillment_events.AllocationWithdrawn(
            allocation_id="0191-chk:1:1", allocator=options_pb2.ROLE_ERP, part=1, order=checked, **asked
        ),
        fulfillment_events.OrderAccepted(number="S-EDI", order=order, **said),
        fulfillment_events.OrderLinesSubstituted(**steps),
        fulfillment_events.OrderLinesCancelled(reason="PICK_SHORT", order=order, lines=[line], **steps),
        fulfillment_events.OrderLinesBackordered(**steps),
        fulfillment_events.OrderLinesPromised(**steps),
        fulfillment_events.OrderStatusChanged(
            line_state=sales_order_pb2.SCHEDULE_STATE_SHIPPED, shipment_id="shipment-a", **steps
        ),
        fulfillment_events.OrderAcknowledged(number="S-EDI", part=1, order=order, lines=[line], **said),
        fulfillment_events.OrderChanged(number="S-EDI", order=order, lines=[line], reference="1", **said),
        fulfillment_events.InvoicePosted(posting_id="posting-edi", order_number="S-EDI", invoice_number="9001", **said),
    ]


def sent_by_suppliers() -> list[Message]:
    """A supplier ships a line straight to a customer."""
    line = warehouse_pb2.HandledLine(
        order_id="0191-direct",
        order_number="S-DIRECT",
        line_id="0191-direct.1",
        line_number="1",
        sku="BOLT",
        quantity=values_pb2.Quantity(value="5", unit="EA"),
    )
    return [
        fulfillment_events.SupplierShipped(
            shipment_id="shipment-of-a-supplier",
            number="ASN-DIRECT",
            ship_notice_id="0193-direct",
            supplier_id="SUP-NORDIC",
            order_ids=["0191-direct"],
            order_numbers=["S-DIRECT"],
            lines=[fulfillment_events.IssuedLine(line=line)],
            carrier="DHLF",
            tracking_number="PRO-DIRECT",
            shipped_at=_instant(1),
            customer_id="CUS-SHOP",
        )
    ]


def goods_back() -> list[Message]:
    """Some of it comes back, and some of that is sold again; what may come of another order never does."""
    place: dict[str, Any] = {
        "return_id": "return-1",
        "number": "R-1",
        "location_id": "WH-EAST",
        "business_unit": "EU01",
    }
    line = return_pb2.ReturnedLine(sku="NUT", quantity=values_pb2.Quantity(value="3", unit="EA"))
    decided = return_pb2.ReturnedLine(
        sku="NUT", quantity=values_pb2.Quantity(value="2", unit="EA"), disposition=return_pb2.DISPOSITION_RESTOCK
    )
    kept: dict[str, Any] = {"return_id": "return-2", "number": "R-2", "order_id": "0191-cn", "order_number": "S-CN"}
    return [
        fulfillment_events.ReturnAuthorized(channel="shop-eu", **kept),
        fulfillment_events.ReturnReceived(report_number="RR-1", lines=[line], **place),
        fulfillment_events.CreditIssued(
            posting_id="posting-cn", order_id="0191-cn", order_number="S-CN", credit_number="CN-1", channel="shop-eu"
        ),
        fulfillment_events.ReturnInspected(report_number="RI-1", lines=[decided], **place),
        fulfillment_events.ReturnWithdrawn(channel="shop-eu", **kept),
    ]


def postings_wanted() -> list[Message]:
    """One order's document and another's invoice: of one order the second is asked for after the answer to the
    first, and what is asked for at once has no order."""
    kinds = {"4711": posting_pb2.POSTING_KIND_ORDER, "4712": posting_pb2.POSTING_KIND_INVOICE}
    line = posting_pb2.PostingLine(line_number="1", sku="BOLT", quantity=values_pb2.Quantity(value="5", unit="EA"))
    return [
        fulfillment_events.PostingRequested(
            posting_id=f"posting-{name}",
            order_id=f"0191-{name}",
            order_number=f"S-{name}",
            posting=posting_pb2.Posting(posting_id=f"posting-{name}", business_unit="EU01", kind=kind, lines=[line]),
            customer_id="CUS-SHOP",
            currency="EUR",
            attempt=1,
        )
        for name, kind in kinds.items()
    ]


def shipments_posted() -> list[Message]:
    """What was shipped, as the ERP posts it: one it refuses first."""
    line = posting_pb2.PostingLine(line_number="1", sku="BOLT", quantity=values_pb2.Quantity(value="5", unit="EA"))
    said = posting_pb2.Posting(
        posting_id="posting-shipped",
        order_id="0191-4711",
        business_unit="EU01",
        kind=posting_pb2.POSTING_KIND_SHIPMENT,
        reference="I-a",
        shipment_id="shipment-a",
        system="ERP-EU",
        lines=[line],
    )
    refused, posted = posting_pb2.Posting(), posting_pb2.Posting()
    refused.CopyFrom(said)
    refused.state, refused.reason = posting_pb2.POSTING_STATE_REFUSED, "period closed"
    posted.CopyFrom(said)
    posted.state, posted.number = posting_pb2.POSTING_STATE_POSTED, "4900000001"
    posted.posted_at.CopyFrom(_instant(5))
    of: dict[str, Any] = {"posting_id": said.posting_id, "order_id": said.order_id, "order_number": "S-4711"}
    return [
        fulfillment_events.PostingRefused(posting=refused, reason=refused.reason, **of),
        fulfillment_events.PostingBooked(posting=posted, document_number=posted.number, **of),
    ]


def planned_shipments() -> list[Message]:
    """Two that a TMS is offered, and one of them called off."""
    planned = [
        delivery_events.ShipmentPlanned(
            shipment_id=f"shipment-{letter}",
            number=f"SH-{letter}",
            shipment=shipment_pb2.Shipment(
                shipment_id=f"shipment-{letter}", business_unit="EU01", number=f"SH-{letter}"
            ),
        )
        for letter in "ab"
    ]
    called_off = shipment_pb2.Shipment()
    called_off.CopyFrom(planned[0].shipment)
    called_off.call_off.command = "withdraw_tender"
    told = delivery_events.ShipmentCallOffRequested(shipment_id="shipment-a", number="SH-a", shipment=called_off)
    return [*planned, told]


def on_the_road() -> list[Message]:
    """A shipment leaves, is out for delivery, in trouble, on its way and delivered; the last word is taken back."""
    shipment: dict[str, Any] = {"shipment_id": "shipment-a", "number": "SH-a"}
    gone = delivery_events.DispatchedLine(
        order_id=ROAD_ORDER,
        order_number="S-ROAD",
        line_id=f"{ROAD_ORDER}.1",
        line_number="1",
        sku="BOLT",
        quantity=values_pb2.Quantity(value="10", unit="EA"),
    )
    reached = [
        delivery_events.MilestoneReached(milestone=each, at=_instant(hour), **shipment)
        for hour, each in enumerate((shipment_pb2.MILESTONE_OUT_FOR_DELIVERY, shipment_pb2.MILESTONE_DELIVERED), 2)
    ]
    return [
        delivery_events.ShipmentDispatched(lines=[gone], dispatched_at=_instant(1), issue_number="I-a", **shipment),
        delivery_events.MilestoneReached(milestone=shipment_pb2.MILESTONE_DELAYED, at=_instant(2), **shipment),
        delivery_events.EtaChanged(new_eta=_instant(60), **shipment),
        delivery_events.DelayEnded(**shipment),
        reached[0],
        delivery_events.DeliveryExceptionRaised(exception_id="trouble-1", at=_instant(3), **shipment),
        delivery_events.DeliveryExceptionResolved(exception_id="trouble-1", **shipment),
        reached[1],
        delivery_events.BillingTriggered(customer_id="CUS-SHOP", evidence="I-a", at=_instant(4), **shipment),
        delivery_events.MilestoneCorrected(
            milestone=shipment_pb2.MILESTONE_DELIVERED, old_at=_instant(4), reason="EVIDENCE_CONTRADICTED", **shipment
        ),
    ]


def _instant(hours: int) -> Timestamp:
    return Timestamp(seconds=int(AT.timestamp()) + hours * 3600)


def supplies() -> list[Message]:
    """There is stock again, and more of it; what was to come of another item comes later."""
    return [
        inventory_events.AvailabilityChanged(
            sku="NUT",
            location_id="WH-EAST",
            business_unit="EU01",
            available=values_pb2.Quantity(value=str(there), unit="EA"),
            as_of_version=version,
        )
        for version, there in enumerate((4, 9), 1)
    ] + [
        inventory_events.SupplyChanged(
            sku="SAND",
            location_id="WH-EAST",
            business_unit="EU01",
            available=values_pb2.Quantity(value="0", unit="KGM"),
            lots=[
                inventory_events.SupplyLot(
                    purchase_order_line_id="0193-line",
                    due_on=date_pb2.Date(year=2026, month=6, day=day),
                    quantity=values_pb2.Quantity(value="20", unit="KGM"),
                )
            ],
        )
        for day in (1, 9)
    ]


def transferred() -> list[Message]:
    """What left one warehouse for another, and has come."""
    part = transfer_pb.TransferredStock(sku="NUT", quantity=values_pb2.Quantity(value="5", unit="EA"))
    transfer = transfer_pb.StockTransfer(
        transfer_id="transfer-a",
        number="TO-A",
        from_location_id="WH-EAST",
        to_location_id="WH-WEST",
        business_unit="EU01",
        sent_at=_instant(0),
        state=transfer_pb.TRANSFER_STATE_IN_TRANSIT,
    )
    return [
        inventory_events.StockTransferSent(transfer_id="transfer-a", transfer=transfer, parts=[part]),
        inventory_events.StockTransferReceived(
            transfer_id="transfer-a", number="TR-A", transfer=transfer, parts=[part]
        ),
    ]


def stock_reports() -> list[Message]:
    """What one warehouse adjusted, and what another did and somebody had to decide on."""
    moved = {
        place: stock_pb.Movement(
            sku="NUT",
            location_id=place,
            business_unit="EU01",
            to=stock_pb.ACCOUNT_ADJUSTMENT,
            quantity=values_pb2.Quantity(value="2", unit="EA"),
            reason="AA",
            occurred_at=_instant(0),
            **{"from": stock_pb.ACCOUNT_SELLABLE},  # type: ignore[arg-type]
        )
        for place in ("WH-EAST", "WH-WEST", "WH-SOUTH")
    }
    return [
        inventory_events.StockAdjusted(
            adjustment_id="adjustment-a", number="CC-A", to_be_posted=True, movements=[moved["WH-EAST"]]
        ),
        inventory_events.AdjustmentDecided(
            adjustment_id="adjustment-b", number="CC-B", approved=True, movements=[moved["WH-WEST"]]
        ),
        inventory_events.QualityHoldChanged(
            report_id="move-a", number="QH-A", location_id="WH-SOUTH", movements=[moved["WH-SOUTH"]]
        ),
    ]


HISTORY: dict[str, Callable[[], list[Message]]] = {
    "catalog": master_data,
    "procurement": lives,
    "connector": postings,
    "fulfillment": sales_orders,
    "delivery": lambda: [*planned_shipments(), *on_the_road()],
    "inventory": lambda: [*supplies(), *stock_reports(), *transferred()],
}
