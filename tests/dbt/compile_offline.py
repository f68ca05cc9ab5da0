"""Compile the dbt package for a database that cannot be reached; run with the Python of .venv-dbt.

    python compile_offline.py snowflake FOLDER

dbt's queries about existing tables and columns are answered from the properties of the staging
models.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import sqlglot
import yaml
from dbt.adapters.factory import FACTORY
from dbt.cli.main import dbtRunner
from sqlglot import ErrorLevel, exp
from sqlglot.errors import SqlglotError

PROJECT = Path(__file__).resolve().parents[2] / "dbt" / "intercom_export"

PROFILES: dict[str, dict[str, Any]] = {
    "snowflake": {"account": "a", "user": "u", "password": "p", "database": "d", "warehouse": "w"},
    "bigquery": {"method": "oauth-secrets", "token": "t", "project": "p", "location": "EU"},
    "redshift": {"host": "h.example", "user": "u", "password": "p", "dbname": "d", "port": 5439},
}

TYPES: dict[str, dict[str, str]] = {
    "snowflake": {
        "string": "VARCHAR",
        "timestamp": "TIMESTAMP_TZ",
        "json": "VARIANT",
        "integer": "NUMBER",
        "number": "FLOAT",
        "boolean": "BOOLEAN",
    },
    "bigquery": {
        "string": "STRING",
        "timestamp": "TIMESTAMP",
        "json": "JSON",
        "integer": "INT64",
        "number": "NUMERIC",
        "boolean": "BOOL",
    },
    "redshift": {
        "string": "character varying",
        "timestamp": "timestamp with time zone",
        "json": "super",
        "integer": "bigint",
        "number": "double precision",
        "boolean": "boolean",
    },
}
"""Names of column types in the database."""

VARIABLES = {
    "intercom_export_schema": ["raw", "other"],
    "intercom_export_reporting": True,
    "intercom_export_timezone": "America/Sao_Paulo",
}
"""Variables that enable all optional parts."""

FUNCTIONS: dict[str, set[str]] = {
    "snowflake": set(),
    "bigquery": set(),
    "redshift": {"json_serialize"},
}
"""Functions of the databases that sqlglot does not know."""


def main() -> int:
    """Compile the package.

    Returns:
        The exit status: 0 if everything compiles.
    """
    kind, folder = sys.argv[1], Path(sys.argv[2])
    output = {"type": kind, "schema": "marts", "threads": 1, **PROFILES[kind]}
    profile = {"intercom_export": {"target": kind, "outputs": {kind: output}}}
    (folder / "profiles.yml").write_text(json.dumps(profile), encoding="utf-8")
    answer_for_database(kind)
    done = dbtRunner().invoke(
        [
            "compile",
            "--select=resource_type:model",
            "--no-populate-cache",
            "--no-write-json",  # the manifest is not needed
            f"--project-dir={PROJECT}",
            f"--profiles-dir={folder}",
            f"--target-path={folder / 'target'}",
            f"--log-path={folder}",
            f"--vars={json.dumps(VARIABLES)}",
        ]
    )
    if not done.success:
        sys.stdout.write(f"{done.exception or done.result}\n")
        return 1
    compiled = sorted((folder / "target" / "compiled").rglob("*.sql"))
    wrong = [line for path in compiled for line in problems(path.read_text(encoding="utf-8"), kind)]
    sys.stdout.write(f"{len(compiled)} models, {len(wrong)} problems\n" + "\n".join(wrong))
    return 1 if wrong else 0


def problems(text: str, kind: str) -> list[str]:
    """Return the syntax errors in the grammar of the database.

    Args:
        text: A compiled model.
        kind: The database.
    """
    try:
        parsed = sqlglot.parse_one(text, dialect=kind, error_level=ErrorLevel.RAISE)
    except SqlglotError as error:
        return [str(error)]
    functions = {one.name.lower() for one in parsed.find_all(exp.Anonymous)}
    return [f"no function of {kind}: {name}" for name in sorted(functions - FUNCTIONS[kind])]


def answer_for_database(kind: str) -> None:
    """Make dbt's adapter answer from the properties of the staging models."""
    text = (PROJECT / "models" / "staging" / "staging.yml").read_text(encoding="utf-8")
    tables = {
        model["name"].removeprefix("stg_intercom__"): {
            column["name"]: column["data_type"]
            for column in model["columns"]
            if "data_type" in column
        }
        for model in yaml.safe_load(text)["models"]
    }
    FACTORY.load_plugin(kind)
    adapter: Any = FACTORY.get_adapter_class_by_name(kind)

    def get_relation(self: Any, database: str, schema: str, identifier: str) -> Any:
        return self.Relation.create(
            database=database, schema=schema, identifier=identifier, type="table"
        )

    def get_columns_in_relation(self: Any, relation: Any) -> list[Any]:
        columns = {
            **tables[relation.identifier],
            "workspace": "string",
            "_sdc_extracted_at": "timestamp",
        }
        return [self.Column(name, TYPES[kind][type_]) for name, type_ in columns.items()]

    adapter.get_relation = get_relation
    adapter.get_columns_in_relation = get_columns_in_relation
    for name in ("get_relation", "get_columns_in_relation"):
        adapter._available_ = adapter._available_ | {name}  # what templates may call


if __name__ == "__main__":
    sys.exit(main())
