"""What each service's folder says about running it: the stack's list of services is the tree itself.

A service is a folder services/<name>/src/<name> with a __main__.py; what is special about it stands in its own
pyproject.toml under [tool.crossdock], so that a new service is known here without an edit here.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from crossdock_local.identity import EVERYTHING


@dataclass(frozen=True, slots=True)
class DeclaredWorker:
    """A further process of a service's package that reaches the service by gRPC only: no database, no broker."""

    name: str
    arguments: tuple[str, ...]
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
    workers = tuple(
        DeclaredWorker(name, tuple(worker["arguments"]), worker.get("environment", {}))
        for name, worker in said.get("workers", {}).items()
    )
    return DeclaredService(
        name=folder.name,
        folder=folder,
        permissions=tuple(said.get("permissions", EVERYTHING)),
        listeners=tuple(said.get("listeners", ())),
        environment=said.get("environment", {}),
        workers=workers,
    )


def declared_services(checkout: Path) -> tuple[DeclaredService, ...]:
    mains = sorted(checkout.glob("services/*/src/*/__main__.py"))
    return tuple(read_service(main.parents[2]) for main in mains if main.parent.name == main.parents[2].name)
