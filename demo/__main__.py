"""`python -m demo`: two exports of a simulated workspace to PostgreSQL, dbt models, a report.

Environment variables: `RECEIPTS` (number of messages, 50000), `DAYS` (length of the history, 90),
`ALL` (if set, also loads reporting datasets, AI content and custom objects), `KEEP` (if set, leaves
PostgreSQL running with the data).
"""

from __future__ import annotations

import os
import re
import signal
import sys
import tempfile
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg

from demo import results
from demo.postgres import running_postgres
from demo.progress import Progress
from demo.project import DBT, ROOT, TAP, TARGET, LogLine, MeltanoError, Project
from intercom_simulator import Simulator

if TYPE_CHECKING:
    from types import FrameType

    from psycopg import Connection

    from demo.postgres import Postgres

DEFAULT_RECEIPTS = 50_000

DEFAULT_DAYS = 90

_PRESENT_AGE = timedelta(days=2)
"""Age of the simulated present, so that the simulated clock can be advanced by a day."""

_TIME_BETWEEN_RUNS = timedelta(days=1)
"""Simulated time between the two runs."""

_SHOWN_LOG_LINES = re.compile(
    r"Exporting|Created job|Downloaded|Everything up to|Nothing to export|Done after|Time:"
)
"""Pattern of the tap's log lines that are printed."""

REPORT = ROOT / "demo" / "report.html"
"""Path of the report."""

MARTS = "marts"
"""Database schema of the dbt models."""

_DBT_RESULT = re.compile(r"Done\. (PASS=.*)")

_RECORD_COUNT = re.compile(r"Reader 'target-postgres' completed processing .* (\d+) records")


@dataclass
class Demo:
    """Two runs from a simulated Intercom into PostgreSQL, followed by dbt and the report.

    Args:
        progress: Prints the progress.
        simulator: The simulated Intercom.
        connection: Connection to the database.
        project: The Meltano project.
        postgres: The database server.
        all_streams: Whether to load reporting datasets, AI content and custom objects too.
    """

    progress: Progress
    simulator: Simulator
    connection: Connection[Any]
    project: Project
    postgres: Postgres
    all_streams: bool = False

    def run(self) -> bool:
        """Run the demo and print the results.

        Returns:
            Whether all counts in the database equal those of the simulator.
        """
        show = self.progress.show
        first_end = self.simulator.workspace.end
        assert first_end is not None  # noqa: S101 - for the type checker
        first = self._load(f"Run 1: everything up to {first_end:%Y-%m-%d %H:%M:%S} UTC", first_end)

        second_end = first_end + _TIME_BETWEEN_RUNS
        self.simulator.clock.set(second_end)
        if self.all_streams:
            self._delete_entries()
        second = self._load("Run 2: a day later, with new messages and late opens", second_end)
        opened = results.compare_late_opens(self.connection, self.simulator, first_end, second_end)

        show("\nRows in PostgreSQL and in the simulated Intercom\n")
        show(results.counts_table(first, second))
        show("\nThe most recently sent messages that were opened\n")
        show(results.query_table(self.connection, results.LATEST_OPENED_QUERY))
        show("\nOpen and click rates of the content with the most messages\n")
        show(results.query_table(self.connection, results.RATES_QUERY))
        if self.all_streams:
            show("\nConversations by channel, from the reporting dataset\n")
            show(results.query_table(self.connection, results.CONVERSATIONS_QUERY))
            show("\nOrders by state, from a custom object\n")
            show(results.query_table(self.connection, results.ORDERS_QUERY))
            show("\nA page and an order were deleted between the runs; run 2 removed them.")
        show(
            f"\n{opened.loaded:,} messages sent before run 1 ended were opened for the first time "
            f"after it\n(Intercom: {opened.expected:,}). Run 2 loaded them because every window "
            "includes a lookback of 7 days."
        )
        differing = [count for count in (*first, *second, opened) if count.differs]
        show("\ndbt builds and tests the models of dbt/intercom_export")
        self._build()
        show(
            f"\nCounts that differ: {', '.join(count.label for count in differing)}"
            if differing
            else f"\nAll {len(first) + len(second) + 1} counts are equal."
        )
        return not differing

    def _load(self, title: str, end: datetime) -> list[results.Count]:
        """Run Meltano up to a time and count the loaded rows."""
        progress = self.progress
        progress.show(f"\n{title}")
        progress.log(f"meltano run {TAP} {TARGET}")
        self.project.tap = {**self.project.tap, "end_date": _format_time(end)}
        self.project.write()
        started = progress.seconds
        progress.activity = "Meltano starts the tap and the target"
        lines = self.project.run(on_line=self._show_log_line)
        seconds = progress.seconds - started
        records = sum(
            int(match[1])
            for line in lines
            if (match := _RECORD_COUNT.search(line.text)) is not None
        )
        progress.log(
            f"{records:,} records loaded in {seconds:.1f} s, {records / seconds:,.0f} a second"
        )
        progress.activity = "counting rows"
        found = results.compare_tables(self.connection, self.simulator, end)
        if self.all_streams:
            found += results.compare_other_tables(self.connection, self.simulator, end)
        progress.activity = ""
        return found

    def _build(self) -> None:
        """Build the marts with dbt, and write the report."""
        # not at the start, because importing Altair takes a second
        from intercom_report.__main__ import write_report  # noqa: PLC0415

        self.progress.log(f"meltano run {DBT}:build")
        self.progress.activity = "dbt builds and tests the models"
        lines = self.project.meltano("run", f"{DBT}:build")
        built = next(match[1] for line in lines if (match := _DBT_RESULT.search(line.text)))
        self.progress.log(f"dbt: {built}")
        self.progress.activity = "writing the report"
        write_report(self.postgres.url(), MARTS, REPORT)
        self.progress.activity = ""
        self.progress.log(f"Report: {REPORT.as_uri()}")

    def _delete_entries(self) -> None:
        """Delete an external page and an order in Intercom, as a user could."""
        page = self.simulator.ai_content.pages()[0]
        self.simulator.ai_content.remove_page(page["id"])
        kind = results.OBJECT_TYPES[0]
        order = self.simulator.custom_objects.instances(kind)[0]
        self.simulator.custom_objects.remove(kind, order["id"])

    def _show_log_line(self, line: LogLine) -> None:
        """Print selected log lines and all warnings."""
        warns = line.level in {"warning", "error", "critical"}
        if line.plugin == TAP and (warns or _SHOWN_LOG_LINES.search(line.text)):
            self.progress.log(f"  {line.text}")
            self.progress.activity = "loading"


