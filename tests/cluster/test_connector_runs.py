"""What the operator made really runs: its command line, with its configuration and secrets, exchanges documents."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from connector_samples import files
from control_plane.api import Api
from control_plane.observing import condition, until_condition, until_ready
from control_plane.operator_process import Operators, RealConnector, give_secrets
from control_plane.partners import partner
from control_plane.pod_process import child_of
from control_plane.waiting import until
from crossdock.connector.v1 import connector_service_pb2 as pb
from crossdock.connector.v1 import connector_service_pb2_grpc as pb_grpc
from crossdock_kit.client import Peer

DOCUMENTS = [
    {"kind": "x12.850", "direction": "OUT"},
    {"kind": "x12.997", "direction": "OUT"},
    {"kind": "x12.855", "direction": "IN"},
]


async def documents_of(connector: RealConnector, name: str) -> list[Any]:
    token = connector.issuer.token(["acme"], ["connector.document.read"])
    peer = Peer(connector.address, token=lambda: f"Bearer {token}")
    try:
        stub: Any = peer.stub(pb_grpc.ConnectorServiceStub)
        return list((await stub.ListDocuments(pb.ListDocumentsRequest(partner=name))).documents)
    finally:
        await peer.close()


async def provide_files(admin: Api, namespace: str, claim: str, folder: Path) -> None:
    """The volume that a platform team provides where files travel by folder."""
    size = {"storage": "1Gi"}
    volume = {
        "apiVersion": "v1",
        "kind": "PersistentVolume",
        "metadata": {"name": f"{namespace}-{claim}"},
        "spec": {
            "capacity": size,
            "accessModes": ["ReadWriteOnce"],
            "storageClassName": "",
            "hostPath": {"path": str(folder)},
            "claimRef": {"namespace": namespace, "name": claim},
        },
    }
    wanted = {"accessModes": ["ReadWriteOnce"], "storageClassName": "", "resources": {"requests": size}}
    metadata = {"name": claim, "namespace": namespace}
    await admin.apply(volume)
    await admin.apply({"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": metadata, "spec": wanted})


@pytest.mark.feature("F183")
@pytest.mark.feature("F184")
async def test_a_connector_made_from_a_resource_exchanges_documents(
    operators: Operators, admin: Api, home: str, connector_service: RealConnector, tmp_path: Path
) -> None:
    await operators.start(CROSSDOCK_WORKER_CONNECTOR=connector_service.address)
    await give_secrets(admin, connector_service, home, "sup-nordic")
    await provide_files(admin, home, "sup-nordic-files", tmp_path)
    await admin.create(partner(home, "sup-nordic", "edi", documents=DOCUMENTS, stage="live"))
    await until_ready(admin, home, "sup-nordic")
    deployment = await admin.get("apps/v1", "deployments", "sup-nordic-connector", namespace=home)
    pod = await child_of(deployment, admin, tmp_path)
    inbox, outbox = (tmp_path / "var/lib/crossdock/transport/sup-nordic" / each for each in ("in", "out"))
    inbox.mkdir(parents=True)
    (inbox / "answer.edi").write_bytes(files.acknowledgment(control=88_001))
    pod.start()
    try:
        told = await until_condition(
            admin, home, "Connected", lambda each: each.get("status") == "True", name="sup-nordic"
        )
        assert condition(told, "Connected")["reason"] == "WorkerActive"

        async def exchanged() -> bool:
            seen = await documents_of(connector_service, "sup-nordic")
            return any(each.direction == 1 for each in seen) and any(outbox.glob("*997*"))

        await until(exchanged)

        async def told_so() -> bool:
            found = await admin.get("crossdock.dev/v1alpha1", "partnerconnectors", "sup-nordic", namespace=home)
            health = found["status"].get("health", {})
            return {"lastReceivedAt", "lastSentAt"} <= health.keys() and "lastDocumentAt" in found["status"]

        await until(told_so)
    finally:
        await pod.stop()
        print(pod.log_tail(40))
