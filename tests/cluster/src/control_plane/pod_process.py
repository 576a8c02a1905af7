"""A Deployment's container as a process of this machine: its command line, its environment, and its volumes as folders.

Pods that kwok shows run nothing. What a container really does is seen by starting it.
"""

from __future__ import annotations

import base64
import os
import shutil
import sys
from pathlib import Path
from typing import Any

from crossdock_local.process import Child, Program

from control_plane.api import Api, Object


async def child_of(deployment: Object, admin: Api, folder: Path) -> Child:
    """Not started yet. Absolute paths of the container lie below `folder`."""
    spec, namespace = deployment["spec"]["template"]["spec"], deployment["metadata"]["namespace"]
    [container] = spec["containers"]
    volumes = {each["name"]: each for each in spec["volumes"]}
    mounts = {each["mountPath"]: volumes[each["name"]] for each in container["volumeMounts"]}
    for path, volume in mounts.items():
        await _mount(volume, folder / path.lstrip("/"), namespace, admin)
    environment = await _environment(container, deployment, admin)
    for name, value in environment.items():
        if any(value.startswith(path) for path in mounts):
            environment[name] = f"{folder}{value}"
    command = [sys.executable if each == "python" else each for each in container["command"]]
    surroundings = {"PATH": os.environ["PATH"], "PYTHONSAFEPATH": "1"}
    return Child(Program("pod", command, folder / "pod.log", surroundings | environment, grace_seconds=20.0))


async def _environment(container: Object, deployment: Object, admin: Api) -> dict[str, str]:
    found: dict[str, str] = {}
    for source in container.get("envFrom", ()):
        name, namespace = source["configMapRef"]["name"], deployment["metadata"]["namespace"]
        found |= (await admin.get("v1", "configmaps", name, namespace=namespace))["data"]
    for each in container.get("env", ()):
        found[each["name"]] = each.get("value") or _field(each["valueFrom"]["fieldRef"]["fieldPath"], deployment)
    return found


def _field(path: str, deployment: Object) -> str:
    """What the downward API would say of the pod."""
    return {"metadata.name": f"{deployment['metadata']['name']}-0"}[path]


async def _mount(volume: Object, place: Path, namespace: str, admin: Api) -> None:
    """Anew: a secret that changed is another file."""
    if "projected" not in volume:
        place.mkdir(parents=True, exist_ok=True)
        return
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True)
    for source in volume["projected"]["sources"]:
        secret = await admin.get("v1", "secrets", source["secret"]["name"], namespace=namespace)
        for item in source["secret"]["items"]:
            _write(place / item["path"], secret["data"], item["key"])


def _write(path: Path, data: dict[str, Any], key: str) -> None:
    path.touch(mode=0o600)
    path.write_bytes(base64.b64decode(data[key]))
