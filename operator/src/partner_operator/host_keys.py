"""The keys that prove an SFTP server, as the spec pins them: their fingerprints, and until when they count."""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from partner_operator.connector import Connector


@dataclass(frozen=True, slots=True)
class HostKey:
    """`fingerprint` is what `ssh-keygen -l` shows."""

    fingerprint: str
    expires_at: datetime | None

    def is_past(self, now: datetime) -> bool:
        return self.expires_at is not None and self.expires_at <= now

    @property
    def as_status(self) -> dict[str, Any]:
        end = {"expiresAt": self.expires_at.strftime("%Y-%m-%dT%H:%M:%SZ")} if self.expires_at else {}
        return {"fingerprint": self.fingerprint, **end}


def host_keys(connector: Connector) -> tuple[HostKey, ...]:
    """Empty where nothing travels over SFTP."""
    found = [_host_key(each) for each in (connector.sftp or {}).get("hostKeys", ())]
    return tuple({each.fingerprint: each for each in found}.values())


def _host_key(said: Mapping[str, Any]) -> HostKey:
    end = said.get("expiresAt")
    return HostKey(_fingerprint(said["key"]), datetime.fromisoformat(end) if end else None)


def _fingerprint(key: str) -> str:
    try:
        raw = base64.b64decode(key.split()[1], validate=True)
    except (binascii.Error, IndexError):
        return "unreadable"
    return "SHA256:" + base64.b64encode(hashlib.sha256(raw).digest()).decode().rstrip("=")
