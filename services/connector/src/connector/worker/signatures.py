"""Standard Webhooks: whether a body was signed by who claims to have sent it, lately. Pure.

https://www.standardwebhooks.com: HMAC-SHA256 over "id.timestamp.body", several signatures while a secret is rotated.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

WINDOW = timedelta(seconds=300)
_LONGEST_ID, _LONGEST_SIGNATURES, _MOST_SIGNATURES = 128, 2048, 10
# Compared against where there is no secret, so that an unknown partner costs what a wrong signature costs.
NO_SECRET = b"\x00" * 32


@dataclass(frozen=True, slots=True)
class Signed:
    """What the headers claim."""

    message_id: str
    timestamp: str
    signatures: str

    @classmethod
    def of(cls, headers: Mapping[str, str]) -> Signed:
        return cls(
            headers.get("webhook-id", ""), headers.get("webhook-timestamp", ""), headers.get("webhook-signature", "")
        )


def keys_of(secret: str) -> tuple[bytes, ...]:
    """The keys of a secret's file: a line each, so that an old and a new one may hold side by side."""
    return tuple(key for line in secret.split() if (key := _key(line)))


def _key(line: str) -> bytes:
    try:
        return base64.b64decode(line.removeprefix("whsec_"), validate=True)
    except binascii.Error:
        return b""


def is_genuine(claim: Signed, body: bytes, keys: Sequence[bytes], now: datetime) -> bool:
    """Every check is made whatever the others say, so that the time tells nothing."""
    in_time = _in_time(claim.timestamp, now)
    named = 0 < len(claim.message_id) <= _LONGEST_ID and "." not in claim.message_id and claim.message_id.isprintable()
    content = f"{claim.message_id}.{claim.timestamp}.".encode("utf-8", "replace") + body
    given = [_signature(part) for part in claim.signatures[:_LONGEST_SIGNATURES].split(" ")[:_MOST_SIGNATURES]]
    matched = False
    for key in keys or (NO_SECRET,):
        expected = hmac.new(key, content, hashlib.sha256).digest()
        for each in given:
            matched |= hmac.compare_digest(expected, each)
    return matched and in_time and named and bool(keys)


def _in_time(timestamp: str, now: datetime) -> bool:
    if not (timestamp.isascii() and timestamp.isdigit()) or len(timestamp) > 12:
        return False
    return abs(now.timestamp() - int(timestamp)) <= WINDOW.total_seconds()


def _signature(part: str) -> bytes:
    """The bytes of a v1 signature; nothing that could match for anything else."""
    version, _, text = part.partition(",")
    if version != "v1":
        return b""
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return b""
