"""The operator as a process, under the roles that it has in a cluster, beside a real connector service."""

from __future__ import annotations

import json
import os
import sys
import uuid
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import yaml
from connector.__main__ import SERVICE as CONNECTOR
from crossdock.connector.v1 import connector_service_pb2 as pb
from crossdock.connector.v1 import connector_service_pb2_grpc as pb_grpc
from crossdock_kit.client import Peer
from crossdock_kit.database import transaction
from crossdock_kit.deliveries import NewDelivery, enqueue
from crossdock_kit.service import Running, start
from crossdock_kit.testing import AUDIENCE, ISSUER, TokenIssuer
from crossdock_local.migrated import MigratedDatabases
from crossdock_local.place import find_checkout
from crossdock_local.process import Child, Program
from crossdock_local.servers.nats import Nats

from control_plane.api import Api, ApiRefused, Object
from control_plane.cluster import Cluster
from control_plane.gate import Gate
from control_plane.kubeconfig import write_kubeconfig

RBAC = find_checkout() / "operator" / "rbac" / "operator.yaml"
NAMESPACE, ACCOUNT = "crossdock", "partner-operator"
TENANT = "acme"
PERMISSIONS = ("connector.partner.read", "connector.partner.write")


@dataclass(frozen=True, slots=True)
class RealConnector:
    """The connector service on real PostgreSQL and NATS, and who may mint tokens for it."""

    running: Running[Any]
    issuer: TokenIssuer
    folder: Path

    @property
    def address(self) -> str:
        return self.running.address

    async def profile(self, partner: str) -> Any:
        """As the service holds it; None where it holds none."""
        token = self.issuer.token([TENANT], ["connector.partner.read"])
        peer = Peer(self.address, token=lambda: f"Bearer {token}")
        try:
            stub: Any = peer.stub(pb_grpc.ConnectorServiceStub)
            page = pb.ListPartnersResponse(next_page_token="")
            while True:
                page = await stub.ListPartners(pb.ListPartnersRequest(page_token=page.next_page_token))
                if found := next((each for each in page.profiles if each.partner == partner), None):
                    return found
                if not page.next_page_token:
                    return None
        finally:
            await peer.close()

    async def cursors(self, partner: str) -> list[str]:
        """Where the reading of each kind stands that is polled."""
        async with transaction(self.running.app.engine, (TENANT,)) as tx:
            rows = await tx.driver.fetch("SELECT cursor FROM poll WHERE partner = $1 ORDER BY kind", partner)
        return [row["cursor"] for row in rows]

    async def read_up_to(self, partner: str, cursor: str) -> None:
        """As if a worker had read so far."""
        async with transaction(self.running.app.engine, (TENANT,)) as tx:
            await tx.driver.execute("UPDATE poll SET cursor = $2 WHERE partner = $1", partner, cursor)

    @asynccontextmanager
    async def a_delivery_waits(self, partner: str) -> AsyncIterator[None]:
        """Something is to be sent to the partner for the while, and nobody carries it."""
        app = self.running.app
        delivery = NewDelivery(
            tenant=TENANT,
            partner=partner,
            kind="document",
            ordering_key="test",
            payload=b"x",
            idempotency_key=uuid.uuid4().hex,
        )
        async with transaction(app.engine, (TENANT,)) as tx:
            await enqueue(tx.driver, [delivery], at=datetime.now(UTC))
        yield
        async with transaction(app.engine, (TENANT,)) as tx:
            await tx.driver.execute("DELETE FROM delivery WHERE delivery_id = $1", delivery.delivery_id)


@asynccontextmanager
async def real_connector(migrated: MigratedDatabases, broker: Nats, folder: Path) -> AsyncIterator[RealConnector]:
    issuer = TokenIssuer()
    (folder / "jwks.json").write_bytes(issuer.jwks)
    (folder / "service.jwt").write_text(issuer.token([TENANT], ["*"]))
    (folder / "data.key").write_bytes(bytes(range(32)))
    database = await migrated.fresh("connector")
    settings = CONNECTOR.settings.from_environment(
        {
            "CROSSDOCK_SERVICE": "connector",
            "CROSSDOCK_DATABASE_URL": database.urls.database,
            "CROSSDOCK_NATS_URL": broker.url("connector"),
            # Nobody is asked there: no document of these tests comes so far.
            "CROSSDOCK_PEERS": '{"procurement": "127.0.0.1:1", "catalog": "127.0.0.1:1"}',
            "CROSSDOCK_JWKS_FILE": str(folder / "jwks.json"),
            "CROSSDOCK_TOKEN_FILE": str(folder / "service.jwt"),
            "CROSSDOCK_DATA_KEY_FILE": str(folder / "data.key"),
            "CROSSDOCK_ISSUER": ISSUER,
            "CROSSDOCK_AUDIENCE": AUDIENCE,
            "CROSSDOCK_TENANTS": TENANT,
        }
    )
    async with AsyncExitStack() as stack:
        running = await start(CONNECTOR, settings, stack)
        yield RealConnector(running, issuer, folder)
        await running.stop()


