"""Who may speak with a connector's pods, and with whom they may: its partner, the connector service, the world."""

from __future__ import annotations

from partner_operator.connector import Connector
from partner_operator.manifests.platform import HTTP_PORT, Manifest, Platform, metadata, selector

INGRESS_LABEL = "crossdock.dev/partner-ingress"
_PARTNER_PORTS = (443, 4443, 8443, 9443)
_SFTP_PORT = 22


def service(connector: Connector) -> Manifest:
    """Where the partner's posts arrive."""
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": metadata(connector),
        "spec": {
            "type": "ClusterIP",
            "selector": selector(connector),
            "ports": [{"name": "http", "port": 80, "targetPort": "http", "protocol": "TCP"}],
        },
    }


def policy(connector: Connector, platform: Platform) -> Manifest:
    """Everything is closed but this. The dialler in the pod checks every address again: names can change."""
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": metadata(connector),
        "spec": {
            "podSelector": {"matchLabels": selector(connector)},
            "policyTypes": ["Ingress", "Egress"],
            "ingress": _ingress(connector),
            "egress": _egress(connector, platform),
        },
    }


def _ingress(connector: Connector) -> list[Manifest]:
    if not connector.receives_posts or connector.deleted_at is not None:
        return []
    gateways = {"namespaceSelector": {"matchLabels": {INGRESS_LABEL: "true"}}}
    return [{"from": [gateways], "ports": [{"protocol": "TCP", "port": HTTP_PORT}]}]


def _egress(connector: Connector, platform: Platform) -> list[Manifest]:
    names = {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "kube-system"}}}
    ours = {
        "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": platform.connector_namespace}},
        "podSelector": {"matchLabels": {"app.kubernetes.io/name": "connector"}},
    }
    port = int(platform.connector.rpartition(":")[2])
    found: list[Manifest] = [
        {"to": [names], "ports": [{"protocol": each, "port": 53} for each in ("UDP", "TCP")]},
        {"to": [ours], "ports": [{"protocol": "TCP", "port": port}]},
    ]
    if ports := _partner_ports(connector):
        world = {"ipBlock": {"cidr": "0.0.0.0/0", "except": list(platform.inner_networks)}}
        found.append({"to": [world], "ports": [{"protocol": "TCP", "port": each} for each in ports]})
    return found


def _partner_ports(connector: Connector) -> tuple[int, ...]:
    """Where its partner may be called; none where both only share folders."""
    if connector.sftp is not None:
        return (connector.sftp.get("port") or _SFTP_PORT,)
    return _PARTNER_PORTS if connector.http is not None else ()
