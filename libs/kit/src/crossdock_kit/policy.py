"""Tolerances, timers and buffers: one versioned, effective-dated table, resolved by where a decision is made.

The most specific rule that is in force decides, and its version goes into the record of the decision. Rules are never
changed, only added. It must not know what a value means; whoever asks brings the default and reads the value.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from crossdock_kit import json_rows
from crossdock_kit.driver import Driver

DIMENSIONS = ("partner", "location", "item_category", "business_unit")
"""From the most telling to the least: decides between rules that name equally many."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """Where a decision is made, or what a rule is for. Empty means unknown in the one and any in the other."""

    business_unit: str = ""
    partner: str = ""
    item_category: str = ""
    location: str = ""

    def covers(self, place: Scope) -> bool:
        return all(named in ("", getattr(place, name)) for name, named in self._named())

    @property
    def specificity(self) -> tuple[int, tuple[bool, ...]]:
        """How many dimensions it names, then which."""
        given = tuple(bool(named) for _, named in self._named())
        return sum(given), given

    def _named(self) -> list[tuple[str, str]]:
        return [(name, getattr(self, name)) for name in DIMENSIONS]


ANYWHERE = Scope()


@dataclass(frozen=True, slots=True)
class Rule:
    """`value` is JSON. In force from `valid_from` until before `valid_to`, if that is given."""

    key: str
    scope: Scope
    value: Any
    valid_from: datetime
    valid_to: datetime | None
    version: int

    def in_force(self, at: datetime) -> bool:
        return self.valid_from <= at and (self.valid_to is None or at < self.valid_to)


@dataclass(frozen=True, slots=True)
class Decided:
    """A value and what made it: `version` 0 is the default that stands in the code."""

    key: str
    value: Any
    version: int
    scope: Scope = ANYWHERE

    @property
    def span(self) -> timedelta:
        """A value that is a time: {"days": 1, "hours": 12}, or a timedelta given as default."""
        return self.value if isinstance(self.value, timedelta) else timedelta(**self.value)


class PolicyBook:
    """The rules of one tenant, as far as they were read."""

    def __init__(self, rules: Iterable[Rule] = ()) -> None:
        self._rules: dict[str, list[Rule]] = {}
        for rule in rules:
            self._rules.setdefault(rule.key, []).append(rule)

    def of(self, key: str) -> Sequence[Rule]:
        """All rules of a key, past and future ones too."""
        return self._rules.get(key, ())

    def decide(self, key: str, place: Scope, at: datetime, default: Any) -> Decided:
        """The most specific rule in force at `at`; of the same scope the one that began last, of these the newest."""
        fitting = [rule for rule in self._rules.get(key, ()) if rule.scope.covers(place) and rule.in_force(at)]
        if not fitting:
            return Decided(key, default, 0)
        best = max(fitting, key=lambda rule: (rule.scope.specificity, rule.valid_from, rule.version))
        return Decided(key, best.value, best.version, best.scope)


_READ = """
SELECT key, business_unit, partner, item_category, location, value::text AS value, valid_from, valid_to, version
FROM policy WHERE tenant = $1 AND key = ANY($2::text[])
"""


async def read(driver: Driver, tenant: str, keys: Sequence[str]) -> PolicyBook:
    """All rules of these keys, past and future ones too."""
    rows = await driver.fetch(_READ, tenant, list(keys))
    return PolicyBook(
        Rule(
            row["key"],
            Scope(**{name: row[name] for name in DIMENSIONS}),
            json_rows.decode(row["value"]),
            row["valid_from"],
            row["valid_to"],
            row["version"],
        )
        for row in rows
    )


_LOCK = "SELECT pg_advisory_xact_lock(hashtextextended('policy ' || $1 || ' ' || $2, 0))"
_ADD = """
INSERT INTO policy (tenant, key, business_unit, partner, item_category, location, value, valid_from, valid_to, version)
SELECT $1, $2, s.business_unit, s.partner, s.item_category, s.location, $4::jsonb, $5, $6,
  coalesce((SELECT max(version) FROM policy WHERE tenant = $1 AND key = $2), 0) + 1
FROM json_to_recordset($3::json) AS s(business_unit text, partner text, item_category text, location text)
RETURNING version
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewRule:
    """To withdraw a rule before its end, add one of the same scope with the value that is to hold instead."""

    key: str
    value: Mapping[str, Any] | str | int | bool
    valid_from: datetime
    valid_to: datetime | None = None
    scope: Scope = ANYWHERE


async def add(driver: Driver, tenant: str, rule: NewRule) -> int:
    """Adds a rule and returns its version, which counts 1, 2, 3 for each key."""
    await driver.execute(_LOCK, tenant, rule.key)
    scope, value = json_rows.encode([asdict(rule.scope)]), json_rows.encode_value(rule.value)
    version: int = await driver.fetchval(_ADD, tenant, rule.key, scope, value, rule.valid_from, rule.valid_to)
    return version
