"""Many connectors: all come to run, what drifted while nobody looked is repaired, and nothing is written for nothing.

CROSSDOCK_CLUSTER_CONNECTORS says how many; the figures are printed.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

from control_plane.api import Api, Object
from control_plane.observing import KINDS, condition, resource
from control_plane.operator_process import Operators, RealConnector, give_secrets
from control_plane.partners import API_VERSION, PLURAL, partner
from control_plane.waiting import until

NUMBER = int(os.environ.get("CROSSDOCK_CLUSTER_CONNECTORS", "60"))
MOST_MIB = 300
MOST_SECONDS = 60
CHANGES = 20
AT_ONCE = asyncio.Semaphore(16)


async def each(work: Callable[[str], Awaitable[object]]) -> None:
    """For every connector, some at a time."""

    async def one(name: str) -> None:
        async with AT_ONCE:
            await work(name)

    await asyncio.gather(*(one(f"sup-{number}") for number in range(NUMBER)))


async def versions(admin: Api, namespace: str) -> dict[str, str]:
    """Resource versions of all that the operator writes."""
    kinds = (*KINDS, (API_VERSION, PLURAL))
    found = [(plural, await admin.list(version, plural, namespace=namespace)) for version, plural in kinds]
    return {
        f"{plural}/{each['metadata']['name']}": each["metadata"]["resourceVersion"]
        for plural, objects in found
        for each in objects
    }


def memory_mib(pid: int | None) -> int:
    [line] = [each for each in Path(f"/proc/{pid}/status").read_text().splitlines() if each.startswith("VmRSS")]
    return int(line.split()[1]) // 1024


async def test_many_connectors_come_to_run_and_stay_as_declared(
    operators: Operators, admin: Api, home: str, connector_service: RealConnector
) -> None:
    operator = await operators.start()
    await each(lambda name: give_secrets(admin, connector_service, home, name, "sup-atlas-key"))
    began = time.monotonic()
    await each(lambda name: admin.create(partner(home, name)))

    async def all_ready() -> bool:
        found = await admin.list(API_VERSION, PLURAL, namespace=home)
        return bool(sum(condition(one, "Ready").get("status") == "True" for one in found) == NUMBER)

    await until(all_ready, cap=600, every=1)
    print(f"{NUMBER} connectors ready in {time.monotonic() - began:.1f} s")

    operator.pause()
    drift = {"spec": {"replicas": 2}}
    await each(lambda name: admin.patch("apps/v1", "deployments", f"{name}-connector", drift, namespace=home))
    operator.resume()
    began = time.monotonic()

    async def all_repaired() -> bool:
        found = await admin.list("apps/v1", "deployments", namespace=home)
        return [one["spec"]["replicas"] for one in found] == [1] * NUMBER

    await until(all_repaired, cap=600, every=0.5)
    took = time.monotonic() - began
    print(f"{NUMBER} drifted connectors repaired in {took:.1f} s")
    assert took <= MOST_SECONDS

    await until(all_ready, cap=600, every=1)
    waits = [await change_to_observed(admin, home, f"sup-{number}") for number in range(min(CHANGES, NUMBER))]
    waits.sort()
    print(f"a change is carried out in {waits[len(waits) // 2]:.2f} s (median), {waits[-2]:.2f} s (p95)")

    async def quiet() -> bool:
        before = await versions(admin, home)
        # Two resyncs of five seconds.
        await asyncio.sleep(11)
        return await versions(admin, home) == before

    await until(quiet, cap=300)
    memory = memory_mib(operator.pid)
    print(f"the operator holds {memory} MiB")
    assert memory < MOST_MIB


async def change_to_observed(admin: Api, namespace: str, name: str) -> float:
    """Seconds from a change to a status that speaks of it and is ready."""
    began = time.monotonic()
    change = {"spec": {"workers": {"replicas": 2}}}
    wanted = (await admin.patch(API_VERSION, PLURAL, name, change, namespace=namespace))["metadata"]["generation"]

    def is_done(found: Object) -> bool:
        ready = condition(found, "Ready")
        return bool(
            found["status"].get("observedGeneration") == wanted
            and ready.get("status") == "True"
            and ready.get("message", "").startswith("2 of 2")
        )

    async def done() -> bool:
        return is_done(await resource(admin, namespace, name))

    await until(done)
    return time.monotonic() - began
