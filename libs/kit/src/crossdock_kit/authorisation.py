"""Who is calling, and whether it may: tokens to actors, actors to one tenant and one permission.

Denies by default. Tenant and partner come from the authenticated identity alone; a request's body is never asked.
"""

from __future__ import annotations

import base64
import hashlib
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import jwt
from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from jwt import PyJWK

from crossdock_kit.context import Actor
from crossdock_kit.errors import PermissionDenied, Unauthenticated

_REQUIRED = ("sub", "iss", "aud", "exp")
_SKEW_SECONDS = 60
_REMEMBERED = 4096


@dataclass(frozen=True, slots=True)
class Identity:
    """A verified token: the actor, until when, and the certificate that it is bound to (RFC 8705), if any."""

    actor: Actor
    expires_at: float
    bound_to: str = ""


def _texts(claims: Mapping[str, Any], name: str) -> tuple[str, ...]:
    found = claims.get(name, ())
    if not isinstance(found, (list, tuple)) or not all(isinstance(each, str) for each in found):
        raise Unauthenticated(f"the token's {name} is not a list of texts")
    return tuple(found)


def _identity(claims: Mapping[str, Any]) -> Identity:
    partner = claims.get("partner")
    confirmation = claims.get("cnf") or {}
    actor = Actor(
        subject=str(claims["sub"]),
        tenants=_texts(claims, "tenants"),
        permissions=frozenset(_texts(claims, "permissions")),
        partner=str(partner) if partner else None,
        business_units=_texts(claims, "business_units"),
    )
    return Identity(actor, float(claims["exp"]), str(confirmation.get("x5t#S256", "")))


class Tokens:
    """Verifies bearer tokens against a pinned key set and remembers the verified ones until they expire."""

    def __init__(self, keys: Callable[[], Mapping[str, PyJWK]], issuer: str, audience: str) -> None:
        self._keys = keys
        self._issuer = issuer
        self._audience = audience
        self._known: dict[bytes, tuple[Identity, Mapping[str, PyJWK]]] = {}

    def identify(self, authorization: str | None) -> Identity:
        """The identity behind an `authorization` value; raises Unauthenticated, never saying which check failed."""
        if not authorization or authorization[:7].lower() != "bearer ":
            raise Unauthenticated("no bearer token")
        digest, keys = _digest(authorization), self._keys()
        identity = self._recall(digest, keys)
        if identity is None:
            identity = self._verify(authorization[7:], keys)
            self._remember(digest, identity, keys)
        return identity

    def recall(self, authorization: str | None) -> Identity | None:
        """The identity behind a value that was verified before; None costs next to nothing."""
        return self._recall(_digest(authorization), self._keys()) if authorization else None

    def _recall(self, digest: bytes, keys: Mapping[str, PyJWK]) -> Identity | None:
        identity, vouched = self._known.get(digest, (None, None))
        if identity is None:
            return None
        # A changed key set forgets what the old one vouched for.
        if vouched is keys and identity.expires_at + _SKEW_SECONDS > time.time():
            return identity
        del self._known[digest]
        return None

    def _remember(self, digest: bytes, identity: Identity, keys: Mapping[str, PyJWK]) -> None:
        while len(self._known) >= _REMEMBERED:
            del self._known[next(iter(self._known))]
        self._known[digest] = (identity, keys)

    def _verify(self, token: str, keys: Mapping[str, PyJWK]) -> Identity:
        try:
            key = keys[jwt.get_unverified_header(token)["kid"]]
            claims = jwt.decode(
                token,
                key,
                # The algorithm is the key's, never the token's word.
                algorithms=[str(key.algorithm_name)],
                issuer=self._issuer,
                audience=self._audience,
                leeway=_SKEW_SECONDS,
                options={"require": list(_REQUIRED)},
            )
        except (jwt.PyJWTError, KeyError, TypeError, ValueError):
            raise Unauthenticated("the token is not valid here") from None
        return _identity(claims)


def _digest(authorization: str) -> bytes:
    return hashlib.sha256(authorization.encode()).digest()


def check_binding(identity: Identity, certificates: Sequence[bytes]) -> None:
    """A token that is bound to a certificate serves only the connection that presented it."""
    if not identity.bound_to:
        return
    for pem in certificates:
        print_ = x509.load_pem_x509_certificate(pem).fingerprint(SHA256())
        if base64.urlsafe_b64encode(print_).rstrip(b"=").decode() == identity.bound_to:
            return
    raise Unauthenticated("the token belongs to another certificate")


def check_permission(actor: Actor, permission: str) -> None:
    """Permissions match exactly; `ops.*` in a token grants all that begin with `ops.`."""
    if not _granted(actor.permissions, permission):
        raise PermissionDenied(f"needs the permission {permission}")


@lru_cache(maxsize=_REMEMBERED)
def _granted(permissions: frozenset[str], permission: str) -> bool:
    parts = permission.split(".")
    wider = (".".join([*parts[:count], "*"]) for count in range(len(parts)))
    return permission in permissions or any(each in permissions for each in wider)


def tenant_of(actor: Actor, asked: str | None) -> str:
    """The tenant that the call works for: the token's single one, or the one asked for if it is among the token's."""
    if asked:
        if asked in actor.tenants:
            return asked
        raise PermissionDenied("the token is not for this tenant")
    if len(actor.tenants) == 1:
        return actor.tenants[0]
    raise PermissionDenied("the token is for several tenants or none: name one in x-crossdock-tenant")
