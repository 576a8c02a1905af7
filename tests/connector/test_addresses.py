"""Who receives the goods is asked of fulfillment when a document is sent, and rests sealed with what was sent."""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import uuid4

import grpc
import pytest
from connector import queries
from connector.codecs import x12_document
from connector.codecs.json_document import DocumentFault
from connector.consignees import AskedConsignees
from connector.mappings import consignees
from connector.use_cases.deliver import Worker, acquire_lease
from connector_samples import orders
from connector_samples.partners import EDI, http
from connector_samples.rig import TENANT, Rig, a_cause
from crossdock.delivery.events.v1 import events_pb2 as delivery
from crossdock.delivery.v1 import shipment_pb2
from crossdock.fulfillment.events.v1 import events_pb2 as fulfillment
from crossdock.fulfillment.v1 import fulfillment_service_pb2
from crossdock.fulfillment.v1.sales_order_pb2 import Consignee
from crossdock_edi.x12.parts import Contact
from crossdock_kit.context import caused_by
from crossdock_kit.deliveries import Delivered
from crossdock_kit.peers import PeerFailed, PeerUnavailable

JANE = Consignee(
    name="Jane Roe",
    company="Harbour Bikes",
    address_lines=["7 Quay", "2nd floor"],
    postal_code="20457",
    city="Hamburg",
    region="HH",
    country="DE",
    phone="+49 40 1234",
    email="jane@example.com",
)
SHIP_TO = {
    "name": "Jane Roe",
    "company": "Harbour Bikes",
    "addressLines": ["7 Quay", "2nd floor"],
    "postalCode": "20457",
    "city": "Hamburg",
    "region": "HH",
    "country": "DE",
    "phone": "+49 40 1234",
}
DROP = {"fileDrop": {"inbox": "addressed/in", "outbox": "addressed/out"}}


def released(order_id: str, location: str, *, named: bool = True) -> fulfillment.OrderReleased:
    step = fulfillment.ScheduleStep(line_number="1", sku="A1001", quantity=orders.quantity("5"))
    return fulfillment.OrderReleased(
        order_id=order_id,
        number="SO-7",
        part=1,
        location_id=location,
        steps=[step],
        release_number="SO-7/1.1",
        consignee_id=f"consignee/{order_id}" if named else "",
    )


async def warehouse(rig: Rig, name: str, kind: str, **more: Any) -> str:
    """A warehouse of its own that takes one kind of document; its location."""
    location = f"WH-{name.upper()}"
    route = {"kind": kind, "direction": "OUT", **({} if kind.startswith("x12.") else {"path": "/pick-requests"})}
    facts: dict[str, Any] = {"role": "WMS", "system": location, "locations": [location], "transport": http()}
    await rig.partner(name, **facts | {"documents": [route]} | more)
    return location


async def release(rig: Rig, location: str, consignee: Consignee | None, **more: Any) -> str:
    order_id = str(uuid4())
    rig.persons.known[order_id] = consignee
    await rig.tell(released(order_id, location, **more), aggregate=f"sales_order/{order_id}")
    return order_id


@pytest.fixture(autouse=True)
def everybody_answers(rig: Rig) -> None:
    rig.persons.away = None
    rig.persons.asked.clear()


async def waiting(rig: Rig, partner: str) -> list[tuple[str, int, str]]:
    rows = await rig.rows(
        "SELECT state, failures, last_error FROM delivery WHERE partner = $1 AND state <> 'delivered'", partner
    )
    return [tuple(row) for row in rows]


@pytest.mark.feature("F022")
async def test_a_pick_request_says_who_receives_the_goods(rig: Rig) -> None:
    location = await warehouse(rig, "addr-a", "wms_a.pick_request")
    first, second = await release(rig, location, JANE), await release(rig, location, Consignee(name="John Poe"))
    nobody = await release(rig, location, None, named=False)
    told = {json.loads(content)["orderRef"]: json.loads(content) for _, content in await rig.send("addr-a")}
    assert told[first]["shipTo"] == SHIP_TO
    assert told[second]["shipTo"]["name"] == "John Poe"
    assert "shipTo" not in told[nobody]
    # One question for all of them; who named nobody is not asked about.
    assert [sorted(each) for each in rig.persons.asked] == [sorted((first, second))]


