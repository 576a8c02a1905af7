"""The operator under what befalls it: kills, a second one, an API server that is gone, bursts, deletions unseen."""

from __future__ import annotations

import asyncio
from collections import Counter
from time import monotonic

import pytest
from control_plane.api import Api, Object
from control_plane.cluster import Cluster
from control_plane.fair_clock import within
from control_plane.gate import Gate, Step
from control_plane.observing import (
    condition,
    delete_namespace,
    made,
    resource,
    until_condition,
    until_gone,
    until_ready,
)
from control_plane.operator_process import Operators, RealConnector, give_secrets, let_read_secrets
from control_plane.partners import API_VERSION, PLURAL, partner
from control_plane.waiting import until

CONVERGED_SECONDS = 60
DECLARED = Step("GET", "/apis/crossdock.dev/v1alpha1/partnerconnectors")


async def until_holds_lease(admin: Api, name: str) -> None:
    async def holds() -> bool:
        leases = await admin.list("coordination.k8s.io/v1", "leases", namespace="crossdock")
        return name in {each["spec"].get("holderIdentity") for each in leases}

    await until(holds)


async def test_two_operators_at_once_do_no_harm_and_one_acts(operators: Operators, admin: Api, home: str) -> None:
    first = await operators.start()
    await until_holds_lease(admin, first.program.name)
    second = await operators.start()
    await admin.create(partner(home))
    ready = await until_ready(admin, home)
    assert await made(admin, home) == {"serviceaccounts", "configmaps", "deployments", "networkpolicies"}
    first.pause()
    await admin.patch(API_VERSION, PLURAL, "sup-atlas", {"spec": {"workers": {"replicas": 2}}}, namespace=home)
    await until_holds_lease(admin, second.program.name)
    found = await until_observed(admin, home, ready["metadata"]["generation"] + 1)
    first.resume()
    assert found["spec"]["workers"]["replicas"] == 2

    async def one_budget() -> bool:
        return "poddisruptionbudgets" in await made(admin, home)

    await until(one_budget)


async def until_observed(admin: Api, namespace: str, generation: int, name: str = "sup-atlas") -> Object:
    async def observed() -> bool:
        seen = (await resource(admin, namespace, name)).get("status", {}).get("observedGeneration", 0)
        return bool(seen >= generation)

    await until(observed)
    return await resource(admin, namespace, name)


async def test_an_api_server_that_dies_is_waited_for(
    operators: Operators, cluster: Cluster, admin: Api, home: str
) -> None:
    if cluster.plane is None:
        pytest.skip("the cluster is not ours to hurt")
    operator = await operators.start()
    await admin.create(partner(home))
    await until_ready(admin, home)
    await cluster.plane.child("kube-apiserver").kill()

    async def noticed() -> bool:
        return "the lease cannot be renewed" in operator.log_tail(200)

    await until(noticed)
    await cluster.plane.start_api_server()
    with within(CONVERGED_SECONDS):
        await admin.create(partner(home, "wms-east", of="wms"))
        await until_condition(admin, home, "CredentialsValid", lambda each: each.get("status") == "False", "wms-east")


async def test_a_hundred_edits_in_ten_seconds_end_in_the_last_one_and_are_not_answered_one_by_one(
    operators: Operators, admin: Api, home: str, connector_service: RealConnector, gate: Gate
) -> None:
    await operators.start(gate)
    await admin.create(partner(home))
    await until_ready(admin, home)
    began = monotonic()
    for number in range(1, 101):
        # Replicas too, so that objects change as well as what the service is told.
        change = {"spec": {"rateLimit": {"perSecond": number}, "workers": {"replicas": 1 + number % 3}}}
        await admin.patch(API_VERSION, PLURAL, "sup-atlas", change, namespace=home)
        await asyncio.sleep(max(0.0, began + number / 10 - monotonic()))
    await until_observed(admin, home, (await resource(admin, home))["metadata"]["generation"])
    took = monotonic() - began

    async def told() -> bool:
        profile = await connector_service.profile("sup-atlas")
        return profile is not None and profile.rate_limit.per_second == 100

    await until(told)
    written = Counter(each.path for each in gate.passed if each.method == "PATCH" and each.at >= began)
    print(f"a hundred edits in {took:.1f} s: {max(written.values())} writes of the object that was written most")
    assert max(written.values()) <= took + 1
    assert written[f"/apis/apps/v1/namespaces/{home}/deployments/sup-atlas-connector"] >= 1


