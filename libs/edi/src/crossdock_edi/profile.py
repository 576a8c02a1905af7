"""What one partner is held to: the severity of each kind of finding, and which code lists are closed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from crossdock_edi.findings import Finding, Severity, rated


@dataclass(frozen=True, slots=True)
class Profile:
    """`severities` overrides the catalogue's default by finding code: `{"segment-count": Severity.WARNING}`."""

    severities: Mapping[str, Severity] = field(default_factory=lambda: MappingProxyType({}))

    def rate(self, found: Iterable[Finding]) -> tuple[Finding, ...]:
        return tuple(rated(one, self.severities) for one in found)


STRICT = Profile()
# Counts and control numbers in trailers are wrong in a third of what partners really send; their data are usable.
LENIENT = Profile(
    MappingProxyType(
        dict.fromkeys(
            ("segment-count", "message-count", "group-count", "control-number", "line-count", "hash-total"),
            Severity.WARNING,
        )
    )
)
