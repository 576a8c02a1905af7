"""The only wiring: settings → cluster and connector service → operator. Nothing of it is started here."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Literal, cast

import kopf
from crossdock_kit.client import Peer
from crossdock_kit.credentials import channel_credentials, own_token

from partner_operator.announcing import Announcer
from partner_operator.business import Business
from partner_operator.cluster import OWNED, SCALED_OBJECTS, Cluster
from partner_operator.manifests import Platform
from partner_operator.reconcile import Reconciler
from partner_operator.running import Operator
from partner_operator.settings import OperatorSettings


def log_in() -> kopf.ConnectionInfo:
    """As a pod does; outside of a cluster as KUBECONFIG says."""
    settings = kopf.OperatorSettings()
    found = kopf.login_with_service_account(settings=settings)
    if found is None and (path := os.environ.get("KUBECONFIG")) and Path(path).exists():
        found = kopf.login_with_kubeconfig(settings=settings)
    if found is None:
        raise kopf.LoginError("neither a service account nor KUBECONFIG says how to reach a cluster")
    return found


def platform_of(settings: OperatorSettings) -> Platform:
    return Platform(
        image=settings.worker_image,
        connector=settings.worker_peer or settings.peer("connector"),
        connector_namespace=settings.connector_namespace,
        worker_tls=settings.worker_tls,
        inner_networks=tuple(str(each) for each in settings.inner_networks if each.version == 4),
        autoscaler=cast(Literal["hpa", "keda"], settings.autoscaler),
    )


def assemble(settings: OperatorSettings) -> Operator:
    kinds = (*OWNED, SCALED_OBJECTS) if settings.autoscaler == "keda" else OWNED
    cluster = Cluster(log_in, kinds)
    token = own_token(settings.token_file) if settings.token_file else None
    peer = Peer(settings.peer("connector"), token=token, credentials=channel_credentials(settings))
    reconciler = Reconciler(cluster, Business(peer), platform_of(settings), settings.drain, Announcer(cluster))
    return Operator(settings, cluster, reconciler)
