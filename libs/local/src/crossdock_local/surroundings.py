"""What each process of the stack is told through its environment: the same names that a cluster's manifests set."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from crossdock_local.databases import ServiceUrls
from crossdock_local.declared import DeclaredService, DeclaredWorker
from crossdock_local.identity import AUDIENCE, ISSUER
from crossdock_local.ports import HOST
from crossdock_local.secret_files import key

DEFAULT_TENANTS = ("acme",)
# Everything else of the caller's environment stays outside.
PASSED = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "VIRTUAL_ENV", "LD_LIBRARY_PATH")
PASSED_PREFIXES = ("OTEL_",)
PASSED_SETTINGS = ("CROSSDOCK_LOG_LEVEL", "CROSSDOCK_TRACE_ASYNC", "CROSSDOCK_OWNERSHIP")


def tenants() -> tuple[str, ...]:
    """The companies that this stack serves; CROSSDOCK_TENANTS names others than the default one."""
    named = os.environ.get("CROSSDOCK_TENANTS", "")
    return tuple(name.strip() for name in named.split(",") if name.strip()) or DEFAULT_TENANTS


def passed_on() -> dict[str, str]:
    return {
        name: value
        for name, value in os.environ.items()
        if name in PASSED or name in PASSED_SETTINGS or name.startswith(PASSED_PREFIXES)
    }


def service_tokens(secrets: Path) -> Path:
    return secrets / "tokens" / "services"


def partner_tokens(secrets: Path) -> Path:
    """A file <partner>.jwt for each partner that a worker serves."""
    return secrets / "tokens" / "partners"


def partner_secrets(secrets: Path) -> Path:
    """What profiles name by reference: keys and passwords that partners gave us, one file each."""
    return secrets / "partners"


@dataclass(frozen=True, slots=True)
class Surroundings:
    """The addresses and folders of one running stack."""

    checkout: Path
    services_folder: Path
    secrets: Path
    jwks_file: Path
    ports: Mapping[str, int]
    peers: Mapping[str, str]
    nats_urls: Mapping[str, str]
    valkey_url: str
    database_urls: Mapping[str, ServiceUrls]
    tenants: tuple[str, ...]

    def of_service(self, service: DeclaredService) -> dict[str, str]:
        addresses = {
            "CROSSDOCK_DATABASE_URL": self.database_urls[service.name].database,
            "CROSSDOCK_NATS_URL": self.nats_urls[service.name],
            "CROSSDOCK_VALKEY_URL": self.valkey_url,
            "CROSSDOCK_LISTEN": self.peers[service.name],
            "CROSSDOCK_DATA_KEY_FILE": str(key(self.secrets, f"{service.name}-data")),
        }
        return self._everyones(service) | addresses | self._told(service, service)

    def of_migration(self, service: DeclaredService) -> dict[str, str]:
        return self.of_service(service) | {"CROSSDOCK_MIGRATION_URL": self.database_urls[service.name].migration}

    def of_worker(self, service: DeclaredService, worker: DeclaredWorker) -> dict[str, str]:
        """No address of a database or a broker, and no key to raw documents; the partners' tokens and secrets."""
        folders = {
            "CROSSDOCK_WORKER_TOKENS_DIR": str(partner_tokens(self.secrets)),
            "CROSSDOCK_SECRETS_DIR": str(partner_secrets(self.secrets)),
            "CROSSDOCK_TRANSPORT_DIR": str(self.data_folder(service) / "transport"),
        }
        return self._everyones(service) | folders | self._told(service, worker)

    def listeners(self, process: DeclaredService | DeclaredWorker) -> dict[str, str]:
        """Name to host:port of the ports that a process opens beside the service's gRPC."""
        return {name: f"{HOST}:{self.ports[f'{process.name}-{name}']}" for name in process.listeners}

    def data_folder(self, service: DeclaredService) -> Path:
        folder = self.services_folder / service.name
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        return folder

    def _everyones(self, service: DeclaredService) -> dict[str, str]:
        return passed_on() | {
            # What a checkout's folder holds must never hide a package.
            "PYTHONSAFEPATH": "1",
            "PYTHONUNBUFFERED": "1",
            "CROSSDOCK_SERVICE": service.name,
            "CROSSDOCK_PEERS": json.dumps(dict(self.peers), sort_keys=True),
            "CROSSDOCK_JWKS_FILE": str(self.jwks_file),
            "CROSSDOCK_TOKEN_FILE": str(service_tokens(self.secrets) / f"{service.name}.jwt"),
            "CROSSDOCK_ISSUER": ISSUER,
            "CROSSDOCK_AUDIENCE": AUDIENCE,
            "CROSSDOCK_TENANTS": ",".join(self.tenants),
            "CROSSDOCK_DATA_FOLDER": str(self.data_folder(service)),
            "CROSSDOCK_REFLECTION": "1",
            # Partners of a laptop are simulators on the same machine.
            "CROSSDOCK_EGRESS_ALLOW": "127.0.0.0/8",
        }

    def _told(self, service: DeclaredService, process: DeclaredService | DeclaredWorker) -> dict[str, str]:
        """Its listeners, and what its pyproject.toml says, with the folders filled in."""
        known = {"checkout": str(self.checkout), "data": str(self.data_folder(service))}
        said = {name: value.format_map(known) for name, value in process.environment.items()}
        listeners = self.listeners(process).items()
        return said | {f"CROSSDOCK_{name.upper()}_LISTEN": address for name, address in listeners}