async def test_format_b_has_words_of_its_own_for_an_address(rig: Rig) -> None:
    location = await warehouse(rig, "addr-b", "wms_b.pick_request")
    await release(rig, location, JANE)
    [(_, content)] = await rig.send("addr-b")
    assert json.loads(content)["to"] == {
        "name": "Jane Roe",
        "firm": "Harbour Bikes",
        "street": ["7 Quay", "2nd floor"],
        "zip": "20457",
        "town": "Hamburg",
        "region": "HH",
        "land": "DE",
        "tel": "+49 40 1234",
    }


@pytest.mark.feature("F203")
async def test_a_940_names_the_consignee_under_its_own_control_numbers(rig: Rig) -> None:
    location = await warehouse(rig, "addr-edi", "x12.940", transport=DROP, edi=EDI)
    await release(rig, location, Consignee(name="A*B~Jane\nRoe", address_lines=["7 > Quay"], city="Hamburg"))
    order_id = await release(rig, location, JANE)
    (_, folded), (document, content) = await rig.send("addr-edi")
    [interchange] = x12_document.read_file(content, {})
    [message] = interchange.messages
    assert message.wrong == ""
    order: Any = message.document
    assert (interchange.control_number, order.notes[0].description) == (document.control_numbers[0], order_id)
    to = order.parties[1]
    assert (to.role, to.name, to.more_names) == ("ST", "Harbour Bikes", ("Jane Roe",))
    assert (to.address_lines, to.city, to.region) == (("7 Quay", "2nd floor"), "Hamburg", "HH")
    assert (to.postal_code, to.country) == ("20457", "DE")
    assert to.contacts == (Contact(function="DC", first_qualifier="TE", first_number="+49 40 1234"),)
    read: Any = x12_document.read_file(folded, {})[0].messages[0].document
    assert (read.parties[1].name, read.parties[1].address_lines) == ("A B Jane Roe", ("7 Quay",))


@pytest.mark.feature("F203")
async def test_a_replaced_940_names_the_consignee_and_a_cancelled_one_nobody(rig: Rig) -> None:
    location = await warehouse(rig, "addr-recall", "x12.940", transport=DROP, edi=EDI)
    for remaining in (True, False):
        order_id = str(uuid4())
        rig.persons.known[order_id] = JANE
        steps = released(order_id, location).steps
        recalled = fulfillment.OrderReleaseRecalled(
            order_id=order_id,
            number="SO-7",
            location_id=location,
            release_number="SO-7/1.1",
            steps=steps,
            remaining=steps if remaining else (),
        )
        await rig.tell(recalled, aggregate=f"sales_order/{order_id}")
    found: list[Any] = [
        x12_document.read_file(content, {})[0].messages[0].document for _, content in await rig.send("addr-recall")
    ]
    assert [(each.status, [party.role for party in each.parties]) for each in found] == [
        ("R", ["WH", "ST"]),
        ("F", ["WH"]),
    ]


def planned(order_id: str, unit: str) -> delivery.ShipmentPlanned:
    shipment = shipment_pb2.Shipment(
        shipment_id=str(uuid4()),
        business_unit=unit,
        number="SH-1",
        orders=[shipment_pb2.OrderReference(order_id=order_id, number="SO-1")],
        ship_from="WH-EAST",
        customer_id="CUS-SHOP",
        consignee_id=f"consignee/{order_id}",
        state=shipment_pb2.SHIPMENT_STATE_PLANNED,
    )
    return delivery.ShipmentPlanned(shipment_id=shipment.shipment_id, number="SH-1", shipment=shipment)


