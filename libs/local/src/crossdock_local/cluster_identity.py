"""The identities of an installation in a cluster that has no token issuer of its own.

A folder holds the signing key, a token for each process and the key that documents are encrypted under. What is there
is never made anew, because data may hang on it; the Secrets' manifests are computed from it and say the same each time.
Keys change in three steps, so that at no moment somebody shows a token that somebody else does not trust yet.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import jwt
import yaml

from crossdock_local.admission import WORKER_PERMISSIONS
from crossdock_local.declared import declared_services
from crossdock_local.identity import Caller, Issuer
from crossdock_local.secret_files import key, write_secret

TRUST = "crossdock-trust"


@dataclass(frozen=True, slots=True)
class Identity:
    """A process and what it may do at others; `name` is the Secret's name before `-identity`."""

    name: str
    subject: str
    permissions: tuple[str, ...]
    keeps_documents: bool = False
    partner: str | None = None

    @property
    def secret(self) -> str:
        return f"{self.name}-identity"


OPERATOR = Identity("partner-operator", "partner-operator", ("connector.partner.read", "connector.partner.write"))
CHART_TEST = Identity(
    "crossdock-test",
    "crossdock-test",
    (
        "catalog.master_data.write",
        "connector.partner.write",
        "connector.document.submit",
        "connector.document.read",
        "procurement.purchase_order.read",
        "fulfillment.order.read",
        "ops.timeline.read",
        "ops.exceptions.read",
    ),
)


class NotNow(Exception):
    """A step of a key's change that another one has to come before; the text says which."""


def suites_identities(checkout: Path) -> list[Identity]:
    """Of every service with the permissions that it declares, of the operator and of the chart's test."""
    found = []
    for service in declared_services(checkout):
        chart = service.name.replace("_", "-")
        values = yaml.safe_load((checkout / "charts" / chart / "values.yaml").read_text())
        found.append(Identity(chart, service.name, service.permissions, bool(values.get("dataKey"))))
    return [*found, OPERATOR, CHART_TEST]


def of_worker(partner: str) -> Identity:
    return Identity(partner, partner, WORKER_PERMISSIONS, partner=partner)


class IdentityFolder:
    """Without `issuer` it is opened as it was made. Raises NotNow if it was not, or for an issuer of another name."""

    def __init__(self, folder: Path, issuer: str = "") -> None:
        self._folder = folder
        held = folder / "issuer"
        if not held.exists():
            if not issuer:
                raise NotNow(f"{folder} holds no identities: `crossdock identity create` makes them")
            write_secret(held, issuer.encode())
        known = held.read_text()
        if issuer not in {"", known}:
            raise NotNow(f"{folder} belongs to issuer {known!r}")
        self._issuer = Issuer(folder / "keys", known)

    @property
    def _tokens(self) -> Path:
        return self._folder / "tokens"

    def complete(self, identities: Iterable[Identity], tenants: Sequence[str], lifetime: timedelta) -> None:
        """Makes what is missing, and nothing else."""
        for each in identities:
            kept = self._folder / "identities" / f"{each.name}.json"
            if not kept.exists():
                write_secret(
                    kept, json.dumps({"keeps_documents": each.keeps_documents, "partner": each.partner}).encode()
                )
            if not self._token(each.name).exists():
                caller = Caller(each.subject, tuple(tenants), each.permissions, each.partner)
                self._issuer.write_token(self._token(each.name), caller, lifetime)
            if each.keeps_documents:
                key(self._folder / "data-keys", each.name)

    def add_key(self) -> None:
        """First step: the next key is trusted beside the one that signs."""
        self._issuer.add_key()

    def renew(self, lifetime: timedelta) -> None:
        """Second step: the next key signs, if there is one, and every token is made anew for the same caller."""
        if self._issuer.next_key and self._issuer.old_key:
            raise NotNow("the key before last is still trusted: `crossdock identity retire` comes first")
        self._issuer.take_next()
        self._issuer.renew_tokens(self._tokens, lifetime)

    def retire(self) -> None:
        """Third step: the key that signed before is trusted no more."""
        self._issuer.retire()

    def good_until(self) -> datetime:
        """The end of the token that ends first."""
        ends = [
            jwt.decode(path.read_text(), options={"verify_signature": False})["exp"]
            for path in self._tokens.glob("*.jwt")
        ]
        return datetime.fromtimestamp(min(ends), UTC)

    def manifests(self, namespace: str) -> list[dict[str, Any]]:
        """The Secrets, alike each time until a key or a token changes."""
        found = [_secret(TRUST, namespace, {"jwks.json": self._issuer.jwks_file.read_bytes()})]
        for path in sorted((self._folder / "identities").glob("*.json")):
            about = json.loads(path.read_text())
            content = {"token": self._token(path.stem).read_bytes()}
            if about["keeps_documents"]:
                content["data.key"] = key(self._folder / "data-keys", path.stem).read_bytes()
            found.append(_secret(f"{path.stem}-identity", namespace, content, for_worker=bool(about["partner"])))
        return found

    def _token(self, name: str) -> Path:
        return self._tokens / f"{name}.jwt"


def _secret(name: str, namespace: str, content: dict[str, bytes], *, for_worker: bool = False) -> dict[str, Any]:
    labels = {"app.kubernetes.io/part-of": "crossdock"}
    if for_worker:
        # What the operator reads of a partner's namespace is only what says so.
        labels["crossdock.dev/allow-connector"] = "true"
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": name, "namespace": namespace, "labels": labels},
        "type": "Opaque",
        "data": {each: base64.b64encode(value).decode() for each, value in content.items()},
    }
