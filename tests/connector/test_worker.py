"""Who may act for a partner, and with which secrets."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import grpc
import pytest
from connector.worker.named_secrets import NamedSecrets
from connector_samples.stage import Stage
from crossdock.connector.v1 import connector_service_pb2 as pb
from crossdock.connector.v1 import connector_service_pb2_grpc as pb_grpc


@pytest.mark.feature("F204")
async def test_a_worker_acts_for_its_own_partner_alone(stage: Stage) -> None:
    worker: Any = stage.server.stub(pb_grpc.WorkerServiceStub, stage.token("sup-nordic"))
    document = pb.HandInDocumentRequest(partner="erp-http", name="x", content=b"{}", path="purchase-orders")
    calls: list[Callable[[], Awaitable[Any]]] = [
        lambda: worker.HandInDocument(document),
        lambda: worker.AcquireLease(pb.AcquireLeaseRequest(partner="erp-http", transport="outbound", worker="w")),
        lambda: worker.LeaseDeliveries(pb.LeaseDeliveriesRequest(partner="erp-http", worker="w", epoch=1, limit=1)),
    ]
    for call in calls:
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await call()
        assert refused.value.code() == grpc.StatusCode.PERMISSION_DENIED


async def test_another_worker_waits_for_the_lease_and_a_stale_epoch_gets_nothing(stage: Stage) -> None:
    await stage.rig.partner("sup-alone", **_supplier("sup-alone"))
    worker: Any = stage.server.stub(pb_grpc.WorkerServiceStub, stage.token("sup-alone"))

    def acquire(name: str, epoch: int = 0) -> Awaitable[Any]:
        request = pb.AcquireLeaseRequest(partner="sup-alone", transport="outbound", worker=name, epoch=epoch)
        return worker.AcquireLease(request)  # type: ignore[no-any-return]

    held = await acquire("w1")
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await acquire("w2")
    assert refused.value.code() == grpc.StatusCode.FAILED_PRECONDITION
    assert (await acquire("w1", held.epoch)).epoch == held.epoch
    with pytest.raises(grpc.aio.AioRpcError):
        await acquire("w1", held.epoch + 7)
    stale = pb.LeaseDeliveriesRequest(partner="sup-alone", worker="w1", epoch=held.epoch + 1, limit=1)
    with pytest.raises(grpc.aio.AioRpcError):
        await worker.LeaseDeliveries(stale)


def _supplier(name: str) -> dict[str, Any]:
    return {
        "role": "SUPPLIER",
        "partyId": name.upper(),
        "transport": {"fileDrop": {"inbox": f"{name}/in", "outbox": f"{name}/out"}},
    }


@pytest.mark.parametrize("name", ["../x", "a/b", "UP", "", ".hidden", "a" * 65, "a..b"])
def test_a_secrets_name_leads_nowhere_else(tmp_path: Path, name: str) -> None:
    (tmp_path / "x").write_text("secret")
    assert NamedSecrets(tmp_path / "inner").read(name) == ""
