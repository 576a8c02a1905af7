"""The type of the connection on which set-based SQL runs; asyncpg's class takes a parameter only in its stubs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import asyncpg

if TYPE_CHECKING:
    Driver: TypeAlias = asyncpg.Connection[Any]
else:
    Driver = asyncpg.Connection
