"""PartnerConnector resources for tests: plain ones, and changes to them by merging."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import yaml

from control_plane.binaries import MODULE

API_VERSION, PLURAL = "crossdock.dev/v1alpha1", "partnerconnectors"
Resource = dict[str, Any]

_HTTP: Resource = {
    "role": "SUPPLIER",
    "partyId": "SUP-ATLAS",
    "businessUnit": "EU01",
    "transport": {"http": {"url": "https://api.example.com", "credentials": "sup-atlas-key"}},
    "documents": [{"kind": "json.supplier_order", "direction": "OUT", "path": "/orders"}],
}
_EDI: Resource = {
    "role": "SUPPLIER",
    "partyId": "SUP-NORDIC",
    "businessUnit": "EU01",
    "transport": {"fileDrop": {"inbox": "sup-nordic/in", "outbox": "sup-nordic/out"}},
    "edi": {"partnerId": "ZZ:NORDIC", "ownId": "ZZ:ACME"},
    "documents": [{"kind": "x12.850", "direction": "OUT"}, {"kind": "x12.855", "direction": "IN"}],
}
_WMS: Resource = {
    "role": "WMS",
    "system": "WMS-EAST",
    "businessUnit": "EU01",
    "locations": ["WH-EAST"],
    "transport": {"http": {"url": "https://wms.example.com", "credentials": "wms-east-key"}},
    "documents": [{"kind": "wms_a.receipt", "direction": "IN", "path": "receipts"}],
}
_POLLED: Resource = {
    "role": "CARRIER",
    "businessUnit": "EU01",
    "transport": {"http": {"url": "https://api.example.com", "credentials": "car-key"}},
    "documents": [
        {
            "kind": "easypost.tracker",
            "direction": "IN",
            "path": "trackers",
            "poll": {"documents": "/trackers", "cursor": {"parameter": "after", "pointer": "/next"}},
        }
    ],
}
_SFTP: Resource = _EDI | {
    "transport": {
        "sftp": {
            "host": "files.example.com",
            "username": "acme",
            "credentials": "sup-nordic-key",
            "hostKeys": [{"key": "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIA=="}],
            "inbox": "in",
            "outbox": "out",
        }
    }
}
PLAIN = {"http": _HTTP, "edi": _EDI, "wms": _WMS, "polled": _POLLED, "sftp": _SFTP}


def merged(base: Any, change: Any) -> Any:
    """A merge patch: null takes a field out, everything but a mapping replaces."""
    if not isinstance(base, dict) or not isinstance(change, dict):
        return copy.deepcopy(change)
    found = {key: value for key, value in copy.deepcopy(base).items() if change.get(key, 0) is not None}
    for key, value in change.items():
        if value is not None:
            found[key] = merged(base.get(key), value)
    return found


def partner(namespace: str, name: str = "sup-atlas", of: str = "http", **change: Any) -> Resource:
    """A plain resource with changes to its spec."""
    return {
        "apiVersion": API_VERSION,
        "kind": "PartnerConnector",
        "metadata": {"name": name, "namespace": namespace},
        "spec": merged(PLAIN[of], change),
    }


def listed(file: str) -> list[Resource]:
    return list(yaml.safe_load(Path(MODULE / file).read_text()))


def from_list(entry: Resource, namespace: str, name: str) -> Resource:
    """The resource that an entry of good.yaml or bad.yaml stands for."""
    made = partner(namespace, str(entry.get("name", name)), str(entry["of"]), **entry.get("spec", {}))
    made["metadata"] |= entry.get("metadata", {})
    return made