@pytest.mark.feature("F122")
async def test_a_load_tender_says_where_the_load_goes(rig: Rig) -> None:
    tms = {"documents": [{"kind": "json.load_tender", "direction": "OUT", "path": "/tenders"}], "transport": http()}
    await rig.partner("addr-tms", role="TMS", businessUnit="ADDR-J", **tms)
    carrier = {"documents": [{"kind": "x12.204", "direction": "OUT"}], "transport": DROP, "edi": EDI}
    await rig.partner("addr-car", role="CARRIER", businessUnit="ADDR-X", **carrier)
    order_id = str(uuid4())
    rig.persons.known[order_id] = JANE
    for unit in ("ADDR-J", "ADDR-X"):
        offer = planned(order_id, unit)
        await rig.tell(offer, aggregate=f"shipment/{offer.shipment_id}")
    [(_, content)] = await rig.send("addr-tms")
    assert json.loads(content)["shipTo"] == SHIP_TO
    [(_, content)] = await rig.send("addr-car")
    [message] = x12_document.read_file(content, {})[0].messages
    tender: Any = message.document
    assert message.wrong == ""
    [to] = tender.stops[1].parties
    assert (to.role, to.id, to.name, to.more_names) == ("CN", "CUS-SHOP", "Harbour Bikes", ("Jane Roe",))
    assert (to.address_lines, to.city, to.postal_code) == (("7 Quay", "2nd floor"), "Hamburg", "20457")
    assert [(each.name, each.number) for each in to.contacts] == [("Harbour Bikes", "+49 40 1234")]


@pytest.mark.parametrize("error", [PeerUnavailable("UNAVAILABLE"), PeerFailed("INTERNAL", "no")])
async def test_while_nobody_says_who_receives_it_a_document_waits_and_others_go(rig: Rig, error: Any) -> None:
    name = f"addr-{type(error).__name__.lower()}"
    location = await warehouse(rig, name, "wms_a.pick_request", retry={"first": "0.05s", "attempts": 1})
    await release(rig, location, JANE)
    await release(rig, location, None, named=False)
    rig.persons.away = error
    [(_, content)] = await rig.send(name)
    assert "shipTo" not in json.loads(content)
    assert await waiting(rig, name) == [("waiting", 0, error.code)]
    assert await rig.value("SELECT count(*) FROM breaker WHERE partner = $1", name) == 0
    rig.persons.away = None
    await rig.rows("UPDATE delivery SET next_attempt_at = now() WHERE partner = $1 RETURNING 1", name)
    [(_, content)] = await rig.send(name)
    assert json.loads(content)["shipTo"]["name"] == "Jane Roe"


async def test_what_was_sent_is_kept_sealed_and_stays_the_same_for_every_attempt(
    rig: Rig, caplog: pytest.LogCaptureFixture
) -> None:
    location = await warehouse(rig, "addr-kept", "wms_a.pick_request", retry={"first": "0.01s", "longest": "0.01s"})
    order_id = await release(rig, location, JANE)
    worker = Worker(TENANT, "addr-kept", "worker-1", 0)
    with caplog.at_level(logging.DEBUG), caused_by(a_cause()):
        held, _ = await acquire_lease(worker, "outbound", rig.around)
        holder = Worker(TENANT, "addr-kept", "worker-1", held.epoch)
        [first] = await rig.desk.lease(holder, 10, timedelta(0))
        # Lost on its way to the worker; meanwhile she moves.
        rig.persons.known[order_id] = Consignee(name="Jane Doe")
        [again] = await rig.desk.lease(holder, 10, timedelta(0))
    assert b"Jane Roe" in first.content
    assert (again.content, again.leased.attempt) == (first.content, 2)
    assert len(rig.persons.asked) == 1
    kept = await queries.get_content(rig.engine, rig.around.vault, TENANT, first.document.document_id, None)
    assert kept[0] == first.content
    assert "Jane" not in caplog.text
    for table in ("document", "delivery", "step", "exception", "message"):
        assert await rig.value(f"SELECT count(*) FROM {table} t WHERE t::text LIKE '%Jane%'") == 0
    sealed = await rig.value("SELECT content FROM document WHERE document_id = $1", first.document.document_id)
    assert b"Jane" not in bytes(sealed)