def main() -> int:
    """Run the demo.

    Returns:
        The exit status: 0 if all counts are equal.
    """
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _interrupt)
    receipts = int(os.environ.get("RECEIPTS") or DEFAULT_RECEIPTS)
    days = int(os.environ.get("DAYS") or DEFAULT_DAYS)
    end = datetime.now(timezone.utc).replace(microsecond=0) - _PRESENT_AGE
    try:
        with ExitStack() as stack:
            progress = stack.enter_context(Progress())
            progress.activity = "generating a workspace"
            progress.log(f"Generating an Intercom workspace: {receipts:,} messages in {days} days")
            simulator = stack.enter_context(
                Simulator(receipts=receipts, days=days, end=end, job_seconds=1.0)
            )
            progress.log(f"The simulated Intercom listens at {simulator.url}")
            progress.activity = "starting PostgreSQL"
            kept: list[Postgres] = []
            postgres = stack.enter_context(running_postgres(lambda: bool(kept)))
            connection = stack.enter_context(
                psycopg.connect(
                    postgres.url(), autocommit=True, options=f"-c search_path={results.SCHEMA}"
                )
            )
            version = connection.info.server_version
            progress.log(f"PostgreSQL {version // 10_000}.{version % 10_000} is running")
            folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="intercom-demo-"))
            project = Project(
                Path(folder),
                tap={
                    "access_token": simulator.token,
                    "api_url": simulator.url,
                    "start_date": _format_time(end - timedelta(days=days + 1)),
                    "poll_interval_seconds": 0.25,
                },
                database_url=postgres.url(driver="postgresql+psycopg"),
                schema=results.SCHEMA,
                dbt={
                    "host": str(postgres.socket_folder),
                    "user": "postgres",
                    "database": "postgres",
                    "schema": MARTS,
                },
            )
            all_streams = bool(os.environ.get("ALL"))
            if all_streams:
                project.select = ("*.*",)
                project.target = {
                    "add_record_metadata": True,  # required by activate_version
                    "activate_version": True,
                    "hard_delete": True,
                }
                project.tap = {
                    **project.tap,
                    "reporting_datasets": list(results.DATASETS),
                    "custom_object_types": list(results.OBJECT_TYPES),
                }
            equal = Demo(progress, simulator, connection, project, postgres, all_streams).run()
            progress.show(f"{progress.seconds:.0f} seconds in total.")
            if os.environ.get("KEEP"):
                kept.append(postgres)
                progress.show(_instructions(project, postgres))
            else:
                progress.show("`make demo KEEP=1` leaves PostgreSQL running with the data.")
            return 0 if equal else 1
    except InterruptedError as error:
        sys.stderr.write("\nInterrupted; everything is cleaned up.\n")
        return 128 + int(error.args[0])
    except (MeltanoError, RuntimeError) as error:
        sys.stderr.write(f"\n{error}\n")
        return 1


def _instructions(project: Project, postgres: Postgres) -> str:
    """Return the state of the project, and the commands to inspect and stop the database."""
    state = project.meltano("state", "get", f"demo:{TAP}-to-{TARGET}")
    (value,) = [line.text for line in state if line.text.startswith("{")]
    return (
        f"\nState for the next run\n\n{value}\n\n"
        "PostgreSQL is still running with the data\n\n"
        f"  {postgres.psql_command(results.SCHEMA, MARTS)}\n\n"
        "To stop it and to remove the data\n\n"
        f"  {postgres.stop_command}\n"
    )


def _format_time(instant: datetime) -> str:
    return f"{instant:%Y-%m-%dT%H:%M:%SZ}"


def _interrupt(signum: int, _frame: FrameType | None) -> None:
    """Raise, so that everything is cleaned up; ignore further signals."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    raise InterruptedError(signum)


if __name__ == "__main__":
    sys.exit(main())
