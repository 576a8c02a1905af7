"""How many run at the least while nodes are drained, and how many by load."""

from __future__ import annotations

from partner_operator.connector import Connector
from partner_operator.manifests.platform import Manifest, Platform, metadata, selector

_CPU_PERCENT = 70


def disruption_budget(connector: Connector) -> Manifest:
    return {
        "apiVersion": "policy/v1",
        "kind": "PodDisruptionBudget",
        "metadata": metadata(connector),
        "spec": {"maxUnavailable": 1, "selector": {"matchLabels": selector(connector)}},
    }


def autoscaler(connector: Connector, platform: Platform) -> Manifest:
    """One of the two, never both: KEDA makes a HorizontalPodAutoscaler of its own."""
    return _scaled_object(connector) if platform.autoscaler == "keda" else _horizontal(connector)


def _horizontal(connector: Connector) -> Manifest:
    cpu = {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": _CPU_PERCENT}}
    return {
        "apiVersion": "autoscaling/v2",
        "kind": "HorizontalPodAutoscaler",
        "metadata": metadata(connector),
        "spec": {
            "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": connector.name},
            "minReplicas": connector.replicas,
            "maxReplicas": connector.most_replicas,
            "metrics": [{"type": "Resource", "resource": cpu}],
            "behavior": {"scaleDown": {"stabilizationWindowSeconds": 300}},
        },
    }


def _scaled_object(connector: Connector) -> Manifest:
    return {
        "apiVersion": "keda.sh/v1alpha1",
        "kind": "ScaledObject",
        "metadata": metadata(connector),
        "spec": {
            "scaleTargetRef": {"name": connector.name},
            "minReplicaCount": connector.replicas,
            "maxReplicaCount": connector.most_replicas,
            "cooldownPeriod": 300,
            "triggers": [{"type": "cpu", "metricType": "Utilization", "metadata": {"value": str(_CPU_PERCENT)}}],
        },
    }
