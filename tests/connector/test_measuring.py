"""Rate, errors and duration of business with a partner: what is counted, once, and under which names."""

from __future__ import annotations

from typing import Any

import pytest
from connector.api import WorkerServicer
from connector.measuring import RECEIVED, SENDS
from connector.use_cases.receive import HandIn, hand_in
from connector.worker.sending import RETRY, Sent
from connector_samples import orders
from connector_samples.rig import TENANT, Rig, a_cause
from crossdock.connector.v1 import connector_service_pb2 as pb
from crossdock.connector.v1 import connector_service_pb2_grpc as pb_grpc
from crossdock_kit.context import caused_by
from crossdock_kit.telemetry import metrics, names
from crossdock_kit.testing import start_service


async def test_what_comes_and_goes_is_measured_by_partner_and_outcome(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[tuple[str, float, Any]] = []
    for name in ("record", "count"):
        monkeypatch.setattr(metrics, name, lambda *measured: told.append(measured))
    document = HandIn(TENANT, "sup-nordic", "measured.txt", "text/plain", "", b"no EDI at all")
    for _ in range(2):
        with caused_by(a_cause()):
            await hand_in(document, rig.around)

    def about(outcome: str) -> dict[str, str]:
        return {names.TENANT: TENANT, names.PARTNER: "sup-nordic", names.OUTCOME: outcome}

    received = [each for each in told if each[0] == RECEIVED]
    assert received == [(RECEIVED, 1, about("stored")), (RECEIVED, 1, about("duplicate"))]
    await rig.tell(orders.released(orders.order(number="PO-TIMED", purchase_order_id="id-timed")), aggregate="po/timed")
    told.clear()
    acquire = pb.AcquireLeaseRequest(partner="sup-nordic", worker="w", transport="outbound")
    add = pb_grpc.add_WorkerServiceServicer_to_server
    async with start_service((add, WorkerServicer(rig.around, rig.desk)), uow=rig.uow) as server:
        worker: Any = server.stub(
            pb_grpc.WorkerServiceStub, server.issuer.token((TENANT,), ("*",), partner="sup-nordic")
        )
        lease = await worker.AcquireLease(acquire)
        asked = pb.LeaseDeliveriesRequest(partner="sup-nordic", worker="w", epoch=lease.epoch, limit=50)
        leased = (await worker.LeaseDeliveries(asked)).deliveries
        done = [
            Sent(pb.DeliveryReport.OUTCOME_DELIVERED if number else RETRY).report(each, 0.25)
            for number, each in enumerate(leased)
        ]
        for _ in range(2):
            # A report that is said again is no other attempt.
            await worker.ReportDeliveries(pb.ReportDeliveriesRequest(partner="sup-nordic", reports=done))
    sends = [each for each in told if each[0] == SENDS]
    wanted = [(SENDS, 0.25, about("delivered" if number else "waiting")) for number in range(len(leased))]
    assert leased
    assert sorted(sends, key=str) == sorted(wanted, key=str)
