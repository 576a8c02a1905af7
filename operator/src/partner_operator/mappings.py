"""Mappings that stand in ConfigMaps → the spec with all of them in place. What the spec itself says goes over them.

They are looked up anew with each look: no event tells of a ConfigMap that somebody else owns.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Protocol

import yaml
from crossdock_kit.errors import Invalid

from partner_operator.connector import Connector
from partner_operator.refusals import ApiMissing

_KEY = "mapping.yaml"
# As the schema bounds what stands in the spec.
_LARGEST = 256 * 1024


@dataclass
class MappingMissing(Invalid):
    """The text says how to mend it."""

    message: str


class ReadsConfigMaps(Protocol):
    async def config_map(self, namespace: str, name: str) -> dict[str, Any]: ...


async def in_place(connector: Connector, cluster: ReadsConfigMaps) -> Connector:
    """Raises MappingMissing, and Unavailable where the API server is away."""
    routes = connector.spec.get("documents", ())
    if not any("mappingFrom" in each for each in routes):
        return connector
    found = [await _route(each, connector.namespace, cluster) for each in routes]
    return replace(connector, spec={**connector.spec, "documents": found})


def without(connector: Connector) -> Connector:
    """The spec as far as it can be judged before anything is looked up."""
    routes = [_bare(each) for each in connector.spec.get("documents", ())]
    return replace(connector, spec={**connector.spec, "documents": routes})


def _bare(route: Mapping[str, Any]) -> dict[str, Any]:
    return {name: each for name, each in route.items() if name != "mappingFrom"}


async def _route(route: Mapping[str, Any], namespace: str, cluster: ReadsConfigMaps) -> Mapping[str, Any]:
    if "mappingFrom" not in route:
        return route
    name, key = route["mappingFrom"]["configMap"], route["mappingFrom"].get("key") or _KEY
    try:
        data = (await cluster.config_map(namespace, name)).get("data") or {}
    except ApiMissing:
        raise MappingMissing(f"the ConfigMap {name} is missing: create it with the key {key}") from None
    if key not in data:
        raise MappingMissing(f"the ConfigMap {name} has no key {key}")
    return {**_bare(route), "mapping": {**read(data[key], f"{name}, {key}"), **route.get("mapping", {})}}


def read(text: str, where: str) -> dict[str, Any]:
    """A mapping as YAML or JSON. Raises MappingMissing."""
    try:
        found = yaml.safe_load(text) if len(text) <= _LARGEST else None
    except (yaml.YAMLError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise MappingMissing(f"what stands in the ConfigMap {where} is no mapping: a name and a value on each line")
    return found
