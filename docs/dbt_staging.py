"""Write the dbt package's sources and staging models from the tap's catalog.

    python docs/dbt_staging.py           writes them
    python docs/dbt_staging.py --check   exits with 1 and prints the files that would change

The message export and the lists come from `tap-intercom-export --discover`. The catalog has no
reporting datasets, because they depend on the workspace: `REPORTING` lists the attributes
that the marts read.
"""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

MODELS = Path(__file__).resolve().parent.parent / "dbt" / "intercom_export" / "models"

SOURCE = "intercom_export"

_NOTE = "Written by make docs from the tap's catalog."

_TYPES = {"date-time": "timestamp", "object": "json", "array": "json"}
"""Types in the models by JSON schema; all others have the same name."""

_SCHEMA = (
    "{{ var('intercom_export_schema') if var('intercom_export_schema') is string "
    "else var('intercom_export_schema')[0] }}"
)
"""Schema of the source; the first of several, because a dbt source has one schema."""

_RENAMED = {"rows": "rows_by_statistic", "row": "row_values", "raw": "raw_row"}
"""Names in the staging models for columns whose names are reserved in a warehouse."""

_CONVERSATION = {
    "conversation_id": ("string", "Intercom's id of the conversation."),
    "conversation_started_at": ("timestamp", "When the conversation started."),
    "channel": ("string", "Channel, in the workspace's language."),
}

REPORTING: dict[str, tuple[str, tuple[str, ...], dict[str, tuple[str, str]]]] = {
    "reporting_conversation": (
        "One conversation.",
        ("conversation_id",),
        {
            **_CONVERSATION,
            "currently_assigned_team_id": ("string", "Name of the team it is assigned to."),
            "conversation_first_closed_at": ("timestamp", "When it was first closed."),
            "conversation_first_response_time": ("number", "Seconds to the first reply."),
            "conversation_time_to_close": (
                "number",
                "Seconds from its start to when it was last closed.",
            ),
            "teammate_replies_count": ("string", "Number of replies by teammates."),
            "last_teammate_rating": ("string", "Last rating of a teammate, 1 to 5."),
            "fin_ai_agent_participated": ("string", "Whether Fin took part: true or false."),
            "fin_ai_agent_deflected": ("string", "Whether Fin resolved it: true or false."),
        },
    ),
    "reporting_consolidated_conversation_part": (
        "One action in a conversation.",
        ("action_id",),
        {
            **_CONVERSATION,
            "action_id": ("string", "The action."),
            "action_time": ("timestamp", "When it was done."),
            "action_performed_by_teammate_id": ("string", "Name of the teammate who did it."),
            "teammate_first_response_time": (
                "number",
                "Seconds to this reply, if it is the first.",
            ),
            "teammate_subsequent_response_time": (
                "number",
                "Seconds to this reply, if it is later.",
            ),
            "teammate_time_to_close": ("number", "Seconds until this closing of the conversation."),
        },
    ),
    "reporting_conversation_rating_sent": (
        "One request to rate a conversation.",
        ("conversation_rating_id",),
        {
            **_CONVERSATION,
            "conversation_rating_id": ("string", "The request."),
            "conversation_rating_updated_at": (
                "timestamp",
                "When it was rated; else when the rating was requested.",
            ),
            "conversation_rating": (
                "string",
                "The rating, 1 to 5; null if the request was not answered.",
            ),
            "conversation_rating_remark": (
                "string",
                "Remark that the person wrote with the rating.",
            ),
            "rated_agent_type": ("string", "Type of the rated agent: a teammate, a bot or Fin."),
            "rated_teammate_id": ("string", "Name of the rated teammate."),
        },
    ),
    "reporting_teammate_handling_conversation": (
        "One teammate who handled one conversation.",
        ("conversation_id", "handling_teammate_id"),
        {
            **_CONVERSATION,
            "handling_teammate_id": ("string", "Name of the teammate."),
            "teammate_handling_time": ("number", "Seconds the teammate spent on it."),
        },
    ),
}
"""Reporting datasets that the marts read: description, key and required columns."""


@dataclass(frozen=True)
class Table:
    """A source table.

    Args:
        name: Name of the stream.
        description: Description of a row.
        key: Columns that identify a row.
        columns: Type and description by name.
    """

    name: str
    description: str
    key: tuple[str, ...]
    columns: dict[str, tuple[str, str]]

    @property
    def is_event(self) -> bool:
        """Whether a row is an event of a message."""
        return self.key == ("event_id",)


def tables() -> list[Table]:
    """Return the source tables, in the order of their names."""
    discovered = subprocess.run(
        [sys.executable, "-m", "tap_intercom_export", "--discover"],
        check=True,
        capture_output=True,
        text=True,
    )
    found = [_table(stream) for stream in json.loads(discovered.stdout)["streams"]]
    found += [Table(name, *rest) for name, rest in REPORTING.items()]
    return sorted(found, key=lambda table: table.name)


