"""Signs what a partner posts, as Standard Webhooks says: id, timestamp and body under a shared secret."""

from __future__ import annotations

import base64
import hashlib
import hmac
import time
import uuid


def signed_headers(secret: str, body: bytes, *, message_id: str = "", at: int | None = None) -> dict[str, str]:
    """Headers for a body. `secret` is the base64 text after the prefix `whsec_`, with or without the prefix."""
    name = message_id or f"msg_{uuid.uuid4().hex}"
    timestamp = str(int(time.time()) if at is None else at)
    key = base64.b64decode(secret.removeprefix("whsec_"))
    digest = hmac.new(key, f"{name}.{timestamp}.".encode() + body, hashlib.sha256).digest()
    return {
        "webhook-id": name,
        "webhook-timestamp": timestamp,
        "webhook-signature": "v1," + base64.b64encode(digest).decode(),
        "content-type": "application/json",
    }
