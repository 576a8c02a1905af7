"""How far each aggregate has come with a consumer: one row each, which moves forward and never back.

Written together with the effects of the messages that were applied. It must not know what a consumer does with them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from crossdock_kit import arrays
from crossdock_kit.driver import Driver


class Watermark(NamedTuple):
    """The highest version of an aggregate that a consumer has applied, with all before it."""

    consumer: str
    tenant: str
    aggregate: str
    version: int


_COLUMNS = dict(zip(Watermark._fields, ("text", "text", "text", "int8"), strict=True))
_NAMES = ", ".join(_COLUMNS)
PARAMETERS = arrays.parameters(_COLUMNS)
"""Parameters of `writing`."""
WIDTH = len(_COLUMNS)
"""Parameters of `writing_one`."""


def writing(first: int = 1) -> str:
    """A common table expression that moves watermarks, bound from parameter `first` on by `columns`."""
    return _writing(f"SELECT {_NAMES} FROM ({arrays.unnested(_COLUMNS, first)}) w ORDER BY place")  # noqa: S608


def writing_one(first: int = 1) -> str:
    """The same for a single one, whose `values` are bound."""
    return _writing(f"VALUES ({', '.join(f'${first + i}::{kind}' for i, kind in enumerate(_COLUMNS.values()))})")


def _writing(source: str) -> str:
    return f"""
advanced AS (
  INSERT INTO watermark ({_NAMES}) {source}
  ON CONFLICT (consumer, tenant, aggregate) DO UPDATE SET version = excluded.version
  WHERE watermark.version < excluded.version
)"""


def columns(watermarks: Sequence[Watermark]) -> list[str | None]:
    """What is bound to the parameters of `writing`: in the order of their keys, in which everybody locks them."""
    return arrays.columns(sorted(watermarks), _COLUMNS)


def values(watermark: Watermark) -> list[object]:
    """What is bound to the parameters of `writing_one`."""
    return list(watermark)


_RECORD = f"WITH {writing()} SELECT"


async def record(driver: Driver, watermarks: Sequence[Watermark]) -> None:
    """Moves them, inside the caller's transaction."""
    if watermarks:
        await driver.execute(_RECORD, *columns(watermarks))