async def test_a_cut_watch_is_made_up_for_by_the_resync(
    operators: Operators, admin: Api, home: str, gate: Gate
) -> None:
    await operators.start(gate)
    await admin.create(partner(home))
    await until_ready(admin, home)
    gate.cut_watches()
    refused = gate.count(DECLARED, watch=True)
    change = {"spec": {"workers": {"replicas": 2}}}
    edited = await admin.patch(API_VERSION, PLURAL, "sup-atlas", change, namespace=home)
    with within(CONVERGED_SECONDS):
        await until_observed(admin, home, edited["metadata"]["generation"])
    await admin.delete("networking.k8s.io/v1", "networkpolicies", "sup-atlas-connector", namespace=home)

    async def repaired() -> bool:
        return "networkpolicies" in await made(admin, home) and gate.count(DECLARED, watch=True) > refused

    with within(CONVERGED_SECONDS):
        await until(repaired)
    gate.mend_watches()
    await admin.delete(API_VERSION, PLURAL, "sup-atlas", namespace=home)
    await until_gone(admin, home)


async def test_a_resource_deleted_while_nobody_looks_leaves_no_orphan(
    operators: Operators, admin: Api, home: str
) -> None:
    alone = await operators.start()
    await admin.create(partner(home))
    await until_ready(admin, home)
    await alone.kill()
    await admin.delete(API_VERSION, PLURAL, "sup-atlas", namespace=home)
    assert (await resource(admin, home))["metadata"]["finalizers"] == ["crossdock.dev/drain"]
    with within(CONVERGED_SECONDS):
        await operators.start()
        await until_gone(admin, home)


async def test_a_deletion_waits_for_what_is_to_be_sent_and_tells_the_service(
    operators: Operators, admin: Api, home: str, connector_service: RealConnector
) -> None:
    await operators.start()
    await admin.create(partner(home))
    await until_ready(admin, home)
    async with connector_service.a_delivery_waits("sup-atlas"):
        await admin.delete(API_VERSION, PLURAL, "sup-atlas", namespace=home)
        told = await until_condition(admin, home, "Ready", lambda each: each.get("reason") == "Draining")
        assert "1 documents wait to be sent" in condition(told, "Ready")["message"]
        profile = await connector_service.profile("sup-atlas")
        assert [each.kind for each in profile.documents] == []
    await until_gone(admin, home)
    assert (await connector_service.profile("sup-atlas")).state == "stopped"


async def test_a_deletion_can_be_forced_and_has_a_cap(
    operators: Operators, admin: Api, home: str, connector_service: RealConnector
) -> None:
    await operators.start()
    async with connector_service.a_delivery_waits("sup-atlas"):
        await admin.create(partner(home))
        await until_ready(admin, home)
        await admin.delete(API_VERSION, PLURAL, "sup-atlas", namespace=home)
        await until_condition(admin, home, "Ready", lambda each: each.get("reason") == "Draining")
        force = {"metadata": {"annotations": {"crossdock.dev/force-deletion": "true"}}}
        await admin.patch(API_VERSION, PLURAL, "sup-atlas", force, namespace=home)
        await until_gone(admin, home)


async def test_a_drain_ends_at_its_cap(
    operators: Operators, admin: Api, home: str, connector_service: RealConnector
) -> None:
    await operators.start(CROSSDOCK_DRAIN_SECONDS="4")
    async with connector_service.a_delivery_waits("sup-atlas"):
        await admin.create(partner(home))
        await until_ready(admin, home)
        await admin.delete(API_VERSION, PLURAL, "sup-atlas", namespace=home)
        await until_gone(admin, home)


async def test_a_deleted_namespace_goes_with_its_connectors(
    operators: Operators, admin: Api, namespace: str, connector_service: RealConnector
) -> None:
    await operators.start()
    await let_read_secrets(admin, namespace)
    names = [f"sup-{each}" for each in range(5)]
    for name in names:
        await give_secrets(admin, connector_service, namespace, name, "sup-atlas-key")
        await admin.create(partner(namespace, name))
    for name in names:
        await until_ready(admin, namespace, name)
    await delete_namespace(admin, namespace)


async def test_without_the_connector_service_resources_run_and_say_what_is_missing(
    operators: Operators, admin: Api, home: str
) -> None:
    await operators.start(CROSSDOCK_PEERS='{"connector": "127.0.0.1:1"}')
    await admin.create(partner(home))
    told = await until_condition(admin, home, "Connected", lambda each: each.get("status") == "Unknown")
    assert condition(told, "Degraded")["reason"] == "ConnectorUnreachable"
    assert condition(told, "Ready")["reason"] == "ConnectorUnreachable"
    assert "deployments" in await made(admin, home)
    await delete_namespace(admin, home)
