"""Whether the secrets that a connector names can be used, and until when. Never what they hold.

A secret must say of itself that a connector may have it: who may write resources in a namespace may not thereby read
every secret of that namespace.
"""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Protocol

from crossdock_kit.errors import PermissionDenied
from cryptography import x509

from partner_operator.connector import Connector
from partner_operator.manifests.pods import SECRET_KEY, TOKEN_KEY
from partner_operator.refusals import ApiMissing

ALLOWED = "crossdock.dev/allow-connector"
_TYPES = frozenset({"Opaque", "kubernetes.io/tls"})
_FRESH_SECONDS = 300.0


@dataclass(frozen=True, slots=True)
class Credential:
    """`fault` says in a sentence how to mend it; empty where the secret can be used."""

    name: str
    fault: str = ""
    version: str = ""
    expires_at: datetime | None = None


class ReadsSecrets(Protocol):
    async def secret(self, namespace: str, name: str) -> dict[str, Any]: ...


async def look(connector: Connector, cluster: ReadsSecrets, *, tls: bool) -> tuple[Credential, ...]:
    """Each secret that the connector needs. Raises Unavailable: what cannot be asked is not judged."""
    needs = {connector.identity_secret: (TOKEN_KEY, *(("tls.crt", "tls.key", "ca.crt") if tls else ()))}
    needs |= dict.fromkeys(connector.named_secrets, (SECRET_KEY,))
    return tuple([await _look_at(connector.namespace, name, keys, cluster) for name, keys in needs.items()])


async def _look_at(namespace: str, name: str, keys: Iterable[str], cluster: ReadsSecrets) -> Credential:
    try:
        secret = await cluster.secret(namespace, name)
    except ApiMissing:
        return Credential(name, f"the secret {name} is missing: create it with the key {' and '.join(keys)}")
    except PermissionDenied:
        text = f"the secret {name} may not be read: bind the role partner-operator-secrets in this namespace"
        return Credential(name, text)
    return judge(name, secret, keys)


def judge(name: str, secret: Mapping[str, Any], keys: Iterable[str]) -> Credential:
    version, data = str(secret["metadata"].get("resourceVersion", "")), secret.get("data") or {}
    labels = secret["metadata"].get("labels") or {}
    if secret.get("type", "Opaque") not in _TYPES:
        return Credential(name, f"the secret {name} is of type {secret['type']}: name one of type Opaque", version)
    if labels.get(ALLOWED) != "true":
        return Credential(name, f'the secret {name} does not carry the label {ALLOWED}: "true"', version)
    if missing := [key for key in keys if not data.get(key)]:
        return Credential(name, f"the secret {name} has no key {' and '.join(missing)}", version)
    ends = [end for key in data if (end := _end_of(key, data[key])) is not None]
    expires_at = min(ends, default=None)
    fault = f"the secret {name} expired at {expires_at:%Y-%m-%d %H:%M} UTC" if _is_past(expires_at) else ""
    return Credential(name, fault, version, expires_at)


def _is_past(instant: datetime | None) -> bool:
    return instant is not None and instant <= datetime.now(UTC)


def _end_of(key: str, encoded: str) -> datetime | None:
    """When a certificate or a token ends; None for what says nothing of it."""
    try:
        raw = base64.b64decode(encoded)
        if key.endswith(".crt"):
            return min(each.not_valid_after_utc for each in x509.load_pem_x509_certificates(raw))
        if key == TOKEN_KEY:
            return _token_end(raw.decode())
    except (ValueError, LookupError, TypeError):
        return None
    return None


def _token_end(token: str) -> datetime:
    """From the claims alone: whether it is genuine is judged by who is shown it."""
    claims = token.split(".")[1]
    padded = claims + "=" * (-len(claims) % 4)
    return datetime.fromtimestamp(json.loads(base64.urlsafe_b64decode(padded))["exp"], UTC)


@dataclass(eq=False)
class Remembered:
    """What was good a while ago is not asked again with every look; what was not is."""

    _seen: dict[tuple[Any, ...], tuple[float, tuple[Credential, ...]]] = field(default_factory=dict)

    async def of(self, connector: Connector, cluster: ReadsSecrets, *, tls: bool) -> tuple[Credential, ...]:
        """Raises Unavailable."""
        key, now = (connector.uid, connector.named_secrets), asyncio.get_running_loop().time()
        at, found = self._seen.get(key, (float("-inf"), ()))
        if now - at < _FRESH_SECONDS and not any(each.fault for each in found):
            return found
        found = await look(connector, cluster, tls=tls)
        self._seen[key] = (now, found)
        return found

    def keep_only(self, uids: Collection[str]) -> None:
        for key in [each for each in self._seen if each[0] not in uids]:
            del self._seen[key]
