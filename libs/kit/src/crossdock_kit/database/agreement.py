"""Whether a schema holds what this build's statements name, said when it is migrated rather than by a failing call.

Revisions that were applied are never run again, so a schema of a build whose revisions read otherwise stays as it was.
Knows no table: it is told what the code describes.
"""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection, MetaData, text

_COLUMNS = """
SELECT c.relname, a.attname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
WHERE c.relnamespace = CAST(:schema AS regnamespace) AND c.relkind IN ('r', 'p') AND a.attnum > 0 AND NOT a.attisdropped
"""


class OtherBuild(Exception):
    """The schema was made by a build whose revisions had the same names and another content."""

    def __init__(self, schema: str, missing: Iterable[str]) -> None:
        super().__init__(
            f"the schema {schema!r} was made by another build, and its revisions are applied already: it lacks"
            f" {', '.join(missing)}. Until the first release revisions are edited in place. Go back to the build that"
            " made it, or begin anew: an embedded stack with `crossdock down --purge`, which deletes its data"
        )


def check_agreement(connection: Connection, schema: str, described: Iterable[MetaData]) -> None:
    """Raises OtherBuild if a table or a column that the code describes is not there."""
    wanted = {
        (table.name, column.name) for each in described for table in each.tables.values() for column in table.columns
    }
    found = {(name, column) for name, column in connection.execute(text(_COLUMNS), {"schema": schema})}
    if missing := sorted(wanted - found):
        raise OtherBuild(schema, (f"{table}.{column}" for table, column in missing))
