"""Reads rows from PostgreSQL or DuckDB."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

Row = dict[str, Any]

_DUCKDB = "duckdb:///"


class MissingMartsError(Exception):
    """The database has no marts in the given schema."""


class _Cursor(Protocol):
    """Common interface of psycopg's cursors and DuckDB's connections."""

    @property
    def description(self) -> Sequence[Any] | None:
        """Columns of the result; the first item of each is the name."""

    def fetchall(self) -> list[Any]:
        """Return all rows."""


class _Connection(Protocol):
    def execute(self, query: Any) -> _Cursor:
        """Run a query."""


@dataclass(frozen=True)
class Database:
    """A database with marts.

    Args:
        connection: Open connection whose search path is the schema of the marts.
        name: Display name, without user and password.
    """

    connection: _Connection
    name: str

    def rows(self, query: str) -> list[Row]:
        """Return the rows of a query; all numbers become int or float.

        Args:
            query: SQL that is valid in PostgreSQL and DuckDB.
        """
        cursor = self.connection.execute(query)
        names = [column[0] for column in cursor.description or ()]
        return [
            {name: _int_or_float(value) for name, value in zip(names, row, strict=True)}
            for row in cursor.fetchall()
        ]


@contextmanager
def open_database(dsn: str, schema: str) -> Generator[Database]:
    """Connect to a database until the `with` block ends.

    Args:
        dsn: A PostgreSQL URL (`postgresql://user:password@host/database`, or
            `host=… dbname=…`), or `duckdb:///path/to/file.duckdb`.
        schema: Database schema of the marts.

    Yields:
        The database.

    Raises:
        MissingMartsError: The schema has no table `messages`.
    """
    if dsn.startswith(_DUCKDB):
        import duckdb  # noqa: PLC0415 - only for DuckDB

        path = dsn[len(_DUCKDB) :]
        with duckdb.connect(path, read_only=True) as file:
            quoted = schema.replace("'", "''").replace('"', '""')
            if not _has_messages(file, schema):
                raise _missing(schema)
            file.execute(f"""SET search_path = '"{quoted}"'""")
            yield Database(file, path.rpartition("/")[2])
        return
    import psycopg  # noqa: PLC0415 - only for PostgreSQL
    from psycopg import sql  # noqa: PLC0415 - the same

    with psycopg.connect(dsn) as connection:
        connection.read_only = True
        if not _has_messages(connection, schema):
            raise _missing(schema)
        name = sql.Identifier(schema)
        connection.execute(sql.SQL("SET search_path = {}").format(name))
        info = connection.info
        host = f" on {info.host}" if urlsplit(dsn).hostname else ""
        yield Database(connection, f"{info.dbname}{host}")


def _has_messages(connection: _Connection, schema: str) -> bool:
    """Return whether a schema has a table `messages`."""
    quoted = schema.replace("'", "''")
    query = (
        "SELECT count(*) FROM information_schema.tables "  # noqa: S608 - quoted
        f"WHERE table_schema = '{quoted}' AND table_name = 'messages'"
    )
    return bool(connection.execute(query).fetchall()[0][0])


def _missing(schema: str) -> MissingMartsError:
    return MissingMartsError(
        f"There is no table messages in the schema {schema}. Build the marts first ('dbt build' or "
        "'meltano run dbt-postgres:build'), or name the schema that has them with --schema."
    )


def _int_or_float(value: Any) -> Any:
    """Return a decimal number as int or float, which JSON can represent; all else unchanged."""
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    return value
