"""The API server as tests talk to it: plain HTTP with one identity, and its refusals as one exception.

Nothing of the operator is used here, so that its own client is judged by another one.
"""

from __future__ import annotations

import asyncio
import ssl
from dataclasses import dataclass
from typing import Any, Self

import httpx

from control_plane.certificates import Pair
from control_plane.kubeconfig import Endpoint

Object = dict[str, Any]
_ASKED_LATER, _ESTABLISHED_SECONDS = 60, 60
_CLUSTER_WIDE = frozenset(
    {
        "ClusterRole",
        "ClusterRoleBinding",
        "CustomResourceDefinition",
        "Namespace",
        "Node",
        "PersistentVolume",
        "PriorityClass",
        "ValidatingAdmissionPolicy",
        "ValidatingAdmissionPolicyBinding",
        "ValidatingWebhookConfiguration",
    }
)


@dataclass
class ApiRefused(Exception):
    """What the API server answered instead of doing it."""

    code: int
    reason: str
    message: str

    def __str__(self) -> str:
        return f"{self.code} {self.reason}: {self.message}"


def plural_of(kind: str) -> str:
    """As English makes it, which Kubernetes follows."""
    name = kind.lower()
    if name.endswith("y"):
        return f"{name[:-1]}ies"
    return f"{name}es" if name.endswith("s") else f"{name}s"


def path_of(api_version: str, plural: str, namespace: str = "", name: str = "") -> str:
    root = f"/api/{api_version}" if "/" not in api_version else f"/apis/{api_version}"
    within = f"/namespaces/{namespace}" if namespace else ""
    return f"{root}{within}/{plural}" + (f"/{name}" if name else "")


class Api:
    def __init__(self, endpoint: Endpoint, who: Pair | str) -> None:
        context = ssl.create_default_context(cafile=str(endpoint.authority))
        headers = {}
        if isinstance(who, str):
            headers["authorization"] = f"Bearer {who}"
        else:
            context.load_cert_chain(who.cert, who.key)
        self._http = httpx.AsyncClient(
            base_url=endpoint.server, verify=context, headers=headers, trust_env=False, timeout=30
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._http.aclose()

    async def ready(self) -> None:
        """Raises OSError while it is not."""
        try:
            (await self._http.get("/readyz")).raise_for_status()
        except httpx.HTTPError as error:
            raise ConnectionError(str(error)) from error

    async def established(self, definition: str) -> Object:
        """The definition, once the API server serves its resources. Raises TimeoutError."""
        async with asyncio.timeout(_ESTABLISHED_SECONDS):
            while True:
                found = await self.get("apiextensions.k8s.io/v1", "customresourcedefinitions", definition)
                conditions = {each["type"]: each["status"] for each in found.get("status", {}).get("conditions", ())}
                if conditions.get("Established") == "True":
                    return found
                await asyncio.sleep(0.05)

    async def raw(self, path: str) -> Object:
        return await self._send("GET", path)

    async def post(self, path: str, wanted: Object) -> Object:
        """Of a subresource that makes something."""
        return await self._send("POST", path, wanted)

    async def create(self, wanted: Object, *, strict: bool = True, dry_run: bool = False) -> Object:
        """`strict` refuses unknown fields, as kubectl asks for."""
        return await self._send("POST", self._collection(wanted), wanted, _options(strict, dry_run))

    async def replace(self, wanted: Object, *, strict: bool = True) -> Object:
        return await self._send("PUT", self._of(wanted), wanted, _options(strict, False))

    async def apply(self, wanted: Object, *, manager: str = "tests", strict: bool = True) -> Object:
        """Server-side apply."""
        options = _options(strict, False) | {"fieldManager": manager, "force": "true"}
        return await self._send("PATCH", self._of(wanted), wanted, options, "application/apply-patch+yaml")

    async def patch(
        self, api_version: str, plural: str, name: str, change: Object, *, namespace: str = "", sub: str = ""
    ) -> Object:
        """A merge patch, of a subresource if one is named."""
        path = path_of(api_version, plural, namespace, name) + (f"/{sub}" if sub else "")
        return await self._send("PATCH", path, change, {}, "application/merge-patch+json")

    async def get(self, api_version: str, plural: str, name: str, *, namespace: str = "", sub: str = "") -> Object:
        return await self._send("GET", path_of(api_version, plural, namespace, name) + (f"/{sub}" if sub else ""))

    async def list(self, api_version: str, plural: str, *, namespace: str = "", labels: str = "") -> list[Object]:
        options = {"labelSelector": labels} if labels else {}
        found = await self._send("GET", path_of(api_version, plural, namespace), options=options)
        return list(found["items"])

    async def delete(self, api_version: str, plural: str, name: str, *, namespace: str = "") -> Object:
        return await self._send("DELETE", path_of(api_version, plural, namespace, name))

    def _collection(self, wanted: Object) -> str:
        kind = str(wanted["kind"])
        namespace = "" if kind in _CLUSTER_WIDE else str(wanted["metadata"].get("namespace", "default"))
        return path_of(str(wanted["apiVersion"]), plural_of(kind), namespace)

    def _of(self, wanted: Object) -> str:
        return f"{self._collection(wanted)}/{wanted['metadata']['name']}"

    async def _send(
        self,
        method: str,
        path: str,
        body: Object | None = None,
        options: dict[str, str] | None = None,
        content_type: str = "application/json",
    ) -> Object:
        answer = await self._patiently(method, path, body, options or {}, content_type)
        if answer.is_error and not answer.headers.get("content-type", "").startswith("application/json"):
            raise ApiRefused(answer.status_code, "", answer.text)
        said: Object = answer.json()
        if answer.is_error:
            raise ApiRefused(answer.status_code, str(said.get("reason", "")), str(said.get("message", "")))
        return said

    async def _patiently(
        self, method: str, path: str, body: Object | None, options: dict[str, str], content_type: str
    ) -> httpx.Response:
        """Asks again where the server wants to be asked later, as while it takes on a changed definition."""
        for _ in range(_ASKED_LATER):
            answer = await self._http.request(
                method, path, json=body, params=options, headers={"content-type": content_type}
            )
            if answer.status_code != httpx.codes.TOO_MANY_REQUESTS:
                break
            await asyncio.sleep(0.5)
        return answer


def _options(strict: bool, dry_run: bool) -> dict[str, str]:
    return {"fieldValidation": "Strict" if strict else "Ignore"} | ({"dryRun": "All"} if dry_run else {})
