"""The admission webhook, which speaks for the connector service: what that would refuse never becomes a resource."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from control_plane.api import Api, ApiRefused
from control_plane.certificates import Authority
from control_plane.cluster import Cluster
from control_plane.observing import until_ready
from control_plane.operator_process import Operators, RealConnector, give_secrets
from control_plane.partners import API_VERSION, PLURAL, partner
from control_plane.waiting import until
from crossdock_local.place import find_checkout
from crossdock_local.ports import HOST, free_port

WEBHOOK = find_checkout() / "operator" / "crd" / "webhook.yaml"
CONFIGURATIONS = "validatingwebhookconfigurations"


@pytest.fixture
async def webhook(
    cluster: Cluster, operators: Operators, admin: Api, home: str, tmp_path: Path
) -> AsyncIterator[dict[str, str]]:
    """The environment of the operator that serves it. The API server reaches it by an address in place of a service."""
    if cluster.plane is None:
        pytest.skip("another cluster's API server does not reach this machine")
    authority, port = Authority(tmp_path, "webhook"), free_port()
    pair = authority.server("partner-operator", (HOST,))
    configuration = yaml.safe_load(WEBHOOK.read_text())
    configuration["webhooks"][0]["clientConfig"] = {
        "url": f"https://{HOST}:{port}/partnerconnectors",
        "caBundle": authority.files.cert_text(),
    }
    await admin.apply(configuration)
    yield {
        "CROSSDOCK_WEBHOOK_CERT": str(pair.cert),
        "CROSSDOCK_WEBHOOK_KEY": str(pair.key),
        "CROSSDOCK_WEBHOOK_PORT": str(port),
    }
    await admin.delete("admissionregistration.k8s.io/v1", CONFIGURATIONS, configuration["metadata"]["name"])


@pytest.fixture
async def name(admin: Api, home: str, connector_service: RealConnector) -> str:
    """A partner of its own, with its secrets: namespaces of other tests may still be going, with resources that bear
    the usual name."""
    found = f"sup-{uuid.uuid4().hex[:8]}"
    await give_secrets(admin, connector_service, home, found)
    return found


async def test_the_webhook_refuses_what_the_connector_service_refuses(
    operators: Operators, admin: Api, home: str, name: str, webhook: dict[str, str]
) -> None:
    with pytest.raises(ApiRefused) as away:
        await admin.create(partner(home, name))
    assert "failed calling webhook" in away.value.message
    await operators.start(**webhook)

    async def taken() -> bool:
        try:
            await admin.create(partner(home, name))
        except ApiRefused as refused:
            if "failed calling webhook" not in refused.message:
                raise
            return False
        return True

    await until(taken)
    await until_ready(admin, home, name)
    with pytest.raises(ApiRefused) as refused:
        await admin.create(partner(home, f"{name}-2", calendar={"zone": "Nowhere/Atlantis"}), dry_run=True)
    assert "unknown zone: Nowhere/Atlantis" in refused.value.message
    change = {"spec": {"calendar": {"hours": ["25:00-26:00"]}}}
    with pytest.raises(ApiRefused, match="calendar"):
        await admin.patch(API_VERSION, PLURAL, name, change, namespace=home)
    with pytest.raises(ApiRefused, match="is declared in another namespace already"):
        await admin.create(partner("default", name), dry_run=True)
    bottomless: dict[str, Any] = {}
    for _ in range(100):
        bottomless = {"units": bottomless}
    route = {"kind": "x12.855", "direction": "IN", "mapping": bottomless}
    with pytest.raises(ApiRefused) as too_deep:
        await admin.create(partner(home, f"{name}-3", "edi", documents=[route]), dry_run=True)
    assert "mapping" in too_deep.value.message or "cannot be read" in too_deep.value.message
    await admin.patch(API_VERSION, PLURAL, name, {"spec": {"state": "paused"}}, namespace=home)


async def test_without_the_connector_service_a_resource_is_taken_with_a_warning(
    operators: Operators, admin: Api, home: str, name: str, webhook: dict[str, str]
) -> None:
    await operators.start(**webhook, CROSSDOCK_PEERS='{"connector": "127.0.0.1:1"}')

    async def taken() -> bool:
        try:
            await admin.create(partner(home, name), dry_run=True)
        except ApiRefused as refused:
            if "failed calling webhook" not in refused.message:
                raise
            return False
        return True

    await until(taken)
