"""The only module that talks to the API server: lists by kind, server-side apply, and refusals as the suite's errors.

Writes nothing that it was not given, and never lists or watches secrets.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import aiohttp
from kopf import ConnectionInfo

from partner_operator.connector import API_VERSION, PLURAL, Connector
from partner_operator.manifests.platform import MANAGED_BY, MANAGER, PARTNER_LABEL, Manifest
from partner_operator.refusals import ApiConflict, ApiMissing, ApiUnavailable, refusal

Object = dict[str, Any]
_PAGE = 500
_APPLY, _MERGE = "application/apply-patch+yaml", "application/merge-patch+json"


@dataclass(frozen=True, slots=True)
class Kind:
    api_version: str
    plural: str
    name: str

    def path(self, namespace: str = "", name: str = "") -> str:
        root = f"/apis/{self.api_version}" if "/" in self.api_version else f"/api/{self.api_version}"
        within = f"/namespaces/{namespace}" if namespace else ""
        return f"{root}{within}/{self.plural}" + (f"/{name}" if name else "")


CONNECTORS = Kind(API_VERSION, PLURAL, "PartnerConnector")
SECRETS, EVENTS = Kind("v1", "secrets", "Secret"), Kind("v1", "events", "Event")
CONFIG_MAPS = Kind("v1", "configmaps", "ConfigMap")
LEASES = Kind("coordination.k8s.io/v1", "leases", "Lease")
DEPLOYMENTS = Kind("apps/v1", "deployments", "Deployment")
# What the operator makes, in the order in which it is listed.
OWNED = (
    Kind("v1", "serviceaccounts", "ServiceAccount"),
    CONFIG_MAPS,
    Kind("v1", "services", "Service"),
    DEPLOYMENTS,
    Kind("networking.k8s.io/v1", "networkpolicies", "NetworkPolicy"),
    Kind("policy/v1", "poddisruptionbudgets", "PodDisruptionBudget"),
    Kind("autoscaling/v2", "horizontalpodautoscalers", "HorizontalPodAutoscaler"),
)
SCALED_OBJECTS = Kind("keda.sh/v1alpha1", "scaledobjects", "ScaledObject")
_KINDS = {each.name: each for each in (*OWNED, SCALED_OBJECTS)}


@dataclass(eq=False)
class Cluster:
    """`login` is asked again when the server no longer takes what it said: tokens of service accounts rotate."""

    login: Callable[[], ConnectionInfo]
    kinds: tuple[Kind, ...] = OWNED
    _session: aiohttp.ClientSession | None = field(default=None, init=False)
    _server: str = field(default="", init=False)

    async def connectors(self) -> list[Connector]:
        return [Connector.of(each) for each in await self._list(CONNECTORS)]

    async def connector(self, namespace: str, name: str) -> Connector:
        """Raises ApiMissing."""
        return Connector.of(await self._send("GET", CONNECTORS.path(namespace, name)))

    async def owned(self, namespace: str = "", partner: str = "") -> list[Object]:
        """What we made: of one partner, or all of it, with one list per kind."""
        labels = f"{MANAGED_BY}={MANAGER}" + (f",{PARTNER_LABEL}={partner}" if partner else "")
        found = await asyncio.gather(*(self._list(kind, namespace, labels) for kind in self.kinds))
        return [each for objects in found for each in objects]

    async def deployment(self, namespace: str, name: str) -> Object:
        """Raises ApiMissing."""
        return await self._send("GET", DEPLOYMENTS.path(namespace, name))

    async def apply(self, manifest: Manifest, *, force: bool) -> Object:
        """Server-side. Without `force` an object that somebody else made is not taken over. Raises ApiConflict."""
        path = self._path(manifest)
        return await self._send("PATCH", path, manifest, _APPLY, fieldManager=MANAGER, force=str(force).lower())

    async def delete(self, found: Object) -> None:
        """Exactly this object; one that came under its name since then stays. Gone already is well."""
        body = {"preconditions": {"uid": found["metadata"]["uid"]}, "propagationPolicy": "Background"}
        try:
            await self._send("DELETE", self._path(found), body)
        except (ApiMissing, ApiConflict):
            return

    async def set_finalizers(self, connector: Connector, finalizers: list[str]) -> Connector:
        """Raises ApiConflict if the resource has changed since it was read."""
        metadata = {"finalizers": finalizers, "resourceVersion": connector.resource_version}
        path = CONNECTORS.path(*connector.key)
        return Connector.of(await self._send("PATCH", path, {"metadata": metadata}, _MERGE, fieldManager=MANAGER))

    async def report(self, connector: Connector, change: Mapping[str, Any]) -> None:
        """Writes what changed of the status. Raises ApiMissing."""
        path = f"{CONNECTORS.path(*connector.key)}/status"
        await self._send("PATCH", path, {"status": dict(change)}, _MERGE, fieldManager=MANAGER)

    async def secret(self, namespace: str, name: str) -> Object:
        """By name alone. Raises ApiMissing, PermissionDenied."""
        return await self._send("GET", SECRETS.path(namespace, name))

    async def config_map(self, namespace: str, name: str) -> Object:
        """Raises ApiMissing."""
        return await self._send("GET", CONFIG_MAPS.path(namespace, name))

    async def post_event(self, event: Object) -> None:
        """A new event, or a further count of one that is there."""
        namespace, name = event["metadata"]["namespace"], event["metadata"]["name"]
        try:
            await self._send("POST", EVENTS.path(namespace), event)
        except ApiConflict:
            change = {"count": event["count"], "lastTimestamp": event["lastTimestamp"]}
            await self._send("PATCH", EVENTS.path(namespace, name), change, _MERGE)

    async def lease(self, namespace: str, name: str) -> Object:
        """Raises ApiMissing."""
        return await self._send("GET", LEASES.path(namespace, name))

    async def create_lease(self, namespace: str, lease: Object) -> Object:
        """Raises ApiConflict if somebody was faster."""
        return await self._send("POST", LEASES.path(namespace), lease)

    async def replace_lease(self, namespace: str, lease: Object) -> Object:
        """Raises ApiConflict if somebody was faster."""
        return await self._send("PUT", LEASES.path(namespace, lease["metadata"]["name"]), lease)

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None

    def _path(self, each: Object) -> str:
        metadata = each["metadata"]
        return _KINDS[each["kind"]].path(metadata["namespace"], metadata["name"])

    async def _list(self, kind: Kind, namespace: str = "", labels: str = "") -> list[Object]:
        found: list[Object] = []
        options = {"limit": str(_PAGE)} | ({"labelSelector": labels} if labels else {})
        while True:
            page = await self._send("GET", kind.path(namespace), **options)
            found += [_listed(each, kind) for each in page["items"]]
            options["continue"] = page["metadata"].get("continue", "")
            if not options["continue"]:
                return found

    async def _send(
        self, method: str, path: str, body: object = None, content_type: str = "application/json", **options: str
    ) -> Object:
        try:
            async with self._answer(method, path, body, content_type, options) as answer:
                if answer.status < 400:
                    read: Object = await answer.json()
                    return read
                said = (await answer.text())[:2000]
                if answer.status == 401:
                    await self.close()
                raise refusal(answer.status, _message(said), answer.headers.get("retry-after", ""))
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            raise ApiUnavailable(f"{method} {path}: {type(error).__name__}") from error

    @asynccontextmanager
    async def _answer(
        self, method: str, path: str, body: object, content_type: str, options: Mapping[str, str]
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        session = self._session or self._open()
        headers = {"content-type": content_type}
        async with session.request(
            method, f"{self._server}{path}", json=body, params=options, headers=headers
        ) as answer:
            yield answer

    def _open(self) -> aiohttp.ClientSession:
        info = self.login()
        self._server = info.server
        connector = aiohttp.TCPConnector(ssl=info.as_ssl_context(), limit=16)
        timeout = aiohttp.ClientTimeout(total=30, connect=5)
        self._session = aiohttp.ClientSession(connector=connector, headers=info.as_http_headers(), timeout=timeout)
        return self._session


def _listed(item: Object, kind: Kind) -> Object:
    """Items of a list carry neither their kind nor its version; who wrote which field is half of them and not asked."""
    item["metadata"].pop("managedFields", None)
    return item | {"apiVersion": kind.api_version, "kind": kind.name}


def _message(said: str) -> str:
    """The sentence of a Status; the text itself where it is none."""
    _, found, rest = said.partition('"message":"')
    return rest.partition('","')[0].replace('\\"', '"') if found else said.strip()
