"""The worker process: the partners' transports, and the service by gRPC. No database, no broker."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import uvicorn
import uvloop
from crossdock_kit.credentials import channel_credentials
from crossdock_kit.egress import Egress
from crossdock_kit.settings import SettingsError
from crossdock_kit.telemetry.logs import configure_logs
from crossdock_kit.telemetry.setup import configure_telemetry

from connector.worker.crew import Crew
from connector.worker.ingress import Ingress
from connector.worker.named_secrets import NamedSecrets
from connector.worker.partner_worker import Means
from connector.worker.settings import WorkerSettings

_HEADER_BYTES = 32 * 1024
_CONNECTIONS = 512


class _Server(uvicorn.Server):
    """Leaves signals to us."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def assemble(settings: WorkerSettings) -> tuple[Crew, _Server]:
    """Everything of the process, nothing of it started."""
    egress = Egress(settings.egress_allow)
    secrets = NamedSecrets(settings.secrets_dir)
    means = Means(egress, secrets, settings.transport_dir, settings.poll_seconds)
    crew = Crew(
        address=settings.peer("connector"),
        tokens=settings.tokens_dir,
        only=frozenset(settings.partners),
        worker=settings.worker,
        means=means,
        credentials=channel_credentials(settings),
    )
    ingress = Ingress(crew, secrets, settings.body_seconds)
    host, _, port = settings.http_listen.rpartition(":")
    config = uvicorn.Config(
        ingress.app(),
        host=host,
        port=int(port),
        http="h11",
        ws="none",
        lifespan="off",
        log_level="warning",
        access_log=False,
        server_header=False,
        timeout_keep_alive=10,
        timeout_graceful_shutdown=5,
        limit_concurrency=_CONNECTIONS,
        h11_max_incomplete_event_size=_HEADER_BYTES,
    )
    return crew, _Server(config)


async def serve(settings: WorkerSettings) -> None:
    """Until SIGTERM or SIGINT."""
    stopping = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopping.set)
    crew, server = assemble(settings)
    working = [asyncio.create_task(crew.run()), asyncio.create_task(server.serve())]
    waiting = asyncio.create_task(stopping.wait())
    done, _ = await asyncio.wait([*working, waiting], return_when=asyncio.FIRST_COMPLETED)
    # Whoever is being answered still needs the crew's channels to the service.
    server.should_exit = True
    await asyncio.wait([working[1]])
    working[0].cancel()
    with suppress(asyncio.CancelledError):
        await asyncio.gather(*working)
    if waiting not in done:
        raise SystemExit("a part of the worker ended by itself")


def main() -> None:
    configure_logs("connector-worker")
    try:
        settings = WorkerSettings.from_environment()
    except SettingsError as error:
        sys.exit(f"connector.worker: {error}")
    configure_logs("connector-worker", settings.log_level)
    stop_telemetry = configure_telemetry("connector-worker")
    try:
        uvloop.run(serve(settings))
    finally:
        stop_telemetry()


if __name__ == "__main__":
    main()
