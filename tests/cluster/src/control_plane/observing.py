"""What tests see of a connector in the cluster, and how they wait for it."""

from __future__ import annotations

from collections.abc import Callable

from control_plane.api import Api, ApiRefused, Object
from control_plane.partners import API_VERSION, PLURAL
from control_plane.waiting import CAP_SECONDS, until

KINDS = (
    ("v1", "serviceaccounts"),
    ("v1", "configmaps"),
    ("v1", "services"),
    ("apps/v1", "deployments"),
    ("networking.k8s.io/v1", "networkpolicies"),
    ("policy/v1", "poddisruptionbudgets"),
    ("autoscaling/v2", "horizontalpodautoscalers"),
)


def condition(found: Object, name: str) -> Object:
    """Empty where it is not there yet."""
    conditions = found.get("status", {}).get("conditions", ())
    return next((each for each in conditions if each["type"] == name), {})


async def made(admin: Api, namespace: str, name: str = "sup-atlas") -> set[str]:
    """The kinds of what the operator made for a partner."""
    labels = f"crossdock.dev/partner={name}"
    return {
        plural for version, plural in KINDS if await admin.list(version, plural, namespace=namespace, labels=labels)
    }


async def resource(admin: Api, namespace: str, name: str = "sup-atlas") -> Object:
    return await admin.get(API_VERSION, PLURAL, name, namespace=namespace)


async def until_condition(
    admin: Api, namespace: str, kind: str, holds: Callable[[Object], bool], name: str = "sup-atlas"
) -> Object:
    async def there() -> bool:
        return holds(condition(await resource(admin, namespace, name), kind))

    try:
        await until(there)
    except TimeoutError:
        raise AssertionError(f"{kind} never came to be so: {await resource(admin, namespace, name)}") from None
    return await resource(admin, namespace, name)


async def until_ready(admin: Api, namespace: str, name: str = "sup-atlas") -> Object:
    return await until_condition(admin, namespace, "Ready", lambda each: each.get("status") == "True", name)


async def until_gone(admin: Api, namespace: str, name: str = "sup-atlas") -> None:
    """Neither the resource nor anything that was made for it."""

    async def gone() -> bool:
        try:
            await resource(admin, namespace, name)
        except ApiRefused as refused:
            return refused.code == 404 and not await made(admin, namespace, name)
        return False

    await until(gone)


async def delete_connectors(admin: Api, namespace: str, cap: float = CAP_SECONDS) -> None:
    """Returns when none is left."""
    for each in await admin.list(API_VERSION, PLURAL, namespace=namespace):
        try:
            await admin.delete(API_VERSION, PLURAL, each["metadata"]["name"], namespace=namespace)
        except ApiRefused as refused:
            if refused.code != 404:
                raise

    async def gone() -> bool:
        return not await admin.list(API_VERSION, PLURAL, namespace=namespace)

    await until(gone, cap=cap, every=cap / 600)


async def delete_namespace(admin: Api, namespace: str, cap: float = CAP_SECONDS) -> None:
    """Returns when it is gone."""
    await admin.delete("v1", "namespaces", namespace)

    async def gone() -> bool:
        return namespace not in {each["metadata"]["name"] for each in await admin.list("v1", "namespaces")}

    await until(gone, cap=cap)
