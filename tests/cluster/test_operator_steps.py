"""An operator that ends or stands still in the midst of a step: the next one goes on, and nothing is left over.

Each step is a request that the operator makes. Killed, the API server has done it and nobody heard the answer. Stopped,
the request comes through long after another operator has finished the work.
"""

from __future__ import annotations

import pytest
from control_plane.api import Api, ApiRefused
from control_plane.fair_clock import within
from control_plane.gate import Gate, Step
from control_plane.observing import made, resource, until_gone, until_ready
from control_plane.operator_process import Operators
from control_plane.partners import API_VERSION, PLURAL, partner
from control_plane.waiting import until

ITSELF = Step("PATCH", "/partnerconnectors/sup-atlas")
STEPS = {
    "finalizer": ITSELF,
    "service account": Step("PATCH", "/serviceaccounts/sup-atlas-connector"),
    "configuration": Step("PATCH", "/configmaps/sup-atlas-connector"),
    "network policy": Step("PATCH", "/networkpolicies/sup-atlas-connector"),
    "deployment": Step("PATCH", "/deployments/sup-atlas-connector"),
    "status": Step("PATCH", "/partnerconnectors/sup-atlas/status"),
    "event": Step("POST", "/events"),
}
CONVERGED_SECONDS = 60
MADE = {"serviceaccounts", "configmaps", "deployments", "networkpolicies"}


async def give_up_lease(admin: Api) -> None:
    """That a dead holder's term runs out is tried elsewhere."""
    try:
        await admin.delete("coordination.k8s.io/v1", "leases", "partner-operator", namespace="crossdock")
    except ApiRefused as refused:
        if refused.code != 404:
            raise


async def as_declared(admin: Api, namespace: str) -> None:
    await until_ready(admin, namespace)

    async def settled() -> bool:
        found = await resource(admin, namespace)
        observed = found["status"].get("observedGeneration") == found["metadata"]["generation"]
        return observed and await made(admin, namespace) == MADE

    await until(settled)
    assert (await resource(admin, namespace))["metadata"]["finalizers"] == ["crossdock.dev/drain"]


@pytest.mark.parametrize("name", STEPS)
async def test_killed_in_the_midst_of_a_step(
    name: str, operators: Operators, admin: Api, home: str, gate: Gate
) -> None:
    await give_up_lease(admin)
    held = gate.hold(STEPS[name], "answer")
    doomed = await operators.start(gate)
    await admin.create(partner(home))
    await held.waits()
    await doomed.kill()
    held.release()
    await give_up_lease(admin)
    with within(CONVERGED_SECONDS):
        await operators.start()
        await as_declared(admin, home)
    await admin.delete(API_VERSION, PLURAL, "sup-atlas", namespace=home)
    await until_gone(admin, home)


@pytest.mark.parametrize("name", STEPS)
async def test_stopped_in_the_midst_of_a_step_which_comes_through_late(
    name: str, operators: Operators, admin: Api, home: str, gate: Gate
) -> None:
    await give_up_lease(admin)
    held = gate.hold(STEPS[name], "request")
    sleeper = await operators.start(gate)
    await admin.create(partner(home))
    await held.waits()
    sleeper.pause()
    await give_up_lease(admin)
    with within(CONVERGED_SECONDS):
        await operators.start()
        await as_declared(admin, home)
    held.release()
    sleeper.resume()
    with within(CONVERGED_SECONDS):
        await as_declared(admin, home)
    await admin.delete(API_VERSION, PLURAL, "sup-atlas", namespace=home)
    await until_gone(admin, home)


@pytest.mark.parametrize("side", ["request", "answer"])
async def test_killed_while_it_lets_a_deleted_resource_go(
    side: str, operators: Operators, admin: Api, home: str, gate: Gate
) -> None:
    await give_up_lease(admin)
    doomed = await operators.start(gate)
    await admin.create(partner(home))
    await as_declared(admin, home)
    held = gate.hold(ITSELF, "request" if side == "request" else "answer")
    await admin.delete(API_VERSION, PLURAL, "sup-atlas", namespace=home)
    await held.waits()
    await doomed.kill()
    await give_up_lease(admin)
    with within(CONVERGED_SECONDS):
        await operators.start()
        await until_gone(admin, home)
    held.release()
    await until_gone(admin, home)
