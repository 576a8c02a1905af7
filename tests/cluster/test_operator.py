"""The operator on a real API server: what is declared comes to run, stays as declared, and goes when it is deleted."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from control_plane.api import Api, ApiRefused
from control_plane.gate import Step, opened
from control_plane.observing import (
    KINDS,
    condition,
    delete_namespace,
    made,
    resource,
    until_condition,
    until_gone,
    until_ready,
)
from control_plane.operator_process import Operators, RealConnector, give_secrets
from control_plane.partners import API_VERSION, PLURAL, partner
from control_plane.waiting import until
from crossdock_local.process import Child
from google.protobuf import json_format

NAME = "sup-atlas-connector"
LISTED = Step("GET", "/api/v1/configmaps")


@pytest.mark.feature("F183")
async def test_a_declared_partner_comes_to_run_and_says_so(operator: Child, admin: Api, home: str) -> None:
    await admin.create(partner(home))
    ready = await until_ready(admin, home)
    assert await made(admin, home) == {"serviceaccounts", "configmaps", "deployments", "networkpolicies"}
    assert ready["status"]["observedGeneration"] == ready["metadata"]["generation"]
    assert ready["status"]["replicas"] == 1
    assert {each["type"] for each in ready["status"]["conditions"]} == {
        "Ready",
        "Connected",
        "CredentialsValid",
        "Degraded",
        "Paused",
    }
    heard = await until_condition(admin, home, "Connected", lambda each: each.get("reason") == "NoWorker")
    assert heard["status"]["health"]["backlog"] == 0
    account = await admin.get("v1", "serviceaccounts", NAME, namespace=home)
    assert account["automountServiceAccountToken"] is False
    await admin.delete(API_VERSION, PLURAL, "sup-atlas", namespace=home)
    await until_gone(admin, home)


async def test_drift_is_repaired_and_what_others_added_stays(operator: Child, admin: Api, home: str) -> None:
    await admin.create(partner(home))
    await until_ready(admin, home)
    drift = {"metadata": {"annotations": {"example.com/note": "theirs"}}, "spec": {"replicas": 3}}
    await admin.patch("apps/v1", "deployments", NAME, drift, namespace=home)
    await admin.delete("networking.k8s.io/v1", "networkpolicies", NAME, namespace=home)

    async def repaired() -> bool:
        deployment = await admin.get("apps/v1", "deployments", NAME, namespace=home)
        assert deployment["metadata"]["annotations"]["example.com/note"] == "theirs"
        return deployment["spec"]["replicas"] == 1 and "networkpolicies" in await made(admin, home)

    await until(repaired)


async def test_a_changed_spec_is_carried_out(operator: Child, admin: Api, home: str) -> None:
    await admin.create(partner(home))
    await until_ready(admin, home)
    inbound = {"kind": "json.order_response", "direction": "IN", "path": "answers"}
    change = {"documents": [inbound], "workers": {"replicas": 2, "maxReplicas": 6}}
    await admin.patch(API_VERSION, PLURAL, "sup-atlas", {"spec": change}, namespace=home)

    async def carried_out() -> bool:
        return await made(admin, home) == {plural for _, plural in KINDS}

    await until(carried_out)
    # While it is scaled by load the number is the autoscaler's: what it set stays.
    await admin.patch("apps/v1", "deployments", NAME, {"spec": {"replicas": 5}}, namespace=home)
    await admin.patch(API_VERSION, PLURAL, "sup-atlas", {"spec": {"rateLimit": {"perSecond": 7}}}, namespace=home)

    async def seen() -> bool:
        found = await resource(admin, home)
        return bool(found["status"].get("observedGeneration") == found["metadata"]["generation"])

    await until(seen)
    assert (await admin.get("apps/v1", "deployments", NAME, namespace=home))["spec"]["replicas"] == 5


async def test_pause_resume_restart_and_stop(
    operator: Child, admin: Api, home: str, connector_service: RealConnector
) -> None:
    await admin.create(partner(home))
    await until_ready(admin, home)

    async def annotate(name: str, value: str | None) -> None:
        change = {"metadata": {"annotations": {f"crossdock.dev/{name}": value}}}
        await admin.patch(API_VERSION, PLURAL, "sup-atlas", change, namespace=home)

    await annotate("pause", "true")
    await until_condition(admin, home, "Paused", lambda each: each.get("status") == "True")
    await annotate("pause", None)
    await until_condition(admin, home, "Paused", lambda each: each.get("status") == "False")
    await annotate("restart", "2026-11-21")

    async def restarted() -> bool:
        found = await admin.get("apps/v1", "deployments", NAME, namespace=home)
        told = found["spec"]["template"]["metadata"]["annotations"]
        return bool(told.get("crossdock.dev/restart") == "2026-11-21")

    await until(restarted)
    await admin.patch(API_VERSION, PLURAL, "sup-atlas", {"spec": {"state": "stopped"}}, namespace=home)
    await until_condition(admin, home, "Ready", lambda each: each.get("reason") == "Stopped")

    async def nobody_works() -> bool:
        found = await admin.get("apps/v1", "deployments", NAME, namespace=home)
        return bool(found["spec"]["replicas"] == 0)

    await until(nobody_works)


async def test_a_cursor_is_reset_by_an_annotation_while_the_connector_is_stopped_and_never_else(
    operator: Child, admin: Api, home: str, connector_service: RealConnector
) -> None:
    await give_secrets(admin, connector_service, home, "car-one", "car-key")
    await admin.create(partner(home, "car-one", "polled"))
    await until_ready(admin, home, name="car-one")

    async def annotate(value: str) -> None:
        change = {"metadata": {"annotations": {"crossdock.dev/reset-cursor": value}}}
        await admin.patch(API_VERSION, PLURAL, "car-one", change, namespace=home)

    for state in ("running", "paused"):
        await admin.patch(API_VERSION, PLURAL, "car-one", {"spec": {"state": state}}, namespace=home)
        with pytest.raises(ApiRefused) as refused:
            await annotate("monday")
        assert "a cursor is reset only while the connector is stopped" in refused.value.message
    await connector_service.read_up_to("car-one", "c7")
    await admin.patch(API_VERSION, PLURAL, "car-one", {"spec": {"state": "stopped"}}, namespace=home)
    await annotate("monday")

    async def told() -> bool:
        found = await resource(admin, home, "car-one")
        return bool(found["status"].get("cursorReset", {}).get("asked") == "monday")

    await until(told)
    found = await resource(admin, home, "car-one")
    assert found["status"]["cursorReset"]["done"] is True, found["status"]["cursorReset"]
    assert await connector_service.cursors("car-one") == [""]
    # It stays reset once: the same value is no new request when something was read since.
    await admin.patch(API_VERSION, PLURAL, "car-one", {"spec": {"state": "running"}}, namespace=home)
    await until_ready(admin, home, name="car-one")
    await connector_service.read_up_to("car-one", "c9")
    await admin.patch(API_VERSION, PLURAL, "car-one", {"spec": {"state": "stopped"}}, namespace=home)
    await until_condition(admin, home, "Ready", lambda each: each.get("reason") == "Stopped", name="car-one")
    assert await connector_service.cursors("car-one") == ["c9"]


async def test_a_secret_that_cannot_be_used_is_said_and_not_mounted(
    operator: Child, admin: Api, home: str, connector_service: RealConnector
) -> None:
    metadata = {"name": "sup-atlas-key", "namespace": home}
    unlabelled = {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "stringData": {"value": "topsecret"}}
    await admin.replace(unlabelled)
    await admin.create(partner(home))
    told = await until_condition(admin, home, "CredentialsValid", lambda each: each.get("status") == "False")
    assert 'crossdock.dev/allow-connector: "true"' in condition(told, "CredentialsValid")["message"]
    assert "topsecret" not in str(told)

    async def without() -> bool:
        found = await admin.list("apps/v1", "deployments", namespace=home)
        return bool(found) and "sup-atlas-key" not in str(found[0]["spec"]["template"]["spec"]["volumes"])

    await until(without)
    await give_secrets(admin, connector_service, home, "sup-atlas", "sup-atlas-key")
    await until_ready(admin, home)


async def test_a_secret_that_is_missing_or_holds_an_accounts_token_is_said(
    operator: Child, admin: Api, home: str
) -> None:
    metadata = {"name": "sup-atlas-key", "namespace": home}
    await admin.delete("v1", "secrets", "sup-atlas-key", namespace=home)
    await admin.create(partner(home))

    def says(text: str) -> Callable[[dict[str, Any]], bool]:
        return lambda each: each.get("status") == "False" and text in each["message"]

    await until_condition(admin, home, "CredentialsValid", says("the secret sup-atlas-key is missing"))
    labels = {"crossdock.dev/allow-connector": "true"}
    account = {"kubernetes.io/service-account.name": "default"}
    token = {"metadata": metadata | {"labels": labels, "annotations": account}, "data": {"value": "c2ho"}}
    kind = "kubernetes.io/service-account-token"
    await admin.create({"apiVersion": "v1", "kind": "Secret", "type": kind} | token)
    await until_condition(admin, home, "CredentialsValid", says(f"is of type {kind}: name one of type Opaque"))
    found = await admin.get("apps/v1", "deployments", NAME, namespace=home)
    assert "sup-atlas-key" not in str(found["spec"]["template"]["spec"]["volumes"])


async def test_a_finalizer_that_somebody_took_out_is_put_back_and_nothing_begins_anew(
    operator: Child, admin: Api, home: str, connector_service: RealConnector
) -> None:
    await admin.create(partner(home))
    await until_ready(admin, home)
    before = await admin.get("apps/v1", "deployments", NAME, namespace=home)
    nothing = {"metadata": {"finalizers": None}}
    await admin.patch(API_VERSION, PLURAL, "sup-atlas", nothing, namespace=home)

    async def put_back() -> bool:
        return bool((await resource(admin, home))["metadata"].get("finalizers") == ["crossdock.dev/drain"])

    await until(put_back)
    after = await admin.get("apps/v1", "deployments", NAME, namespace=home)
    assert (after["metadata"]["uid"], after["metadata"]["generation"]) == (
        before["metadata"]["uid"],
        before["metadata"]["generation"],
    )
    # Taken out under deletion the resource is gone at once, and nothing that was made for it stays.
    async with connector_service.a_delivery_waits("sup-atlas"):
        await admin.delete(API_VERSION, PLURAL, "sup-atlas", namespace=home)
        await until_condition(admin, home, "Ready", lambda each: each.get("reason") == "Draining")
        await admin.patch(API_VERSION, PLURAL, "sup-atlas", nothing, namespace=home)
        await until_gone(admin, home)


async def test_what_an_event_tells_of_is_looked_at_without_a_list(operators: Operators, admin: Api, home: str) -> None:
    """Neither a new resource nor a Deployment that moves is searched for in lists; a changed spec is, and a resync."""
    async with opened(operators.cluster.endpoint) as gate:
        running = await operators.start(gate, CROSSDOCK_RESYNC_SECONDS="60")

        async def resynced() -> bool:
            return gate.count(LISTED) >= 1

        await until(resynced)
        await admin.create(partner(home))
        await until_ready(admin, home)
        await admin.patch("apps/v1", "deployments", NAME, {"spec": {"replicas": 3}}, namespace=home)

        async def repaired() -> bool:
            found = await admin.get("apps/v1", "deployments", NAME, namespace=home)
            return bool(found["spec"]["replicas"] == 1)

        await until(repaired)
        listed = [each.path for each in gate.passed if not each.watch and each.path.endswith("/configmaps")]
        assert listed == [LISTED.ends], "by the first resync, and no other had to help"
        assert "forbidden" not in running.log_tail(1000)
        change = {"spec": {"workers": {"replicas": 2}}}
        await admin.patch(API_VERSION, PLURAL, "sup-atlas", change, namespace=home)

        async def budgeted() -> bool:
            return "poddisruptionbudgets" in await made(admin, home)

        await until(budgeted)
        await admin.delete(API_VERSION, PLURAL, "sup-atlas", namespace=home)
        await until_gone(admin, home)
        await running.stop()


async def test_a_namespace_that_did_not_bind_the_role_gets_a_sentence(
    operator: Child, admin: Api, namespace: str, connector_service: RealConnector
) -> None:
    await give_secrets(admin, connector_service, namespace, "sup-atlas", "sup-atlas-key")
    await admin.create(partner(namespace))
    told = await until_condition(admin, namespace, "CredentialsValid", lambda each: each.get("status") == "False")
    assert "bind the role partner-operator-secrets" in condition(told, "CredentialsValid")["message"]
    await delete_namespace(admin, namespace)


async def test_the_first_of_two_namespaces_has_the_partner(operator: Child, admin: Api, home: str) -> None:
    await admin.create(partner(home))
    await until_ready(admin, home)
    other = f"{home}-b"
    await admin.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": other}})
    await admin.create(partner(other))
    told = await until_condition(admin, other, "Ready", lambda each: each.get("reason") == "Refused")
    assert "is declared in another namespace already" in condition(told, "Ready")["message"]
    assert await made(admin, other) == set()
    await delete_namespace(admin, other)


async def test_an_object_of_somebody_else_is_not_taken_over(operator: Child, admin: Api, home: str) -> None:
    theirs: dict[str, Any] = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": NAME, "namespace": home}}
    await admin.create(theirs | {"data": {"CROSSDOCK_SERVICE": "theirs"}})
    await admin.create(partner(home))
    told = await until_condition(admin, home, "Ready", lambda each: each.get("reason") == "Refused")
    assert "belongs to somebody else" in condition(told, "Ready")["message"]
    kept = await admin.get("v1", "configmaps", NAME, namespace=home)
    assert kept["data"] == {"CROSSDOCK_SERVICE": "theirs"}


async def test_people_read_events(operator: Child, admin: Api, home: str) -> None:
    await admin.create(partner(home))
    await until_ready(admin, home)

    async def told() -> bool:
        events = await admin.list("v1", "events", namespace=home)
        ours = [each for each in events if each["involvedObject"]["kind"] == "PartnerConnector"]
        return "Running" in {each["reason"] for each in ours}

    await until(told)


async def test_a_mapping_in_a_config_map_is_handed_over_and_again_when_it_changes(
    operator: Child, admin: Api, home: str, connector_service: RealConnector
) -> None:
    await give_secrets(admin, connector_service, home, "sup-nordic")
    route = {
        "kind": "x12.855",
        "direction": "IN",
        "mappingFrom": {"configMap": "codes"},
        "mapping": {"currency": "EUR"},
    }
    await admin.create(partner(home, "sup-nordic", "edi", documents=[route]))
    told = await until_condition(admin, home, "Ready", lambda each: each.get("reason") == "Refused", name="sup-nordic")
    assert "the ConfigMap codes is missing: create it with the key mapping.yaml" in condition(told, "Ready")["message"]
    for word in ("STK", "PCE"):
        data = {"mapping.yaml": f"units: {{{word}: EA}}\ncurrency: USD"}
        metadata = {"name": "codes", "namespace": home}
        await admin.apply({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data})
        wanted = {"units": {word: "EA"}, "currency": "EUR"}

        async def handed_over(wanted: dict[str, Any] = wanted) -> bool:
            profile = await connector_service.profile("sup-nordic")
            return profile is not None and json_format.MessageToDict(profile.documents[0].mapping) == wanted

        await until(handed_over)


async def test_a_secret_rolls_over_without_a_pod_beginning_anew(
    operator: Child, admin: Api, home: str, connector_service: RealConnector
) -> None:
    """The new value lies in the pod's volume by itself; an old and a new signing key may stand there on two lines."""
    await admin.create(partner(home))
    await until_ready(admin, home)
    before = await admin.get("apps/v1", "deployments", NAME, namespace=home)
    change = {"stringData": {"value": "whsec_b2xk\nwhsec_bmV3"}}
    await admin.patch("v1", "secrets", "sup-atlas-key", change, namespace=home)
    paused = {"spec": {"state": "paused"}}
    await admin.patch(API_VERSION, PLURAL, "sup-atlas", paused, namespace=home)
    await until_condition(admin, home, "Paused", lambda each: each.get("status") == "True")
    after = await admin.get("apps/v1", "deployments", NAME, namespace=home)
    assert after["spec"]["template"] == before["spec"]["template"]
