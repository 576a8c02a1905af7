"""Where the time of a run goes, part by part."""

from __future__ import annotations

import time
from dataclasses import dataclass, field


@dataclass
class Watch:
    """A part begins where the one before it ended."""

    parts: dict[str, float] = field(default_factory=dict)
    _last: float = field(default_factory=time.monotonic)

    def ended(self, part: str) -> float:
        """Its seconds."""
        now = time.monotonic()
        took = self.parts[part] = now - self._last
        self._last = now
        return took

    def __str__(self) -> str:
        return ", ".join(f"{part} {seconds:.0f} s" for part, seconds in self.parts.items())
