"""What each service's folder says about running it: the stack's list of services is the tree itself.

A service is a folder services/<name>/src/<name> with a __main__.py; what is special about it stands in its own
pyproject.toml under [tool.crossdock], so that a new service is known here without an edit here.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from crossdock_local.identity import EVERYTHING


@dataclass(frozen=True, slots=True)
class DeclaredWorker:
    """A further process of a service's package that reaches the service by gRPC only: no database, no broker."""

    name: str
    module: str
    arguments: tuple[str, ...] = ()
    listeners: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class DeclaredService:
    name: str
    folder: Path
    permissions: tuple[str, ...] = EVERYTHING
    listeners: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    workers: tuple[DeclaredWorker, ...] = ()

    @property
    def migrations(self) -> Path:
        return self.folder / "migrations"


def read_service(folder: Path) -> DeclaredService:
    project = folder / "pyproject.toml"
    content = tomllib.loads(project.read_text()) if project.exists() else {}
    said = content.get("tool", {}).get("crossdock", {})
    return DeclaredService(
        name=folder.name,
        folder=folder,
        permissions=tuple(said.get("permissions", EVERYTHING)),
        listeners=tuple(said.get("listeners", ())),
        environment=said.get("environment", {}),
        workers=tuple(read_worker(folder.name, name, worker) for name, worker in said.get("workers", {}).items()),
    )


def read_worker(service: str, name: str, said: Mapping[str, Any]) -> DeclaredWorker:
    return DeclaredWorker(
        name=f"{service}-{name}",
        module=said.get("module", service),
        arguments=tuple(said.get("arguments", ())),
        listeners=tuple(said.get("listeners", ())),
        environment=said.get("environment", {}),
    )


def declared_services(checkout: Path) -> tuple[DeclaredService, ...]:
    mains = sorted(checkout.glob("services/*/src/*/__main__.py"))
    return tuple(read_service(main.parents[2]) for main in mains if main.parent.name == main.parents[2].name)


def ports_of(service: DeclaredService) -> list[str]:
    """Names of the ports that its processes open beside the service's gRPC."""
    processes: tuple[DeclaredService | DeclaredWorker, ...] = (service, *service.workers)
    return [f"{process.name}-{name}" for process in processes for name in process.listeners]


def service_names(checkout: Path) -> tuple[str, ...]:
    """Every service that the tree holds, also one that cannot start yet."""
    return tuple(sorted(source.parent.name for source in checkout.glob("services/*/src")))
