"""The cluster that tests run against: one of our own, or one that somebody already has."""

from __future__ import annotations

import base64
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from control_plane.api import Api
from control_plane.certificates import Pair
from control_plane.kubeconfig import Endpoint
from control_plane.plane import ControlPlane, running_plane


@dataclass(frozen=True, slots=True)
class Cluster:
    """`plane` is there only if the cluster is ours, so that its processes may be hurt."""

    endpoint: Endpoint
    admin: Pair | str
    kubeconfig: Path
    plane: ControlPlane | None = None

    def api(self, who: Pair | str | None = None) -> Api:
        return Api(self.endpoint, who or self.admin)


@asynccontextmanager
async def own_cluster() -> AsyncIterator[Cluster]:
    async with running_plane() as plane:
        yield Cluster(plane.endpoint, plane.admin, plane.admin_kubeconfig, plane)


@asynccontextmanager
async def existing_cluster(kubeconfig: Path) -> AsyncIterator[Cluster]:
    """As its current context says. Certificates that stand in the file itself are put into files for the while."""
    read = yaml.safe_load(kubeconfig.read_text())
    context = _named(read["contexts"], read["current-context"])["context"]
    cluster = _named(read["clusters"], context["cluster"])["cluster"]
    user = _named(read["users"], context["user"])["user"]
    with tempfile.TemporaryDirectory() as folder:
        files = _Files(Path(folder), kubeconfig.parent)
        endpoint = Endpoint(cluster["server"], files.take(cluster, "certificate-authority"))
        who: Pair | str = user.get("token", "")
        if not who:
            who = Pair(files.take(user, "client-certificate"), files.take(user, "client-key"))
        yield Cluster(endpoint, who, kubeconfig)


def _named(entries: list[dict[str, Any]], name: str) -> dict[str, Any]:
    return next(each for each in entries if each["name"] == name)


@dataclass(frozen=True, slots=True)
class _Files:
    folder: Path
    beside: Path

    def take(self, entry: dict[str, Any], name: str) -> Path:
        if name in entry:
            return self.beside / str(entry[name])
        path = self.folder / name
        path.touch(mode=0o600)
        path.write_bytes(base64.b64decode(entry[f"{name}-data"]))
        return path
