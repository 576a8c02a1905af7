"""Declared → desired objects. Pure functions, tested by snapshot; what is not listed here is not made."""

from __future__ import annotations

from partner_operator.connector import Connector
from partner_operator.manifests import network, pods, scaling
from partner_operator.manifests.platform import Manifest, Platform

__all__ = ["Manifest", "Platform", "desired"]


def desired(connector: Connector, platform: Platform, secrets: frozenset[str]) -> list[Manifest]:
    """Everything that runs for a connector. `secrets` are those that may be used; others are not mounted.

    While it is being deleted nobody may post any more, and what waits is still sent.
    """
    found = [
        pods.service_account(connector),
        pods.config(connector, platform),
        network.policy(connector, platform),
        pods.deployment(connector, platform, secrets),
    ]
    if connector.receives_posts and connector.deleted_at is None:
        found.append(network.service(connector))
    if max(connector.replicas, connector.most_replicas) > 1:
        found.append(scaling.disruption_budget(connector))
    if connector.most_replicas:
        found.append(scaling.autoscaler(connector, platform))
    return found
