"""Secrets that nobody types: made once, kept in files that only their owner may read."""

from __future__ import annotations

import os
import secrets
from pathlib import Path


def write_secret(path: Path, content: bytes) -> None:
    """Replaces the file in one step: a reader sees the old content or the new, never half of it."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    new = path.with_name(f".{path.name}.{os.getpid()}")
    new.unlink(missing_ok=True)
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
    new.replace(path)


def password(folder: Path, name: str) -> str:
    """The password of that name, made at its first use. Letters and digits only, so that it fits into any URL."""
    path = folder / f"{name}.password"
    if not path.exists():
        write_secret(path, secrets.token_hex(24).encode())
    return path.read_text()


def key(folder: Path, name: str, size_bytes: int = 32) -> Path:
    """The file that holds that many random bytes."""
    path = folder / f"{name}.key"
    if not path.exists():
        write_secret(path, secrets.token_bytes(size_bytes))
    return path
