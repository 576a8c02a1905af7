"""What a process proves itself with: its certificate, its own token, and the keys that it trusts.

Files are read anew when they change, because tokens and keys rotate under a running service. Knows nothing of
permissions or tenants.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Generic, TypeVar

import grpc
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from jwt import PyJWK

from crossdock_kit.errors import Unavailable
from crossdock_kit.settings import ProcessSettings

T = TypeVar("T")
_LOOK_EVERY_SECONDS = 1.0
ALGORITHMS = frozenset({"ES256", "RS256"})


class Watched(Generic[T]):
    """What files say together; looked at again at most once a second, parsed again when one of them changed."""

    def __init__(self, parse: Callable[..., T], *paths: Path) -> None:
        self._paths = paths
        self._parse = parse
        self._looked = float("-inf")
        self._seen: list[tuple[int, int]] = []
        self._content: T | None = None

    def read(self) -> T:
        """The content. Raises Unavailable while there is no readable file; a bad new version keeps the old one."""
        now = time.monotonic()
        if now - self._looked >= _LOOK_EVERY_SECONDS:
            self._looked = now
            self._look()
        if self._content is None:
            raise self._unreadable()
        return self._content

    def _look(self) -> None:
        try:
            stats = [path.stat() for path in self._paths]
            seen = [(stat.st_mtime_ns, stat.st_ino) for stat in stats]
            if seen != self._seen:
                self._content = self._parse(*(path.read_bytes() for path in self._paths))
                self._seen = seen
        except (OSError, ValueError):
            if self._content is None:
                raise self._unreadable() from None

    def _unreadable(self) -> Unavailable:
        return Unavailable(f"{', '.join(path.name for path in self._paths)} cannot be read")


def own_token(path: Path) -> Callable[[], str]:
    """The service's token as callers put it into `authorization`."""
    return Watched(lambda raw: f"Bearer {raw.decode().strip()}", path).read


def parse_jwks(raw: bytes) -> dict[str, PyJWK]:
    """Public keys by key id. Keys of other algorithms than ES256 and RS256 are left out: nobody may sign with them."""
    keys = [PyJWK.from_dict(each) for each in json.loads(raw)["keys"] if each.get("kty") in {"EC", "RSA"}]
    return {key.key_id: key for key in keys if key.key_id and key.algorithm_name in ALGORITHMS}


def trusted_keys(path: Path) -> Callable[[], Mapping[str, PyJWK]]:
    """The pinned key set of the token issuer."""
    return Watched(parse_jwks, path).read


def _identity(settings: ProcessSettings, parse: Callable[[bytes, bytes, bytes], T]) -> Callable[[], T] | None:
    """What a key, its certificate and the trusted authority make, anew when they are renewed."""
    if settings.tls_cert is None or settings.tls_key is None or settings.tls_ca is None:
        return None

    def parsed(key: bytes, chain: bytes, authority: bytes) -> T:
        _check_pair(key, chain)
        return parse(key, chain, authority)

    return Watched(parsed, settings.tls_key, settings.tls_cert, settings.tls_ca).read


def _check_pair(key: bytes, chain: bytes) -> None:
    """Raises ValueError while only one of the two has been replaced."""
    certified = x509.load_pem_x509_certificates(chain)[0].public_key()
    if certified != serialization.load_pem_private_key(key, None).public_key():
        raise ValueError("the key is not the certificate's")


def server_credentials(settings: ProcessSettings) -> grpc.ServerCredentials | None:
    """Mutual TLS: a caller without a certificate of our authority does not get through the handshake. Each handshake
    uses the files as they are then."""
    identity = _identity(
        settings,
        lambda key, chain, authority: grpc.ssl_server_certificate_configuration([(key, chain)], authority),
    )
    if identity is None:
        return None
    return grpc.dynamic_ssl_server_credentials(identity(), identity, require_client_authentication=True)


def channel_credentials(settings: ProcessSettings) -> Callable[[], grpc.ChannelCredentials] | None:
    """What a caller shows now: the same object until its files are renewed."""
    return _identity(settings, lambda key, chain, authority: grpc.ssl_channel_credentials(authority, key, chain))
