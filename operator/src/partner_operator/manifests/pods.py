"""What runs: a Deployment of the connector's worker with its configuration, under an account that may do nothing."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from partner_operator.connector import RESTART, Connector
from partner_operator.manifests.platform import HTTP_PORT, Manifest, Platform, metadata, selector

_IDENTITY, _SECRETS = "/etc/crossdock/identity", "/etc/crossdock/secrets"
_TLS, _TRANSPORT = "/etc/crossdock/tls", "/var/lib/crossdock/transport"
_UNPRIVILEGED = 10001
# The key of a secret that a spec names: a name leads to one value and nowhere else.
SECRET_KEY, TOKEN_KEY = "value", "token"


def service_account(connector: Connector) -> Manifest:
    return {
        "apiVersion": "v1",
        "kind": "ServiceAccount",
        "metadata": metadata(connector),
        "automountServiceAccountToken": False,
    }


def config(connector: Connector, platform: Platform) -> Manifest:
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": metadata(connector),
        "data": environment(connector, platform),
    }


def environment(connector: Connector, platform: Platform) -> dict[str, str]:
    """What the worker is told, by the names of its settings."""
    told = {
        "CROSSDOCK_SERVICE": "connector-worker",
        "CROSSDOCK_PEERS": json.dumps({"connector": platform.connector}),
        "CROSSDOCK_WORKER_PARTNERS": connector.partner,
        "CROSSDOCK_WORKER_TOKENS_DIR": _IDENTITY,
        "CROSSDOCK_SECRETS_DIR": _SECRETS,
        "CROSSDOCK_TRANSPORT_DIR": _TRANSPORT,
        "CROSSDOCK_HTTP_LISTEN": f"0.0.0.0:{HTTP_PORT}",
    }
    if platform.worker_tls:
        told |= {
            "CROSSDOCK_TLS_CERT": f"{_TLS}/tls.crt",
            "CROSSDOCK_TLS_KEY": f"{_TLS}/tls.key",
            "CROSSDOCK_TLS_CA": f"{_TLS}/ca.crt",
        }
    return told


def deployment(connector: Connector, platform: Platform, secrets: frozenset[str]) -> Manifest:
    spec: Manifest = {
        "selector": {"matchLabels": selector(connector)},
        "revisionHistoryLimit": 3,
        "progressDeadlineSeconds": 120,
        "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 0, "maxSurge": 1}},
        "template": {
            "metadata": {"labels": metadata(connector)["labels"], "annotations": _annotations(connector, platform)},
            "spec": _pod(connector, platform, secrets),
        },
    }
    # Where it is scaled by load the number is the autoscaler's.
    if not connector.most_replicas:
        spec["replicas"] = connector.replicas
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata(connector), "spec": spec}


def _annotations(connector: Connector, platform: Platform) -> dict[str, str]:
    """Whatever changes here begins the pods anew. Secrets do not: they are read again as they change."""
    told = json.dumps(environment(connector, platform), sort_keys=True)
    found = {"crossdock.dev/configuration": hashlib.sha256(told.encode()).hexdigest()[:16]}
    restarts = (connector.annotations.get(RESTART, ""), str(connector.status.get("restartedAt", "")))
    if any(restarts):
        found[RESTART] = "; ".join(each for each in restarts if each)
    return found


def _pod(connector: Connector, platform: Platform, secrets: frozenset[str]) -> Manifest:
    return {
        "serviceAccountName": connector.name,
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "terminationGracePeriodSeconds": 45,
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": _UNPRIVILEGED,
            "runAsGroup": _UNPRIVILEGED,
            "fsGroup": _UNPRIVILEGED,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "topologySpreadConstraints": [
            {
                "maxSkew": 1,
                "topologyKey": key,
                "whenUnsatisfiable": "ScheduleAnyway",
                "labelSelector": {"matchLabels": selector(connector)},
            }
            for key in ("topology.kubernetes.io/zone", "kubernetes.io/hostname")
        ],
        "containers": [_container(connector, platform)],
        "volumes": _volumes(connector, platform, secrets),
    }


def _container(connector: Connector, platform: Platform) -> Manifest:
    health = {"httpGet": {"path": "/health", "port": "http"}, "timeoutSeconds": 2}
    mounts = [("identity", _IDENTITY), ("secrets", _SECRETS), ("transport", _TRANSPORT), ("tmp", "/tmp")]  # noqa: S108
    mounts += [("tls", _TLS)] if platform.worker_tls else []
    return {
        "name": "worker",
        "image": platform.image,
        "command": ["python", "-m", "connector.worker"],
        "envFrom": [{"configMapRef": {"name": connector.name}}],
        # A pod's own name: a successor waits for the lease of the one before it.
        "env": [{"name": "CROSSDOCK_WORKER_NAME", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}}],
        "ports": [{"name": "http", "containerPort": HTTP_PORT}],
        "resources": {"requests": {"cpu": "50m", "memory": "128Mi"}, "limits": {"memory": "256Mi"}},
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        },
        "startupProbe": health | {"periodSeconds": 1, "failureThreshold": 60},
        "readinessProbe": health | {"periodSeconds": 5},
        "livenessProbe": health | {"periodSeconds": 20, "failureThreshold": 3},
        "lifecycle": {"preStop": {"sleep": {"seconds": 5}}},
        "volumeMounts": [
            {"name": name, "mountPath": path} | ({} if name in {"tmp", "transport"} else {"readOnly": True})
            for name, path in mounts
        ],
    }


def _volumes(connector: Connector, platform: Platform, secrets: frozenset[str]) -> list[Manifest]:
    identity, named = connector.identity_secret, [each for each in connector.named_secrets if each in secrets]
    found = [
        _projected(
            "identity", [_source(identity, {TOKEN_KEY: f"{connector.partner}.jwt"})] if identity in secrets else []
        ),
        _projected("secrets", [_source(each, {SECRET_KEY: each}) for each in named]),
        {"name": "transport", **_transport(connector)},
        {"name": "tmp", "emptyDir": {"sizeLimit": "64Mi"}},
    ]
    if platform.worker_tls:
        files = {name: name for name in ("tls.crt", "tls.key", "ca.crt")}
        found.append(_projected("tls", [_source(identity, files)] if identity in secrets else []))
    return found


def _projected(name: str, sources: list[Manifest]) -> Manifest:
    return {"name": name, "projected": {"defaultMode": 0o440, "sources": sources}} if sources else _empty(name)


def _empty(name: str) -> Manifest:
    return {"name": name, "emptyDir": {"sizeLimit": "1Mi"}}


def _source(secret: str, files: dict[str, str]) -> Manifest:
    items = [{"key": key, "path": path} for key, path in files.items()]
    return {"secret": {"name": secret, "items": items}}


def _transport(connector: Connector) -> dict[str, Any]:
    """Folders of a file drop are a volume that the platform team provides; other transports have none here."""
    if "fileDrop" in connector.spec["transport"]:
        return {"persistentVolumeClaim": {"claimName": f"{connector.partner}-files"}}
    return {"emptyDir": {"sizeLimit": "1Mi"}}
