"""What all connectors of a cluster share, and the metadata that everything made for one carries."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from partner_operator.connector import API_VERSION, KIND, Connector

Manifest = dict[str, Any]
MANAGER = "crossdock-partner-operator"
PARTNER_LABEL = "crossdock.dev/partner"
MANAGED_BY = "app.kubernetes.io/managed-by"
HTTP_PORT = 8080


@dataclass(frozen=True, slots=True, kw_only=True)
class Platform:
    """`connector` is host:port of the connector service as workers reach it."""

    image: str
    connector: str
    connector_namespace: str = "crossdock"
    worker_tls: bool = False
    inner_networks: Sequence[str] = ()
    autoscaler: Literal["hpa", "keda"] = "hpa"


def selector(connector: Connector) -> dict[str, str]:
    """What a connector's pods are found by; never changes, because a Deployment's selector may not."""
    return {"app.kubernetes.io/name": "partner-connector", PARTNER_LABEL: connector.partner}


def metadata(connector: Connector) -> Manifest:
    return {
        "name": connector.name,
        "namespace": connector.namespace,
        "labels": selector(connector) | {MANAGED_BY: MANAGER, "app.kubernetes.io/part-of": "crossdock"},
        "ownerReferences": [
            {
                "apiVersion": API_VERSION,
                "kind": KIND,
                "name": connector.partner,
                "uid": connector.uid,
                "controller": True,
                "blockOwnerDeletion": False,
            }
        ],
    }