def _table(stream: dict[str, Any]) -> Table:
    columns = {
        name: (_type(schema), str(schema.get("description") or ""))
        for name, schema in stream["schema"]["properties"].items()
    }
    if stream["stream"] == "receipt":
        description = "One message delivered to one person."
    elif stream["key_properties"] == ["event_id"]:
        description = f"One event: {stream['stream'].replace('_', ' ')}."
    else:
        description = f"A record of the stream {stream['stream']}."
    return Table(stream["stream"], description, tuple(stream["key_properties"]), columns)


def _type(schema: dict[str, Any]) -> str:
    types = schema["type"]
    first = types if isinstance(types, str) else next(name for name in types if name != "null")
    name = str(schema.get("format") or first)
    return _TYPES.get(name, name)


def model_name(table: Table) -> str:
    """Return the name of a table's staging model."""
    return f"stg_intercom__{table.name}"


def staging_sql(table: Table) -> str:
    """Return the SQL of a table's staging model."""
    columns = "".join(f"        '{name}': '{kind}',\n" for name, (kind, _) in table.columns.items())
    renamed = {old: new for old, new in _RENAMED.items() if old in table.columns}
    more = f"    renamed={json.dumps(renamed)},\n".replace('"', "'") if renamed else ""
    return (
        f"-- {_NOTE}\n"
        "{{ intercom_export.stage(\n"
        f"    source('{SOURCE}', '{table.name}'),\n"
        f"    key={json.dumps(list(table.key))},\n".replace('"', "'")
        + f"{more}    columns={{\n{columns}    }},\n) }}}}\n"
    )


def sources(found: list[Table]) -> dict[str, Any]:
    """Return the definition of the sources."""
    return {
        "version": 2,
        "sources": [
            {
                "name": SOURCE,
                "description": "The tables that tap-intercom-export loads.",
                "database": "{{ var('intercom_export_database', none) or target.database or '' }}",
                "schema": _SCHEMA,
                "tables": [_source(table) for table in found],
            }
        ],
    }


def _source(table: Table) -> dict[str, Any]:
    entry: dict[str, Any] = {"name": table.name, "description": table.description}
    if table.name == "content_export":
        entry["config"] = {
            # the end of the last range that was exported, in UTC
            "loaded_at_field": "created_at_before",
            "freshness": {
                "warn_after": {"count": 36, "period": "hour"},
                "error_after": {"count": 7, "period": "day"},
            },
        }
    entry["columns"] = [
        {"name": name, "description": text} for name, (_, text) in table.columns.items()
    ]
    return entry


def staging(found: list[Table]) -> dict[str, Any]:
    """Return the properties of the staging models: descriptions, types and tests."""
    return {"version": 2, "models": [_model(table) for table in found]}


def _model(table: Table) -> dict[str, Any]:
    columns: list[dict[str, Any]] = [
        {
            "name": "source_relation",
            "description": "The workspace of the row, or its schema if the tap's setting workspace "
            "is not used.",
        }
    ]
    for name, (kind, text) in table.columns.items():
        column: dict[str, Any] = {
            "name": _RENAMED.get(name, name),
            "description": text,
            "data_type": kind,
        }
        if name == "receipt_id" and (table.is_event or table.name == "answer_combined"):
            column["data_tests"] = [
                {
                    "relationships": {
                        "name": f"{table.name}_has_its_receipt",
                        "config": {"severity": "warn"},
                        "arguments": {
                            "to": "ref('stg_intercom__receipt')",
                            "field": "receipt_id",
                        },
                    }
                }
            ]
        columns.append(column)
    return {
        "name": model_name(table),
        "description": f"{table.description} Typed columns, the latest row of each key; empty if "
        "the table does not exist.",
        "data_tests": [
            {
                "intercom_export.unique_key": {
                    "name": f"{model_name(table)}_key",
                    "arguments": {"columns": ["source_relation", *table.key]},
                }
            }
        ],
        "columns": columns,
    }


def texts() -> dict[Path, str]:
    """Return the content of each file."""
    found = tables()
    wanted = {
        MODELS / "staging" / f"{model_name(table)}.sql": staging_sql(table) for table in found
    }
    for path, content in (
        (MODELS / "sources.yml", sources(found)),
        (MODELS / "staging" / "staging.yml", staging(found)),
    ):
        text = yaml.safe_dump(content, sort_keys=False, allow_unicode=True, width=100)
        wanted[path] = f"# {_NOTE}\n{text}"
    return wanted


def main() -> None:
    """Write the files, or with `--check` print which are outdated."""
    wanted = texts()
    stale = set((MODELS / "staging").glob("*.sql")) - wanted.keys()
    behind = [
        path
        for path, text in wanted.items()
        if not path.exists() or path.read_text(encoding="utf-8") != text
    ]
    if "--check" in sys.argv:
        if behind or stale:
            names = ", ".join(sorted(path.name for path in {*behind, *stale}))
            sys.exit(f"Run 'make docs': {names}")
        return
    for path in stale:
        path.unlink()
    for path in behind:
        path.write_text(wanted[path], encoding="utf-8")


if __name__ == "__main__":
    main()
