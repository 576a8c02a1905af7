"""Whether a body was signed by who claims to have sent it. Pure; each way of signing is what its partner's headers say.

https://www.standardwebhooks.com: HMAC-SHA256 over "id.timestamp.body", several signatures while a secret is rotated.
Shopify signs the body alone, so an old post can be sent again by whoever has seen it: it is the same document then.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

WINDOW = timedelta(seconds=300)
_LONGEST_ID, _LONGEST_SIGNATURES, _MOST_SIGNATURES = 128, 2048, 10
# Compared against where there is no secret, so that an unknown partner costs what a wrong signature costs.
NO_SECRET = b"\x00" * 32


@dataclass(frozen=True, slots=True)
class Claim:
    """What the headers claim: the message's id, what was signed besides the body, when, and the signatures."""

    message_id: str
    before_body: bytes
    in_time: bool
    signatures: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Scheme:
    """A way of signing: how a line of the secret's file becomes a key, and what the headers claim at an instant."""

    key_of: Callable[[str], bytes]
    claim_of: Callable[[Mapping[str, str], datetime], Claim]

    def keys_of(self, secret: str) -> tuple[bytes, ...]:
        """The keys of a secret's file: a line each, so that an old and a new one may hold side by side."""
        return tuple(key for line in secret.split() if (key := self.key_of(line)))


def is_genuine(claim: Claim, body: bytes, keys: Sequence[bytes]) -> bool:
    """Every check is made whatever the others say, so that the time tells nothing."""
    named = 0 < len(claim.message_id) <= _LONGEST_ID and "." not in claim.message_id and claim.message_id.isprintable()
    matched = False
    for key in keys or (NO_SECRET,):
        expected = hmac.new(key, claim.before_body + body, hashlib.sha256).digest()
        for each in claim.signatures:
            matched |= hmac.compare_digest(expected, each)
    return matched and claim.in_time and named and bool(keys)


def _standard(headers: Mapping[str, str], now: datetime) -> Claim:
    message_id, timestamp = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    given = headers.get("webhook-signature", "")[:_LONGEST_SIGNATURES].split(" ")[:_MOST_SIGNATURES]
    before = f"{message_id}.{timestamp}.".encode("utf-8", "replace")
    return Claim(message_id, before, _in_time(timestamp, now), tuple(map(_signature, given)))


def _shopify(headers: Mapping[str, str], now: datetime) -> Claim:
    given = headers.get("x-shopify-hmac-sha256", "")[:_LONGEST_SIGNATURES]
    return Claim(headers.get("x-shopify-webhook-id", ""), b"", True, (_decoded(given),))


def _standard_key(line: str) -> bytes:
    return _decoded(line.removeprefix("whsec_"))


def _in_time(timestamp: str, now: datetime) -> bool:
    if not (timestamp.isascii() and timestamp.isdigit()) or len(timestamp) > 12:
        return False
    return abs(now.timestamp() - int(timestamp)) <= WINDOW.total_seconds()


def _signature(part: str) -> bytes:
    """The bytes of a v1 signature; nothing that could match for anything else."""
    version, _, text = part.partition(",")
    return _decoded(text) if version == "v1" else b""


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return b""


STANDARD = Scheme(_standard_key, _standard)
SCHEMES = {"": STANDARD, "standard-webhooks": STANDARD, "shopify": Scheme(str.encode, _shopify)}
