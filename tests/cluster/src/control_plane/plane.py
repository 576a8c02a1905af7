"""The processes of a control plane: each with its certificates, free ports and a temporary folder, ended by pid.

The API server can be killed and started again on its port while everything else goes on, as faults need it.
"""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
from crossdock_local.ports import HOST, free_port
from crossdock_local.process import Child, Program

from control_plane.api import Api, ApiRefused
from control_plane.binaries import MODULE, need
from control_plane.certificates import Authority, Pair, service_account_keys
from control_plane.kubeconfig import Endpoint, write_kubeconfig

START_SECONDS = 120.0
_SERVICE_RANGE = "10.96.0.0/16"
_API_SERVER_NAMES = (HOST, "10.96.0.1", "localhost", "kubernetes.default.svc")
NODE = "simulated"


class ControlPlane:
    """Started, used, stopped once. `admin` may do everything; others are made by `client`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self._etcd_port, self._etcd_peer = free_port(frozenset({self.port})), 0
        self._etcd_peer = free_port(frozenset({self.port, self._etcd_port}))
        self._authority = Authority(folder, "cluster")
        self._children: dict[str, Child] = {}
        self.endpoint = Endpoint(f"https://{HOST}:{self.port}", self._authority.files.cert)
        self.admin = self._authority.client("admin", "system:masters")
        self.admin_kubeconfig = write_kubeconfig(folder / "admin.kubeconfig", self.endpoint, self.admin)

    def child(self, name: str) -> Child:
        return self._children[name]

    def api(self, who: Pair | str | None = None) -> Api:
        return Api(self.endpoint, who or self.admin)

    async def start(self) -> None:
        """Returns when a Deployment would roll out."""
        await self._start_etcd()
        self._children["kube-apiserver"] = self._api_server()
        await self.start_api_server()
        self._run_with_kubeconfig("kube-controller-manager", *self._controller_flags())
        self._run_with_kubeconfig("kube-scheduler", f"--secure-port={self._free()}")
        self._start_kwok()
        async with self.api() as api:
            await api.create({"apiVersion": "v1", "kind": "Node", "metadata": {"name": NODE}, "status": _CAPACITY})
            await asyncio.wait_for(_default_account(api), START_SECONDS)

    async def start_api_server(self) -> None:
        server = self._children["kube-apiserver"]
        server.start()

        async def ready() -> None:
            async with self.api() as api:
                await api.ready()

        await server.wait_until(ready, START_SECONDS)

    async def stop(self) -> None:
        for name in ("kwok", "kube-scheduler", "kube-controller-manager", "kube-apiserver", "etcd"):
            if name in self._children:
                await self._children[name].stop()

    def logs(self) -> str:
        return "\n".join(f"== {name}\n{child.log_tail()}" for name, child in self._children.items())

    def _free(self) -> int:
        return free_port(frozenset({self.port, self._etcd_port, self._etcd_peer}))

    def _child(self, name: str, *arguments: str) -> Child:
        # After a stop nothing is kept, so nobody waits for open watches to end.
        program = Program(name, [str(need(name)), *arguments], self.folder / f"{name}.log", grace_seconds=2.0)
        self._children[name] = Child(program)
        return self._children[name]

    async def _start_etcd(self) -> None:
        client, peer = f"http://{HOST}:{self._etcd_port}", f"http://{HOST}:{self._etcd_peer}"
        etcd = self._child(
            "etcd",
            f"--data-dir={self.folder / 'etcd'}",
            f"--listen-client-urls={client}",
            f"--advertise-client-urls={client}",
            f"--listen-peer-urls={peer}",
            f"--initial-advertise-peer-urls={peer}",
            f"--initial-cluster=default={peer}",
            "--unsafe-no-fsync",
        )
        etcd.start()

        async def ready() -> None:
            async with httpx.AsyncClient(trust_env=False) as http:
                try:
                    (await http.get(f"{client}/health")).raise_for_status()
                except httpx.HTTPError as error:
                    raise ConnectionError(str(error)) from error

        await etcd.wait_until(ready, START_SECONDS)

    def _api_server(self) -> Child:
        server = self._authority.server("kube-apiserver", _API_SERVER_NAMES)
        front = Authority(self.folder, "front-proxy")
        proxy = front.client("front-proxy-client")
        self._accounts = service_account_keys(self.folder)
        return self._child(
            "kube-apiserver",
            f"--etcd-servers=http://{HOST}:{self._etcd_port}",
            f"--bind-address={HOST}",
            f"--advertise-address={HOST}",
            f"--secure-port={self.port}",
            f"--tls-cert-file={server.cert}",
            f"--tls-private-key-file={server.key}",
            f"--client-ca-file={self._authority.files.cert}",
            "--service-account-issuer=https://kubernetes.default.svc",
            f"--service-account-key-file={self._accounts.cert}",
            f"--service-account-signing-key-file={self._accounts.key}",
            "--authorization-mode=Node,RBAC",
            "--enable-admission-plugins=NodeRestriction",
            f"--service-cluster-ip-range={_SERVICE_RANGE}",
            f"--requestheader-client-ca-file={front.files.cert}",
            "--requestheader-allowed-names=front-proxy-client",
            "--requestheader-username-headers=X-Remote-User",
            "--requestheader-group-headers=X-Remote-Group",
            "--requestheader-extra-headers-prefix=X-Remote-Extra-",
            f"--proxy-client-cert-file={proxy.cert}",
            f"--proxy-client-key-file={proxy.key}",
        )

    def _run_with_kubeconfig(self, name: str, *more: str) -> None:
        user = self._authority.client(f"system:{name}")
        config = write_kubeconfig(self.folder / f"{name}.kubeconfig", self.endpoint, user)
        flags = [
            f"--{each}={config}" for each in ("kubeconfig", "authentication-kubeconfig", "authorization-kubeconfig")
        ]
        self._child(name, *flags, f"--bind-address={HOST}", "--leader-elect=false", *more).start()

    def _controller_flags(self) -> tuple[str, ...]:
        return (
            f"--secure-port={self._free()}",
            "--use-service-account-credentials=true",
            # Simulated nodes send no heartbeat: taken for dead, their pods would never be ready again.
            "--node-monitor-grace-period=240h",
            # A quota of resources whose definition is a moment old is counted by the next period: else five minutes.
            "--resource-quota-sync-period=5s",
            f"--root-ca-file={self._authority.files.cert}",
            f"--service-account-private-key-file={self._accounts.key}",
            f"--cluster-signing-cert-file={self._authority.files.cert}",
            f"--cluster-signing-key-file={self._authority.files.key}",
        )

    def _start_kwok(self) -> None:
        self._child(
            "kwok",
            f"--kubeconfig={self.admin_kubeconfig}",
            f"--config={MODULE / 'kwok-stages.yaml'}",
            "--manage-all-nodes",
            "--cidr=10.97.1.0/24",
            f"--node-ip={HOST}",
        ).start()


_CAPACITY = {name: {"cpu": "1000", "memory": "4Ti", "pods": "5000"} for name in ("capacity", "allocatable")}


async def _default_account(api: Api) -> None:
    """The controllers are at work when the default namespace has its service account."""
    while True:
        try:
            await api.get("v1", "serviceaccounts", "default", namespace="default")
        except ApiRefused as refused:
            if refused.code != 404:
                raise
            await asyncio.sleep(0.1)
        else:
            return


@asynccontextmanager
async def running_plane() -> AsyncIterator[ControlPlane]:
    """A control plane in a folder of its own, both gone afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="crossdock-cluster-"))
    plane = ControlPlane(folder)
    try:
        await plane.start()
        yield plane
    finally:
        await plane.stop()
        shutil.rmtree(folder)
