"""What a failing database means to the rest: it is away, somebody was faster, or we have a bug.

The one place that reads error classes of asyncpg and SQLAlchemy. Text of the driver stays inside as the cause.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import asyncpg
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from crossdock_kit.errors import Conflict, CrossdockError, Invalid, Unavailable

DRIVER_ERRORS = (SQLAlchemyError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError, OSError)
"""All that a statement on a broken connection may raise."""

# SQLSTATE: connection, resources, operator intervention, lock not available; then serialisation and deadlock.
_AWAY_CLASSES = ("08", "53", "57")
_AWAY_STATES = frozenset({"55P03", "25P03", "25006"})
# It does not let us in: a password that has been changed reaches a process later, a database may not be made yet.
_SHUT_CLASSES = ("28", "3D")
_RACE_STATES = frozenset({"40001", "40P01"})
# PostgreSQL keeps every character but one, in text and in JSON.
_NUL_STATES = frozenset({"22021", "22P05"})


def classified(error: BaseException) -> CrossdockError | None:
    """Unavailable or Conflict for a failure that goes away by itself, None for anything else."""
    if isinstance(error, DBAPIError):
        if error.connection_invalidated:
            return Unavailable("the database is away")
        original = error.orig.__cause__ if error.orig is not None else None
        return classified(original) if original is not None else None
    if isinstance(error, asyncpg.PostgresError):
        migrated = isinstance(error, asyncpg.InvalidCachedStatementError)
        return Conflict("a migration has changed a table") if migrated else _by_state(str(error.sqlstate or ""))
    if isinstance(error, asyncpg.InterfaceError):
        return Unavailable("the database is away") if "closed" in str(error) else None
    # The driver says InternalClientError when a session was ended by the server between two of its statements.
    if isinstance(error, (OSError, TimeoutError, asyncpg.InternalClientError)):
        return Unavailable("the database is away")
    return None


def unkeepable(error: BaseException) -> Invalid | None:
    """Invalid for a text that no database of ours can hold: the one who sent it has to hear of it."""
    if isinstance(error, DBAPIError):
        original = error.orig.__cause__ if error.orig is not None else None
        return unkeepable(original) if original is not None else None
    if isinstance(error, asyncpg.PostgresError) and error.sqlstate in _NUL_STATES:
        return Invalid("a text holds a character that cannot be kept, U+0000")
    return None


def _by_state(state: str) -> CrossdockError | None:
    if state in _RACE_STATES:
        return Conflict("another transaction was faster")
    if state[:2] in _AWAY_CLASSES or state in _AWAY_STATES:
        return Unavailable("the database is away or too slow")
    if state[:2] in _SHUT_CLASSES:
        return Unavailable(f"the database does not let this service in, SQLSTATE {state}")
    return None


@contextmanager
def translated() -> Iterator[None]:
    """Raises what failures of the database mean. Errors of the trade pass untouched."""
    try:
        yield
    except CrossdockError:
        raise
    except Exception as error:
        meaning = classified(error)
        if meaning is None:
            raise
        raise meaning from error
