"""Secrets by name from a folder: profiles hold names only, and a name can lead nowhere but into that folder."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")


@dataclass(frozen=True, slots=True)
class NamedSecrets:
    """Read anew each time, because secrets rotate under a running worker."""

    folder: Path

    def read(self, name: str) -> str:
        """The secret; empty text where there is none, or where the name is none."""
        if not _NAME.fullmatch(name) or ".." in name:
            return ""
        try:
            return (self.folder / name).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError):
            return ""
