"""Every kopf decorator. Handlers only say where to look; what is done stands in reconcile.py.

kopf watches and logs in; it keeps no state in the resources: no annotation, no finalizer of its own.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from typing import Any

import kopf
from crossdock_kit.errors import CrossdockError, Invalid
from crossdock_kit.peers import PeerRefused
from crossdock_kit.telemetry.logs import configure_logs
from crossdock_kit.telemetry.setup import configure_telemetry

from partner_operator import gauges
from partner_operator.assembly import assemble, log_in
from partner_operator.connector import GROUP, PLURAL, VERSION, Connector
from partner_operator.manifests.platform import MANAGED_BY, MANAGER
from partner_operator.settings import OperatorSettings

SETTINGS = OperatorSettings.from_environment()


@kopf.on.startup()
async def start(memo: kopf.Memo, settings: kopf.OperatorSettings, **_: Any) -> None:
    configure_logs(SETTINGS.service, SETTINGS.log_level)
    # That a handler was called is no news: every event is.
    logging.getLogger("kopf.objects").setLevel(logging.WARNING)
    settings.posting.enabled = False
    settings.peering.standalone = True
    # One discovery at the start: what kinds there are does not change under us.
    settings.scanning.disabled = True
    settings.watching.server_timeout = 240
    settings.watching.connect_timeout = 5
    if SETTINGS.webhook_cert is not None:
        settings.admission.server = kopf.WebhookServer(
            addr="0.0.0.0",  # noqa: S104 - in the cluster; the network policy lets the API server in
            port=SETTINGS.webhook_port,
            certfile=SETTINGS.webhook_cert,
            pkeyfile=SETTINGS.webhook_key,
        )
    memo.stop_telemetry = configure_telemetry(SETTINGS.service)
    memo.operator = assemble(SETTINGS)
    gauges.observe(memo.operator.spoken_for)
    memo.running = asyncio.create_task(memo.operator.run())
    memo.running.add_done_callback(_end_with)


def _end_with(task: asyncio.Task[None]) -> None:
    """A part that ended by itself is a bug: the process ends too, and the cluster starts it anew."""
    if not task.cancelled() and (error := task.exception()) is not None:
        raise SystemExit(f"a part of the operator ended: {error!r}")


@kopf.on.cleanup()
async def stop(memo: kopf.Memo, **_: Any) -> None:
    memo.running.cancel()
    await asyncio.gather(memo.running, return_exceptions=True)
    await memo.operator.close()
    memo.stop_telemetry()


@kopf.on.login()
def login(**_: Any) -> kopf.ConnectionInfo:
    return log_in()


@kopf.on.event(GROUP, VERSION, PLURAL)
async def connector_changed(event: Mapping[str, Any], memo: kopf.Memo, **_: Any) -> None:
    memo.operator.saw_connector(event["type"], event["object"])


@kopf.on.event("apps", "v1", "deployments", labels={MANAGED_BY: MANAGER})
async def deployment_changed(event: Mapping[str, Any], memo: kopf.Memo, **_: Any) -> None:
    memo.operator.saw_deployment(event["object"])


async def judge(*, body: kopf.Body, memo: Any, warnings: list[str], **_: Any) -> None:
    """The webhook: what the connector would refuse is refused before it is kept."""
    connector = Connector.proposed(body)
    try:
        if said := memo.operator.namesake(connector):
            raise kopf.AdmissionError(said, code=409)
        await memo.operator.reconciler.business.judge(connector)
    except (PeerRefused, Invalid) as refused:
        raise kopf.AdmissionError(getattr(refused, "message", "") or str(refused), code=422) from refused
    except CrossdockError:
        warnings.append("the connector service cannot be asked: the status will say whether it takes this profile")


if SETTINGS.webhook_cert is not None:
    kopf.on.validate(GROUP, VERSION, PLURAL, id="partnerconnectors", operations=["CREATE", "UPDATE"])(judge)
