"""The laptop's identity provider: one ES256 key, its public half as a JWKS file, and the tokens that it signs.

In a cluster the deployment's own OAuth2 provider does this; services see the same claims from either.
"""

from __future__ import annotations

import base64
import hashlib
import json
import time
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from crossdock_local.secret_files import write_secret

ISSUER = "https://crossdock.localhost"
AUDIENCE = "crossdock"
EVERYTHING = ("*",)
TOKEN_LIFETIME = timedelta(hours=1)
# Which keys a caller's token may be signed with, the one that signs first.
_TRUSTED = ("", "-next", "-old")


@dataclass(frozen=True, slots=True)
class Caller:
    """Whom a token speaks for. `partner` limits it to that partner's documents."""

    subject: str
    tenants: tuple[str, ...]
    permissions: tuple[str, ...] = EVERYTHING
    partner: str | None = None
    business_units: tuple[str, ...] = ()


class Issuer:
    """Makes its key at its first use and keeps it in the folder; whoever may read the folder may mint.

    One key signs. Beside it the next one may be trusted already, and the one before still.
    """

    def __init__(self, folder: Path, issuer: str = ISSUER, audience: str = AUDIENCE) -> None:
        self._folder = folder
        self._named = issuer, audience
        if not self._file("").exists():
            write_secret(self._file(""), _new_key())
        self._read()

    def _file(self, which: str) -> Path:
        return self._folder / f"signing-key{which}.pem"

    def _read(self) -> None:
        keys = [_loaded(self._file(which)) for which in _TRUSTED if self._file(which).exists()]
        self._key, self._jwk = keys[0], _public_jwk(keys[0])
        write_secret(self.jwks_file, json.dumps({"keys": [_public_jwk(each) for each in keys]}, indent=2).encode())

    @property
    def jwks_file(self) -> Path:
        return self._folder / "jwks.json"

    @property
    def next_key(self) -> bool:
        return self._file("-next").exists()

    @property
    def old_key(self) -> bool:
        return self._file("-old").exists()

    def add_key(self) -> None:
        """Trusts a key that does not sign yet; one at a time."""
        if not self.next_key:
            write_secret(self._file("-next"), _new_key())
        self._read()

    def take_next(self) -> None:
        """Signs with the next key from now on, where there is one, and still trusts the one before."""
        if self.next_key:
            write_secret(self._file("-old"), self._file("").read_bytes())
            self._file("-next").replace(self._file(""))
        self._read()

    def retire(self) -> None:
        """Trusts the key before no more."""
        self._file("-old").unlink(missing_ok=True)
        self._read()

    def mint(self, caller: Caller, lifetime: timedelta = TOKEN_LIFETIME) -> str:
        now = int(time.time())
        claims = {
            "iss": self._named[0],
            "aud": self._named[1],
            "sub": caller.subject,
            "iat": now,
            # Clocks of two processes on one machine agree; a token is good from the second it was made in.
            "nbf": now,
            "exp": now + int(lifetime.total_seconds()),
            "jti": str(uuid.uuid4()),
            "tenants": list(caller.tenants),
            "permissions": list(caller.permissions),
            "business_units": list(caller.business_units),
        }
        if caller.partner is not None:
            claims["partner"] = caller.partner
        return jwt.encode(claims, self._key, algorithm="ES256", headers={"kid": self._jwk["kid"]})

    def write_token(self, path: Path, caller: Caller, lifetime: timedelta = TOKEN_LIFETIME) -> None:
        write_secret(path, self.mint(caller, lifetime).encode())

    def write_tokens(self, folder: Path, callers: Iterable[Caller]) -> None:
        """One file per caller, named by its subject."""
        for caller in callers:
            self.write_token(folder / f"{caller.subject}.jwt", caller)

    def renew_tokens(self, folder: Path, lifetime: timedelta = TOKEN_LIFETIME) -> None:
        """Every token of the folder again, for the same caller and a new lifetime."""
        for path in folder.glob("*.jwt"):
            # Our own file, so its signature has nothing to prove; it may well have expired while the stack was down.
            claims = jwt.decode(path.read_text(), options={"verify_signature": False})
            self.write_token(path, _caller_of(claims), lifetime)


def _caller_of(claims: dict[str, Any]) -> Caller:
    return Caller(
        subject=claims["sub"],
        tenants=tuple(claims["tenants"]),
        permissions=tuple(claims["permissions"]),
        partner=claims.get("partner"),
        business_units=tuple(claims["business_units"]),
    )


def _loaded(path: Path) -> ec.EllipticCurvePrivateKey:
    loaded = serialization.load_pem_private_key(path.read_bytes(), password=None)
    if not isinstance(loaded, ec.EllipticCurvePrivateKey):
        raise TypeError(f"{path} is not an elliptic curve key")
    return loaded


def _new_key() -> bytes:
    return ec.generate_private_key(ec.SECP256R1()).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _coordinate(number: int) -> str:
    return base64.urlsafe_b64encode(number.to_bytes(32, "big")).rstrip(b"=").decode()


def _public_jwk(key: ec.EllipticCurvePrivateKey) -> dict[str, str]:
    point = key.public_key().public_numbers()
    members = {"crv": "P-256", "kty": "EC", "x": _coordinate(point.x), "y": _coordinate(point.y)}
    # RFC 7638: the thumbprint over the required members names the key.
    thumbprint = hashlib.sha256(json.dumps(members, separators=(",", ":"), sort_keys=True).encode()).digest()
    kid = base64.urlsafe_b64encode(thumbprint).rstrip(b"=").decode()
    return members | {"alg": "ES256", "use": "sig", "kid": kid}
