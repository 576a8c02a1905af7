"""What the operator is told from outside; the only reader of its environment."""

from __future__ import annotations

import socket
from dataclasses import dataclass
from datetime import timedelta
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path

from crossdock_kit.settings import ProcessSettings, SettingsError, networks, setting, switch

# Where no partner is: the cluster's own networks are added by the deployment.
_INNER = "10.0.0.0/8,172.16.0.0/12,192.168.0.0/16,169.254.0.0/16,100.64.0.0/10,127.0.0.0/8,0.0.0.0/8,224.0.0.0/4"


def seconds(text: str) -> timedelta:
    return timedelta(seconds=float(text))


@dataclass(frozen=True, kw_only=True)
class OperatorSettings(ProcessSettings):
    service: str = setting("CROSSDOCK_SERVICE", default="partner-operator")
    worker_image: str = setting("CROSSDOCK_WORKER_IMAGE")
    # The connector as workers reach it; as the operator does where it is empty.
    worker_peer: str = setting("CROSSDOCK_WORKER_CONNECTOR", default="")
    # Where the connector's pods are, so that workers are let out to them and to nobody else.
    connector_namespace: str = setting("CROSSDOCK_CONNECTOR_NAMESPACE", default="crossdock")
    # Workers show certificates: keys tls.crt, tls.key and ca.crt of their identity's secret.
    worker_tls: bool = setting("CROSSDOCK_WORKER_TLS", switch, default=False)
    inner_networks: tuple[IPv4Network | IPv6Network, ...] = setting(
        "CROSSDOCK_INNER_NETWORKS", networks, default=networks(_INNER)
    )
    autoscaler: str = setting("CROSSDOCK_AUTOSCALER", default="hpa")
    resync: timedelta = setting("CROSSDOCK_RESYNC_SECONDS", seconds, default=timedelta(seconds=45))
    drain: timedelta = setting("CROSSDOCK_DRAIN_SECONDS", seconds, default=timedelta(minutes=10))
    namespace: str = setting("CROSSDOCK_OPERATOR_NAMESPACE", default="crossdock")
    name: str = setting("CROSSDOCK_OPERATOR_NAME", default=socket.gethostname())
    webhook_cert: Path | None = setting("CROSSDOCK_WEBHOOK_CERT", Path, default=None)
    webhook_key: Path | None = setting("CROSSDOCK_WEBHOOK_KEY", Path, default=None)
    webhook_port: int = setting("CROSSDOCK_WEBHOOK_PORT", int, default=9443)

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.autoscaler not in {"hpa", "keda"}:
            raise SettingsError("CROSSDOCK_AUTOSCALER is hpa or keda")
        if not timedelta(0) < self.resync <= timedelta(seconds=60):
            raise SettingsError("CROSSDOCK_RESYNC_SECONDS is at most 60")
