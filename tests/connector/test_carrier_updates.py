"""What carriers report, in four forms, becomes the same words; none of it is guessed."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from connector.codecs import json_document, x12_document
from connector.codecs.json_document import DocumentFault
from connector.domain.documents import State
from connector.mappings import easypost_tracker, edifact_iftsta, ups_track_alert, x12_214
from connector_samples import files, orders
from connector_samples.calls import control
from connector_samples.partners import http
from connector_samples.rig import Rig
from crossdock.delivery.v1 import delivery_service_pb2 as delivery
from crossdock.options.v1 import options_pb2
from delivery.domain.milestone_table import meaning_of
from delivery.domain.milestones import Milestone
from delivery.domain.refusals import FieldNotOwned
from delivery.wire.values import may_write

WRITTEN = datetime(2026, 11, 2, 8, 30, tzinfo=UTC)


def carrier(**options: Any) -> Any:
    partner = orders.partner(options_pb2.ROLE_CARRIER, name="acme-truck", party_id="CAR-ACME", options=options)
    return orders.reading(partner, x12=True, written=WRITTEN)


def status_report(*statuses: str, header: str = "B10*PRO77*SH-1*ACME") -> bytes:
    """A 214; each status is an AT7 with its MS1 behind a bar."""
    body = [header]
    for index, each in enumerate(statuses, start=1):
        at7, _, place = each.partition("|")
        body += [f"LX*{index}", f"AT7*{at7}", *([f"MS1*{place}"] if place else [])]
    return files.interchange("214", body, control=control(), group="QM")


def updates(content: bytes, reading: Any = None) -> list[delivery.CarrierUpdate]:
    [interchange] = x12_document.read_file(content, {})
    [message] = interchange.messages
    assert message.wrong == ""
    command = x12_214.read(message.document, reading or carrier())  # type: ignore[arg-type]
    request: Any = command.request
    return list(request.updates)


def shown(update: delivery.CarrierUpdate) -> str:
    return update.occurred_at.ToDatetime().strftime("%m-%d %H:%M")


@pytest.mark.feature("F137")
def test_a_214_tells_code_reason_place_and_both_numbers() -> None:
    [left, failed] = updates(
        status_report("AF*NS***20261102*0715*ET|BOSTON*MA*USA", "AH*B1***20261103*1200*UT|BRATTLEBORO*VT")
    )
    assert (left.carrier, left.tracking_number, left.shipment_number) == ("ACME", "PRO77", "SH-1")
    assert (left.vocabulary, left.code, left.reason, left.place) == ("x12_214", "AF", "NS", "BOSTON, MA, USA")
    assert (failed.code, failed.reason, failed.place) == ("AH", "B1", "BRATTLEBORO, VT")
    assert (shown(left), shown(failed)) == ("11-02 12:15", "11-03 12:00")


@pytest.mark.feature("F174")
def test_a_carriers_own_status_goes_with_what_catalog_or_its_profile_says_of_it() -> None:
    report = status_report("ZA*NS***20261102*0715*ET", "ZB*NS***20261103*0715*ET", "ZC*NS***20261104*0715*ET")
    reading = carrier(statuses={"ZA": "AF", "ZB": "X6"})
    known: Any = reading.codes
    known.known.meanings |= {("code", "statuses", "ZB"): "AG", ("code", "reasons", "ZC"): "D1"}
    found = updates(report, reading)
    assert [(each.code, each.means) for each in found] == [("ZA", "AF"), ("ZB", "AG"), ("ZC", "")]
    assert [each.HasField("estimated_at") for each in found] == [False, True, False], "an AG foretells"
    assert not known.unknown, "nobody waits for a status"


@pytest.mark.parametrize(
    ("code", "utc"),
    [
        ("ET", "07-01 12:00"),
        ("ED", "07-01 12:00"),
        ("ES", "07-01 13:00"),
        ("PT", "07-01 15:00"),
        ("UT", "07-01 08:00"),
        ("01", "07-01 07:00"),
        ("20", "07-01 13:00"),
        ("NS", "07-01 11:30"),
    ],
)
def test_a_time_code_is_read_as_element_623_has_it(code: str, utc: str) -> None:
    [update] = updates(status_report(f"X4*NS***20260701*0800*{code}"))
    assert shown(update) == utc


def test_a_local_time_is_that_of_its_place_or_nobodys() -> None:
    content = status_report("D1*NS***20261102*0800*LT|BRATTLEBORO*VT")
    with pytest.raises(DocumentFault, match="a local time of BRATTLEBORO, VT"):
        updates(content)
    [by_region] = updates(content, carrier(zones={"VT": "America/New_York"}, zone="America/Denver"))
    assert shown(by_region) == "11-02 13:00"
    [by_carrier] = updates(content, carrier(zone="America/Denver"))
    assert shown(by_carrier) == "11-02 15:00"
    with pytest.raises(DocumentFault, match="no time zone"):
        updates(content, carrier(zone="America/Nowhere"))


@pytest.mark.feature("F139", "F137")
def test_an_estimate_foretells_and_is_as_old_as_its_document() -> None:
    [update] = updates(status_report("AG*NS***20261104*1500*UT"))
    assert shown(update) == WRITTEN.strftime("%m-%d %H:%M")
    assert update.estimated_at.ToDatetime(tzinfo=UTC) == datetime(2026, 11, 4, 15, tzinfo=UTC)
    [appointment] = updates(status_report("**AB*NA*20261104*1500*UT"))
    assert (appointment.code, appointment.reason) == ("APPOINTMENT_AB", "NA")


def test_a_214_without_any_number_or_without_a_status_is_refused() -> None:
    with pytest.raises(DocumentFault, match="neither the carrier's number"):
        updates(status_report("AF*NS***20261102*0715*UT", header="B10***ACME"))
    with pytest.raises(DocumentFault, match="no status"):
        updates(status_report())


@pytest.mark.parametrize("zone", ["ET", "ES", "13"])
def test_a_214_of_a_day_beyond_all_days_is_refused(zone: str) -> None:
    with pytest.raises(DocumentFault):
        updates(status_report(f"AF*NS***99991231*2359*{zone}"))


def tracker(**more: Any) -> dict[str, Any]:
    details = [
        {"status": "pre_transit", "datetime": "2026-11-01T08:00:00Z", "message": "Label made", "tracking_location": {}},
        {
            "status": "in_transit",
            "datetime": "2026-11-01T20:00:00Z",
            "message": "Departed",
            "tracking_location": {"city": "Hamburg", "state": None, "country": "DE", "zip": None},
        },
    ]
    said = {
        "object": "Tracker",
        "tracking_code": "EZ42",
        "carrier": "UPS",
        "updated_at": "2026-11-01T21:00:00Z",
        "est_delivery_date": "2026-11-04T12:00:00Z",
        "tracking_details": details,
    }
    return said | more


def of_json(mapping: Any, body: dict[str, Any]) -> list[delivery.CarrierUpdate]:
    request: Any = mapping.read(json_document.decode(json.dumps(body).encode()), carrier()).request
    return list(request.updates)


@pytest.mark.feature("F137", "F148")
def test_a_tracker_is_its_history_and_its_estimate_alone_or_in_an_event() -> None:
    alone = of_json(easypost_tracker, tracker())
    assert [each.code for each in alone] == ["pre_transit", "in_transit", "estimated_delivery"]
    assert {each.tracking_number for each in alone} == {"EZ42"}
    assert [each.place for each in alone] == ["", "Hamburg, DE", ""]
    assert alone[2].estimated_at.ToDatetime(tzinfo=UTC) == datetime(2026, 11, 4, 12, tzinfo=UTC)
    arrived = {"status": "delivered", "datetime": "2026-11-03T09:00:00Z", "message": "Front desk"}
    signed = tracker(signed_by="K. Doe")
    signed["tracking_details"] = [*signed["tracking_details"], arrived]
    assert [each.received_by for each in of_json(easypost_tracker, signed)] == ["", "", "K. Doe", ""]
    event = {"object": "Event", "description": "tracker.updated", "result": tracker()}
    assert of_json(easypost_tracker, event) == alone
    with pytest.raises(DocumentFault, match="Batch"):
        of_json(easypost_tracker, {"object": "Batch"})


@pytest.mark.feature("F137", "F148")
def test_a_track_alert_is_one_word_and_names_who_took_it_in_its_place_alone() -> None:
    body = {
        "trackingNumber": "1Z999",
        "activityLocation": {"city": "CHARLOTTE", "stateProvince": "NC", "country": "US"},
        "activityStatus": {"type": "D", "code": "FS", "description": "Delivered"},
        "gmtActivityDate": "20261102",
        "gmtActivityTime": "135004",
        "receivedBy": "John",
    }
    [update] = of_json(ups_track_alert, body)
    assert (update.code, update.carrier, update.tracking_number) == ("FS", "UPS", "1Z999")
    assert update.occurred_at.ToDatetime(tzinfo=UTC) == datetime(2026, 11, 2, 13, 50, 4, tzinfo=UTC)
    assert update.received_by == "John"
    update.ClearField("received_by")
    assert "John" not in str(update)
    on_its_way = body | {"activityStatus": {"type": "I", "code": "DP"}}
    assert [each.received_by for each in of_json(ups_track_alert, on_its_way)] == [""]
    with pytest.raises(DocumentFault, match="no instant"):
        of_json(ups_track_alert, body | {"gmtActivityTime": "99"})


def transport_status(*segments: str, sender: str = "TRUCKER:ZZZ") -> bytes:
    """An IFTSTA of one consignment."""
    body = ["UNH+1+IFTSTA:D:00B:UN", "BGM+23+ST-1+9", "NAD+CA+ACME:160", "RFF+CU:SH-1", "CNI+1", *segments]
    head = f"UNB+UNOC:3+{sender}+ACME:ZZZ+261102:0830+{control()}"
    lines = [head, *body, f"UNT+{len(body) + 1}+1", f"UNZ+1+{head.rpartition('+')[2]}"]
    return "".join(f"{each}'" for each in lines).encode()


LEFT = ("STS+1+24::9:Departed+B1", "RFF+CN:PRO77", "DTM+334:202611020715:203", "LOC+175+DEHAM:139:6:HAMBURG+DE")


def told_by_edifact(content: bytes, **options: Any) -> list[delivery.CarrierUpdate]:
    [interchange] = x12_document.read_file(content, {})
    [message] = interchange.messages
    assert message.wrong == "", message.wrong
    request: Any = edifact_iftsta.read(message.document, carrier(**options)).request  # type: ignore[arg-type]
    return list(request.updates)


@pytest.mark.feature("F137")
def test_an_iftsta_tells_code_reason_place_and_both_numbers_at_the_time_of_its_place() -> None:
    delivered = ("STS+1+21", "RFF+BM:BL-9", "DTM+334:202611030800UTC:303")
    [left, arrived] = told_by_edifact(transport_status(*LEFT, *delivered), zones={"DE": "Europe/Berlin"})
    assert (left.carrier, left.tracking_number, left.shipment_number) == ("ACME", "PRO77", "SH-1")
    assert (left.vocabulary, left.code, left.reason, left.text) == ("edifact_iftsta", "24", "B1", "Departed")
    assert (shown(left), left.place) == ("11-02 06:15", "HAMBURG, DE")
    assert (arrived.code, arrived.tracking_number, shown(arrived)) == ("21", "BL-9", "11-03 08:00")
    assert meaning_of("edifact_iftsta", arrived.code, {}).milestone is Milestone.DELIVERED
    [own] = told_by_edifact(transport_status(*LEFT), zone="UTC", tracking=["XX"], shipment=["CN"])
    assert (own.tracking_number, own.shipment_number) == ("", "PRO77")


@pytest.mark.parametrize(
    ("segments", "options", "says"),
    [
        (LEFT, {}, "a local time of DEHAM"),
        (LEFT, {"zone": "Europe/Nowhere"}, "no time zone"),
        (LEFT[:2], {"zone": "UTC"}, "no time of the status"),
        ((*LEFT[:2], "DTM+334:2026110220261103:718"), {"zone": "UTC"}, "no moment"),
        (LEFT, {"zone": "UTC", "tracking": [], "shipment": []}, "neither the carrier's number"),
        ((), {"zone": "UTC"}, "no status is reported"),
    ],
)
def test_an_iftsta_that_says_not_of_what_or_when_is_refused(
    segments: tuple[str, ...], options: dict[str, Any], says: str
) -> None:
    with pytest.raises(DocumentFault, match=says):
        told_by_edifact(transport_status(*segments), **options)


@pytest.mark.feature("F137")
async def test_a_carrier_on_edifact_is_known_by_its_address_and_its_words_reach_delivery(rig: Rig) -> None:
    route = {"kind": "edifact.iftsta", "direction": "IN", "mapping": {"zone": "Europe/Berlin"}}
    edi = {"partnerId": "ZZ:TRUCKER", "ownId": "ZZ:ACME"}
    drop = {"fileDrop": {"inbox": "trucker/in", "outbox": "trucker/out"}}
    await rig.partner("trucker", role="CARRIER", transport=drop, edi=edi, documents=[route])
    rig.procurement.accepts("RecordCarrierUpdates", delivery.RecordCarrierUpdatesResponse(transaction_ids=["order-1"]))
    rig.procurement.requests.clear()
    content = transport_status(*LEFT)
    document = await rig.given("trucker", content)
    assert (document.state, document.transaction_ids) == (State.UNDERSTOOD, ("order-1",)), document.reason
    assert {"tracking:PRO77", "shipment:SH-1"} <= set(document.keys)
    again = await rig.given("trucker", content)
    assert (again.state, len(rig.procurement.requests)) == (State.DUPLICATE, 1)
    stranger = await rig.given("trucker", transport_status(*LEFT, sender="OTHER:ZZZ"))
    assert (stranger.state, "not this partner" in stranger.reason) == (State.REFUSED, True)
    other = await rig.given("trucker", transport_status(*LEFT).replace(b"IFTSTA", b"IFTMIN"))
    assert (other.state, "profile takes no" in other.reason or "not processed" in other.reason) == (State.REFUSED, True)
    assert await rig.send("trucker") == [], "nothing is owed in X12"


ON_THE_ROAD = {
    "trackingNumber": "1Z999",
    "activityStatus": {"type": "I", "code": "OT"},
    "localActivityDate": "20261102",
    "localActivityTime": "203000",
    "gmtActivityDate": "20261103",
    "gmtActivityTime": "013000",
    "scheduledDeliveryDate": "20261104",
}


@pytest.mark.feature("F137", "F139")
def test_a_track_alert_foretells_the_end_of_the_scheduled_day_where_the_parcel_is() -> None:
    [left, estimate] = of_json(ups_track_alert, ON_THE_ROAD)
    assert (left.code, estimate.code, estimate.occurred_at) == ("OT", "estimated_delivery", left.occurred_at)
    assert estimate.estimated_at.ToDatetime(tzinfo=UTC) == datetime(2026, 11, 5, 4, 59, 59, tzinfo=UTC)
    delivered = ON_THE_ROAD | {"activityStatus": {"type": "D", "code": "FS"}}
    nowhere = ON_THE_ROAD | {"localActivityTime": None}
    assert [len(of_json(ups_track_alert, each)) for each in (delivered, nowhere)] == [1, 1]
    for wrong in ({"scheduledDeliveryDate": "soon"}, {"localActivityDate": "20261101"}):
        with pytest.raises(DocumentFault):
            of_json(ups_track_alert, ON_THE_ROAD | wrong)


@pytest.mark.feature("F137")
async def test_carriers_documents_are_told_to_delivery_and_stand_in_their_orders_timelines(rig: Rig) -> None:
    routes = [
        {"kind": "x12.214", "direction": "IN", "mapping": {"zone": "America/New_York"}},
        {"kind": "x12.997", "direction": "OUT"},
    ]
    posts = [{"kind": "easypost.tracker", "direction": "IN", "path": "trackers"}]
    edi = {"partnerId": "ZZ:NORDIC", "ownId": "ZZ:ACME"}
    drop = {"fileDrop": {"inbox": "acme-truck/in", "outbox": "acme-truck/out"}}
    await rig.partner("acme-truck", role="CARRIER", transport=drop, edi=edi, documents=routes)
    await rig.partner("easy-post", role="CARRIER", transport=http(), documents=posts)
    rig.procurement.accepts(
        "RecordCarrierUpdates", delivery.RecordCarrierUpdatesResponse(transaction_ids=["order-1", "order-2"])
    )
    rig.procurement.requests.clear()
    by_edi = await rig.given("acme-truck", status_report("AF*NS***20261102*0715*LT|BOSTON*MA"))
    by_post = await rig.given("easy-post", json.dumps(tracker()).encode(), name="evt_1", path="trackers")
    for document, key, partner in ((by_edi, "tracking:PRO77", "acme-truck"), (by_post, "tracking:EZ42", "easy-post")):
        assert document.state is State.UNDERSTOOD
        assert document.transaction_ids == ("order-1", "order-2")
        assert key in document.keys
        told = [each for each in rig.procurement.requests if each.origin.system == partner]  # type: ignore[attr-defined]
        assert [each.origin.role for each in told] == [options_pb2.ROLE_CARRIER]  # type: ignore[attr-defined]


@pytest.mark.feature("F039")
async def test_a_supplier_tells_milestones_only_where_its_profile_lets_it_speak_as_a_carrier(rig: Rig) -> None:
    rig.procurement.accepts("RecordCarrierUpdates", delivery.RecordCarrierUpdatesResponse())
    told: list[Any] = []
    for partner, more in (("sup-silent", {}), ("sup-ships", {"speaksAs": "CARRIER"})):
        route = {"kind": "easypost.tracker", "direction": "IN", "path": "trackers", **more}
        await rig.partner(partner, role="SUPPLIER", partyId="SUP-NORDIC", transport=http(), documents=[route])
        rig.procurement.requests.clear()
        await rig.given(partner, json.dumps(tracker()).encode(), name=f"evt-{partner}", path="trackers")
        [request] = rig.procurement.requests
        told.append(request.origin)  # type: ignore[attr-defined]
    assert [each.role for each in told] == [options_pb2.ROLE_SUPPLIER, options_pb2.ROLE_CARRIER]
    assert {each.system for each in told} == {"sup-silent", "sup-ships"}
    with pytest.raises(FieldNotOwned):
        may_write(told[0], "milestones")
    may_write(told[1], "milestones")


@pytest.mark.feature("F039")
async def test_a_profile_gives_an_attribute_of_its_partners_documents_to_others_or_takes_it_away(rig: Rig) -> None:
    rig.procurement.accepts("RecordCarrierUpdates", delivery.RecordCarrierUpdatesResponse())
    said = {"attribute": "Shipment.milestones"}
    told: list[Any] = []
    for partner, role, writers in (("sup-tells", "SUPPLIER", ["SUPPLIER"]), ("car-mute", "CARRIER", ["TMS"])):
        spec = {"role": role, "partyId": "SUP-NORDIC", "ownership": [said | {"writers": writers}]}
        route = {"kind": "easypost.tracker", "direction": "IN", "path": "trackers"}
        await rig.partner(partner, transport=http(), documents=[route], **spec)
        rig.procurement.requests.clear()
        await rig.given(partner, json.dumps(tracker()).encode(), name=f"evt-{partner}", path="trackers")
        [request] = rig.procurement.requests
        told.append(request.origin)  # type: ignore[attr-defined]
    may_write(told[0], "milestones")
    with pytest.raises(FieldNotOwned) as refused:
        may_write(told[1], "milestones")
    assert refused.value.owners == "TMS, as the partner's profile says over the contract's CARRIER, TMS, POD"
