"""What a service is told from outside: the only reader of the environment.

A service adds its own settings by subclassing: each field names its variable once, and is read, required or defaulted
by the same rule. Values that hold a password do not show in a repr.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass, field, fields
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Any, Self

from crossdock_kit.ownership_overrides import Overrides, read_overrides

Network = IPv4Network | IPv6Network


class SettingsError(Exception):
    """The environment does not say what the service must know; names every variable at fault at once."""


def setting(variable: str, read: Callable[[str], Any] = str, default: Any = MISSING, *, secret: bool = False) -> Any:
    """A field that is read from an environment variable; an empty one counts as not set. `default` may be a dict."""
    about = {"variable": variable, "read": read}
    if isinstance(default, dict):
        return field(default_factory=default.copy, repr=not secret, metadata=about)
    return field(default=default, repr=not secret, metadata=about)


def words(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


def networks(text: str) -> tuple[Network, ...]:
    return tuple(ip_network(part) for part in words(text))


def switch(text: str) -> bool:
    if text not in {"0", "1"}:
        raise ValueError("is 0 or 1")
    return text == "1"


def addresses(text: str) -> dict[str, str]:
    """A JSON object of service name to host:port."""
    found = json.loads(text)
    if not isinstance(found, dict) or not all(isinstance(each, str) for each in found.values()):
        raise ValueError("is a JSON object of name to host:port")
    return found


@dataclass(frozen=True, kw_only=True)
class ProcessSettings:
    """Settings of any process, also of one that has neither a database nor a broker."""

    service: str = setting("CROSSDOCK_SERVICE")
    peers: Mapping[str, str] = setting("CROSSDOCK_PEERS", addresses, default={})
    jwks_file: Path | None = setting("CROSSDOCK_JWKS_FILE", Path, default=None)
    token_file: Path | None = setting("CROSSDOCK_TOKEN_FILE", Path, default=None)
    issuer: str = setting("CROSSDOCK_ISSUER", default="crossdock")
    audience: str = setting("CROSSDOCK_AUDIENCE", default="crossdock")
    tenants: tuple[str, ...] = setting("CROSSDOCK_TENANTS", words, default=())
    egress_allow: tuple[Network, ...] = setting("CROSSDOCK_EGRESS_ALLOW", networks, default=())
    tls_cert: Path | None = setting("CROSSDOCK_TLS_CERT", Path, default=None)
    tls_key: Path | None = setting("CROSSDOCK_TLS_KEY", Path, default=None)
    tls_ca: Path | None = setting("CROSSDOCK_TLS_CA", Path, default=None)
    trace_async: str = setting("CROSSDOCK_TRACE_ASYNC", default="link")
    log_level: str = setting("CROSSDOCK_LOG_LEVEL", default="INFO")

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Self:
        values: dict[str, Any] = {}
        faults: list[str] = []
        for each in fields(cls):
            variable = each.metadata["variable"]
            text = environment.get(variable, "")
            if not text and each.default is MISSING and each.default_factory is MISSING:
                faults.append(f"{variable} is not set")
            if text:
                try:
                    values[each.name] = each.metadata["read"](text)
                except ValueError as error:
                    faults.append(f"{variable}: {error}")
        if faults:
            raise SettingsError("; ".join(faults))
        return cls(**values)

    def __post_init__(self) -> None:
        if self.trace_async not in {"link", "parent"}:
            raise SettingsError("CROSSDOCK_TRACE_ASYNC is link or parent")
        given = [path for path in (self.tls_cert, self.tls_key, self.tls_ca) if path is not None]
        if len(given) not in {0, 3}:
            raise SettingsError(
                "CROSSDOCK_TLS_CERT, CROSSDOCK_TLS_KEY and CROSSDOCK_TLS_CA are set together or not at all"
            )

    def peer(self, name: str) -> str:
        """Address of another service; raises SettingsError if it is not configured."""
        if name not in self.peers:
            raise SettingsError(f"CROSSDOCK_PEERS names no {name}")
        return self.peers[name]


@dataclass(frozen=True, kw_only=True)
class ServiceSettings(ProcessSettings):
    """Settings that every service has."""

    database_url: str = setting("CROSSDOCK_DATABASE_URL", secret=True)
    migration_url: str = setting("CROSSDOCK_MIGRATION_URL", default="", secret=True)
    nats_url: str = setting("CROSSDOCK_NATS_URL", default="", secret=True)
    valkey_url: str = setting("CROSSDOCK_VALKEY_URL", default="", secret=True)
    # Copies of the service's stream: 3 where NATS runs as a cluster, so that the loss of a node loses no event.
    stream_replicas: int = setting("CROSSDOCK_STREAM_REPLICAS", int, default=1)
    listen: str = setting("CROSSDOCK_LISTEN", default="127.0.0.1:0")
    # Where health alone is served, without TLS: probes of a cluster can show no certificate.
    probe_listen: str = setting("CROSSDOCK_PROBE_LISTEN", default="")
    # Who may write what in place of whom the contracts name, and who looks after it.
    ownership: Overrides = setting("CROSSDOCK_OWNERSHIP", read_overrides, default={})
    tenant_concurrency: int = setting("CROSSDOCK_TENANT_CONCURRENCY", int, default=256)
    data_key_file: Path | None = setting("CROSSDOCK_DATA_KEY_FILE", Path, default=None)
    reflection: bool = setting("CROSSDOCK_REFLECTION", switch, default=False)
