"""docs/monitoring.md: log lines, metrics and SQL."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg

from intercom_simulator import ApiVariant, JobFault
from intercom_simulator.api_variant import Member
from tests.harness.singer import run_tap

if TYPE_CHECKING:
    from demo.postgres import Postgres
    from tests.harness.fixture_types import Configure, Simulate

PAGE = Path(__file__).parents[2].joinpath("docs", "monitoring.md").read_text(encoding="utf-8")
COLUMNS = {
    "job_identifier": "text",
    "created_at": "timestamp",
    "created_at_after": "timestamp",
    "created_at_before": "timestamp",
    "row_count": "bigint",
    "rejected_rows": "bigint",
    "lookback_seconds": "bigint",
    "tries": "bigint",
    "seconds_waited": "numeric",
}


def rows() -> dict[str, tuple[list[str], list[str]]]:
    """Return the alerts of the page: patterns of log lines, and metrics."""
    found = {}
    for line in PAGE.split("## Metrics")[0].splitlines():
        if line.startswith("| ") and "---" not in line and "| alert |" not in line:
            name, lines, metrics, _ = re.split(r"\s*\|\s*", line)[1:5]
            patterns = re.findall(r"`([^`]+)`", lines)
            found[name] = (patterns, re.findall(r"`(\w+_\w+)`", metrics))
    return found


def test_documented_lines_and_metrics_occur_in_run(
    simulate: Simulate, configure: Configure
) -> None:
    damaged = Member("other_{stamp}.csv", b"a,b\n1,2\n3\n4,5,6\n")
    simulator = simulate(
        receipts=100,
        days=30,
        variant=ApiVariant(extra_members=(damaged,)),
        job_faults=[
            JobFault(job_number=1, ends_as="failed"),
            JobFault(job_number=2, ends_as="failed"),
        ],
    )
    output = run_tap(configure(simulator, window_days=20))
    lines = [
        line.partition("tap-intercom-export            | ")[2] or line.split(" | ", 3)[-1]
        for line in output.log.splitlines()
    ]
    metrics = {
        json.loads(line.split("METRIC: ")[1])["metric"]
        for line in output.log.splitlines()
        if "METRIC: " in line
    }
    alerts = rows()
    for name in ("The data is old", "Rows were rejected", "Windows were shortened", "Jobs fail"):
        patterns, named = alerts[name]
        assert patterns
        for pattern in patterns:
            assert any(re.search(pattern, line) for line in lines), (name, pattern)
        assert set(named) - {"shortened"} <= metrics, name
    table = PAGE.split("## Metrics")[1].split("## SQL")[0]
    documented = set(re.findall(r"(?m)^\| `(\w+)` \|", table))
    assert metrics <= documented
    assert documented - metrics == {"http_request_count"}, "of lists only"


def test_documented_sql_runs_on_loaded_tables(
    simulate: Simulate, configure: Configure, postgres: Postgres, database: str
) -> None:
    simulator = simulate(
        receipts=50, days=30, job_faults=[JobFault(job_number=2, ends_as="failed")]
    )
    records = run_tap(configure(simulator, window_days=20)).records("content_export")
    queries = re.findall(r"```sql\n(.*?)```", PAGE, re.DOTALL)
    assert len(queries) == 3
    with psycopg.connect(postgres.url(database)) as connection:
        connection.execute("CREATE SCHEMA intercom")
        columns = ", ".join(f"{name} {kind}" for name, kind in COLUMNS.items())
        connection.execute(f"CREATE TABLE intercom.content_export ({columns})".encode())
        for record in records:
            values = [record[name] for name in COLUMNS]
            marks = ", ".join(["%s"] * len(values))
            connection.execute(
                f"INSERT INTO intercom.content_export VALUES ({marks})".encode(), values
            )
        connection.execute("UPDATE intercom.content_export SET created_at = now()")
        age, odd, weeks = (connection.execute(query.encode()).fetchall() for query in queries)
    assert age[0][0] > 0
    found = {row[0]: row[5] for row in odd}
    assert found == {
        record["job_identifier"]: record["tries"]
        for record in records
        if record["tries"] > 1 or record["lookback_seconds"] < 7 * 86_400
    }
    assert weeks[0][2] == max(record["row_count"] for record in records)