async def test_goods_for_somebody_who_was_erased_are_the_order_desks(rig: Rig) -> None:
    location = await warehouse(rig, "addr-erased", "wms_a.pick_request")
    order_id = await release(rig, location, None)
    assert await rig.send("addr-erased") == []
    assert [state for state, _, _ in await waiting(rig, "addr-erased")] == ["cancelled"]
    [row] = await rig.rows(
        "SELECT code, owner, failure_class, summary FROM exception WHERE summary LIKE $1", f"%{order_id}%"
    )
    assert (row["code"], row["owner"], row["failure_class"]) == ("CONSIGNEE_ERASED", "order-desk", "business")


async def test_an_address_that_a_format_cannot_hold_is_told_without_saying_it(rig: Rig) -> None:
    location = await warehouse(rig, "addr-long", "x12.940", transport=DROP, edi=EDI)
    order_id = await release(rig, location, Consignee(name="Jane Roe", city="Llanfair" * 5))
    assert await rig.send("addr-long") == []
    [(state, _, error)] = await waiting(rig, "addr-long")
    assert (state, error) == ("dead", "ADDRESS_NOT_REPRESENTABLE: N401: it is longer than 30 characters")
    # What is mended there is asked for anew when it is tried again.
    rig.persons.known[order_id] = JANE
    await rig.rows("UPDATE delivery SET state = 'waiting' WHERE partner = 'addr-long' RETURNING 1")
    [(_, content)] = await rig.send("addr-long")
    assert b"Hamburg" in content


def test_long_names_and_lines_go_on_in_further_elements() -> None:
    party = consignees.warehouse_party(
        Consignee(name="N" * 100, company="C" * 100, address_lines=["L" * 100, "M"], region="Bayern")
    )
    assert (party.name, party.more_names) == ("C" * 60, ("C" * 40, "N" * 60, "N" * 40))
    assert (party.address_lines, party.region) == (("L" * 55, "L" * 45, "M", "Bayern"), "")
    with pytest.raises(DocumentFault, match="N301"):
        consignees.warehouse_party(Consignee(address_lines=["L" * 100] * 3))


@dataclass
class Fulfillment:
    """Answers as the contract says, or not at all."""

    failure: grpc.StatusCode | None = None
    asked: list[Sequence[str]] = field(default_factory=list)

    async def BatchGetConsignees(self, request: Any) -> Any:  # noqa: N802  the contract's name
        self.asked.append(list(request.order_ids))
        if self.failure is not None:
            raise grpc.aio.AioRpcError(self.failure, grpc.aio.Metadata(), grpc.aio.Metadata())
        entry = fulfillment_service_pb2.OrderConsignee
        return fulfillment_service_pb2.BatchGetConsigneesResponse(
            orders=[entry(order_id="1", consignee=JANE), entry(order_id="2", erased=True), entry(order_id="3")]
        )


async def test_fulfillments_answer_tells_the_erased_from_those_that_nobody_named() -> None:
    peer = Fulfillment()
    asked = AskedConsignees(lambda _: peer)
    assert await asked.of(TENANT, ["1", "2", "3", "4"]) == {"1": JANE, "2": None}
    peer.failure = grpc.StatusCode.UNAVAILABLE
    with pytest.raises(PeerUnavailable):
        await asked.of(TENANT, ["1"])


async def test_a_delivery_that_was_tried_is_reported_as_ever(rig: Rig) -> None:
    location = await warehouse(rig, "addr-plain", "wms_a.pick_request")
    await release(rig, location, JANE)
    [(document, _)] = await rig.send("addr-plain", Delivered("WMS-1"))
    assert (document.foreign_number, document.consignee_of) == ("WMS-1", "")
