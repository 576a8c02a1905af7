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
from jwt import PyJWK

from crossdock_kit.errors import Unavailable
from crossdock_kit.settings import ProcessSettings

T = TypeVar("T")
_LOOK_EVERY_SECONDS = 1.0
ALGORITHMS = frozenset({"ES256", "RS256"})


class WatchedFile(Generic[T]):
    """A file's parsed content; looked at again at most once a second, parsed again when it changed."""

    def __init__(self, path: Path, parse: Callable[[bytes], T]) -> None:
        self._path = path
        self._parse = parse
        self._looked = float("-inf")
        self._seen: tuple[int, int] | None = None
        self._content: T | None = None

    def read(self) -> T:
        """The content. Raises Unavailable while there is no readable file; a bad new version keeps the old one."""
        now = time.monotonic()
        if now - self._looked >= _LOOK_EVERY_SECONDS:
            self._looked = now
            self._look()
        if self._content is None:
            raise Unavailable(f"{self._path.name} cannot be read")
        return self._content

    def _look(self) -> None:
        try:
            stat = self._path.stat()
            if (stat.st_mtime_ns, stat.st_ino) != self._seen:
                self._content = self._parse(self._path.read_bytes())
                self._seen = (stat.st_mtime_ns, stat.st_ino)
        except (OSError, ValueError):
            if self._content is None:
                raise Unavailable(f"{self._path.name} cannot be read") from None


def own_token(path: Path) -> Callable[[], str]:
    """The service's token as callers put it into `authorization`."""
    watched = WatchedFile(path, lambda raw: f"Bearer {raw.decode().strip()}")
    return watched.read


def parse_jwks(raw: bytes) -> dict[str, PyJWK]:
    """Public keys by key id. Keys of other algorithms than ES256 and RS256 are left out: nobody may sign with them."""
    keys = [PyJWK.from_dict(each) for each in json.loads(raw)["keys"] if each.get("kty") in {"EC", "RSA"}]
    return {key.key_id: key for key in keys if key.key_id and key.algorithm_name in ALGORITHMS}


def trusted_keys(path: Path) -> Callable[[], Mapping[str, PyJWK]]:
    """The pinned key set of the token issuer."""
    return WatchedFile(path, parse_jwks).read


def _tls_files(settings: ProcessSettings) -> tuple[bytes, bytes, bytes] | None:
    if settings.tls_cert is None or settings.tls_key is None or settings.tls_ca is None:
        return None
    return settings.tls_key.read_bytes(), settings.tls_cert.read_bytes(), settings.tls_ca.read_bytes()


def server_credentials(settings: ProcessSettings) -> grpc.ServerCredentials | None:
    """Mutual TLS: a caller without a certificate of our authority does not get through the handshake."""
    files = _tls_files(settings)
    if files is None:
        return None
    key, chain, authority = files
    return grpc.ssl_server_credentials([(key, chain)], root_certificates=authority, require_client_auth=True)


def channel_credentials(settings: ProcessSettings) -> grpc.ChannelCredentials | None:
    files = _tls_files(settings)
    if files is None:
        return None
    key, chain, authority = files
    return grpc.ssl_channel_credentials(authority, key, chain)