async def bind_operator(admin: Api) -> None:
    """Its namespace, its account and the roles that the repository grants it, cluster-wide and for its lease."""
    await _ensure(admin, {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}})
    account = {"name": ACCOUNT, "namespace": NAMESPACE}
    await _ensure(admin, {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": account})
    for each in yaml.safe_load_all(RBAC.read_text()):
        await admin.apply(each)
    await admin.apply(_binding("ClusterRoleBinding", "partner-operator", ""))
    await admin.apply(_binding("RoleBinding", "partner-operator-leader", NAMESPACE))


async def let_read_secrets(admin: Api, namespace: str) -> None:
    await admin.apply(_binding("RoleBinding", "partner-operator-secrets", namespace))


async def give_secrets(admin: Api, connector: RealConnector, namespace: str, partner: str, *names: str) -> None:
    """The identity of a partner's worker, and secrets that its spec names."""
    token = connector.issuer.token([TENANT], ["connector.worker.act"], partner=partner)
    for name, data in ((f"{partner}-identity", {"token": token}), *((each, {"value": "shh"}) for each in names)):
        metadata = {"name": name, "namespace": namespace, "labels": {"crossdock.dev/allow-connector": "true"}}
        await admin.apply({"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "stringData": data})


async def _ensure(admin: Api, wanted: Object) -> None:
    try:
        await admin.create(wanted)
    except ApiRefused as refused:
        if refused.code != 409:
            raise


def _binding(kind: str, role: str, namespace: str) -> Object:
    metadata = {"name": role} | ({"namespace": namespace} if namespace else {})
    return {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": kind,
        "metadata": metadata,
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": role},
        "subjects": [{"kind": "ServiceAccount", "name": ACCOUNT, "namespace": NAMESPACE}],
    }


async def operator_token(admin: Api) -> str:
    """Of its service account, as a pod would get it."""
    wanted = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {"expirationSeconds": 7200}}
    path = f"/api/v1/namespaces/{NAMESPACE}/serviceaccounts/{ACCOUNT}/token"
    return str((await admin.post(path, wanted))["status"]["token"])


@dataclass
class Operators:
    """Makes operators, and ends those that it made."""

    cluster: Cluster
    admin: Api
    connector: RealConnector
    _made: list[Child] = field(default_factory=list)

    async def start(self, gate: Gate | None = None, /, **settings: str) -> Child:
        """Behind a gate if one is given. `settings` are further ones of its environment."""
        name = f"operator-{uuid.uuid4().hex[:6]}"
        folder = self.connector.folder
        who = await operator_token(self.admin)
        reached = self.cluster.endpoint if gate is None else gate.seen_by_operators
        config = write_kubeconfig(folder / f"{name}.kubeconfig", reached, who)
        token = folder / f"{name}.jwt"
        token.write_text(self.connector.issuer.token([TENANT], PERMISSIONS, sub="partner-operator"))
        environment = {
            "PATH": os.environ["PATH"],
            "PYTHONSAFEPATH": "1",
            "KUBECONFIG": str(config),
            "CROSSDOCK_PEERS": json.dumps({"connector": self.connector.address}),
            "CROSSDOCK_TOKEN_FILE": str(token),
            "CROSSDOCK_WORKER_IMAGE": "crossdock/connector:test",
            "CROSSDOCK_WORKER_CONNECTOR": "connector.crossdock.svc:8443",
            "CROSSDOCK_OPERATOR_NAMESPACE": NAMESPACE,
            "CROSSDOCK_OPERATOR_NAME": name,
            "CROSSDOCK_RESYNC_SECONDS": "5",
        }
        command = [sys.executable, "-m", "kopf", "run", "--all-namespaces", "-m", "partner_operator.main"]
        child = Child(Program(name, command, folder / f"{name}.log", environment | settings, grace_seconds=20.0))
        self._made.append(child)
        child.start()
        return child

    async def stop(self) -> None:
        """What they last said is shown with a test that failed."""
        for each in self._made:
            await each.stop()
            print(f"== {each.program.name}\n{each.log_tail(40)}")
