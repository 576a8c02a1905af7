"""Kubeconfig files: how a client reaches a cluster and as whom."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from control_plane.certificates import Pair


@dataclass(frozen=True, slots=True)
class Endpoint:
    server: str
    authority: Path


def write_kubeconfig(path: Path, endpoint: Endpoint, who: Pair | str) -> Path:
    """`who` is a client's certificate or a bearer token. JSON is YAML."""
    user = {"token": who} if isinstance(who, str) else {"client-certificate": str(who.cert), "client-key": str(who.key)}
    cluster = {"server": endpoint.server, "certificate-authority": str(endpoint.authority)}
    path.touch(mode=0o600)
    path.write_text(
        json.dumps(
            {
                "apiVersion": "v1",
                "kind": "Config",
                "clusters": [{"name": "test", "cluster": cluster}],
                "users": [{"name": "me", "user": user}],
                "contexts": [{"name": "test", "context": {"cluster": "test", "user": "me"}}],
                "current-context": "test",
            },
            indent=2,
        )
    )
    return path
