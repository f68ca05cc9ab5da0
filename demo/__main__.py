"""`python -m demo`: two exports of a simulated workspace into PostgreSQL, dbt models, a report.

Environment variables: `RECEIPTS` (messages, 50000), `DAYS` (they are spread over, 90), `ALL` (if
set, reporting datasets, AI content and custom objects as well), `KEEP` (if set, PostgreSQL is left
running, with the data).
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

from demo import report
from demo.postgres import running_postgres
from demo.progress import Progress
from demo.project import DBT, ROOT, TAP, TARGET, LogLine, MeltanoError, Project
from intercom_simulator import Simulator

if TYPE_CHECKING:
    from types import FrameType

    from psycopg import Connection

    from demo.postgres import Postgres

RECEIPTS = 50_000
DAYS = 90

_BEHIND = timedelta(days=2)
"""How far the simulated present lies behind the real one, so that a day can go by in a moment."""

_BETWEEN = timedelta(days=1)
"""What goes by between the two runs."""

_TOLD = re.compile(
    r"Exporting|Created job|Downloaded|Everything up to|Nothing to export|Done after|Time:"
)
"""Lines of the tap's log that are part of the story."""

REPORT = ROOT / "demo" / "report.html"
"""The page that the demo ends with."""

MARTS = "marts"
"""The database schema that dbt builds in."""

_BUILT = re.compile(r"Done\. (PASS=.*)")

_READ = re.compile(r"Reader 'target-postgres' completed processing .* (\d+) records")


@dataclass
class Demo:
    """The story: a simulated Intercom, a database, and a project between them.

    Args:
        progress: Says what is going on.
        simulator: Intercom.
        connection: To the database.
        project: Loads the one into the other.
        postgres: The server of the database.
        others: Whether reporting datasets, AI content and custom objects are loaded too.
    """

    progress: Progress
    simulator: Simulator
    connection: Connection[Any]
    project: Project
    postgres: Postgres
    others: bool = False

    def tell(self) -> bool:
        """Run everything and show it.

        Returns:
            Whether the database holds what Intercom holds.
        """
        show = self.progress.show
        first_end = self.simulator.workspace.end
        assert first_end is not None  # noqa: S101 - for the type checker
        first = self._load(f"Run 1: everything up to {first_end:%Y-%m-%d %H:%M:%S} UTC", first_end)

        second_end = first_end + _BETWEEN
        self.simulator.clock.set(second_end)
        if self.others:
            self._delete()
        second = self._load("Run 2: a day later. Messages were sent, old ones opened", second_end)
        opened = report.opened_since(self.connection, self.simulator, first_end, second_end)

        show("\nRows in PostgreSQL beside what the simulated Intercom holds\n")
        show(report.counts_table(first, second))
        show("\nThe latest messages that were opened\n")
        show(report.query_table(self.connection, report.RECEIPTS))
        show("\nOpen and click rate of the ten most sent contents\n")
        show(report.query_table(self.connection, report.RATES))
        if self.others:
            show("\nConversations by channel, from the reporting dataset\n")
            show(report.query_table(self.connection, report.CONVERSATIONS))
            show("\nOrders by state, from a custom object\n")
            show(report.query_table(self.connection, report.ORDERS))
            show("\nA page and an order were deleted between the runs; run 2 took them out.")
        show(
            f"\n{opened.loaded:,} messages sent before run 1 ended were opened for the first time "
            f"after it\n(Intercom: {opened.expected:,}). Run 2 caught them because every window "
            "reaches a lookback of 7 days back."
        )
        wrong = [count for count in (*first, *second, opened) if count.differs]
        show("\nFrom rows to answers: dbt builds the models of dbt/intercom_export and tests them")
        self._build()
        show(
            f"\nDIFFERENT: {', '.join(count.what for count in wrong)}"
            if wrong
            else f"\nAll {len(first) + len(second) + 1} counts are equal."
        )
        return not wrong

    def _load(self, title: str, end: datetime) -> list[report.Count]:
        """Run Meltano up to an instant and count what has come."""
        progress = self.progress
        progress.show(f"\n{title}")
        progress.say(f"meltano run {TAP} {TARGET}")
        self.project.tap = {**self.project.tap, "end_date": _text(end)}
        self.project.write()
        started = progress.seconds
        progress.doing = "Meltano starts the tap and the target"
        lines = self.project.run(on_line=self._retell)
        seconds = progress.seconds - started
        records = sum(
            int(match[1]) for line in lines if (match := _READ.search(line.text)) is not None
        )
        progress.say(
            f"{records:,} records loaded in {seconds:.1f} s, {records / seconds:,.0f} a second"
        )
        progress.doing = "counting"
        found = report.counts(self.connection, self.simulator, end)
        if self.others:
            found += report.other_counts(self.connection, self.simulator, end)
        progress.doing = ""
        return found

    def _build(self) -> None:
        """Let dbt build the marts, and write the report."""
        # Altair takes a second to import, which the start of the demo need not wait for
        from intercom_report.__main__ import write_report  # noqa: PLC0415

        self.progress.say(f"meltano run {DBT}:build")
        self.progress.doing = "dbt builds and tests the models"
        lines = self.project.meltano("run", f"{DBT}:build")
        built = next(match[1] for line in lines if (match := _BUILT.search(line.text)))
        self.progress.say(f"dbt: {built}")
        self.progress.doing = "writing the report"
        write_report(self.postgres.url(), MARTS, REPORT)
        self.progress.doing = ""
        self.progress.say(f"The report: {REPORT.as_uri()}")

    def _delete(self) -> None:
        """Take an external page and an order away, as somebody in the workspace would."""
        page = self.simulator.ai_content.pages()[0]
        self.simulator.ai_content.remove_page(page["id"])
        kind = report.OBJECT_TYPES[0]
        order = self.simulator.custom_objects.instances(kind)[0]
        self.simulator.custom_objects.remove(kind, order["id"])

    def _retell(self, line: LogLine) -> None:
        """Print a line of the log if it is of interest, and every warning."""
        warns = line.level in {"warning", "error", "critical"}
        if line.plugin == TAP and (warns or _TOLD.search(line.text)):
            self.progress.say(f"  {line.text}")
            self.progress.doing = "loading"


def main() -> int:
    """Run the demo.

    Returns:
        The exit status: 0 if all counts are equal.
    """
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _interrupt)
    receipts = int(os.environ.get("RECEIPTS") or RECEIPTS)
    days = int(os.environ.get("DAYS") or DAYS)
    end = datetime.now(timezone.utc).replace(microsecond=0) - _BEHIND
    try:
        with ExitStack() as stack:
            progress = stack.enter_context(Progress())
            progress.doing = "making up a workspace"
            progress.say(f"Making up an Intercom workspace: {receipts:,} messages in {days} days")
            simulator = stack.enter_context(
                Simulator(receipts=receipts, days=days, end=end, job_seconds=1.0)
            )
            progress.say(f"The simulated Intercom answers at {simulator.url}")
            progress.doing = "starting PostgreSQL"
            kept: list[Postgres] = []
            postgres = stack.enter_context(running_postgres(lambda: bool(kept)))
            connection = stack.enter_context(
                psycopg.connect(
                    postgres.url(), autocommit=True, options=f"-c search_path={report.SCHEMA}"
                )
            )
            version = connection.info.server_version
            progress.say(f"PostgreSQL {version // 10_000}.{version % 10_000} is running")
            folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="intercom-demo-"))
            project = Project(
                Path(folder),
                tap={
                    "access_token": simulator.token,
                    "api_url": simulator.url,
                    "start_date": _text(end - timedelta(days=days + 1)),
                    "poll_interval_seconds": 0.25,
                },
                database_url=postgres.url(driver="postgresql+psycopg"),
                schema=report.SCHEMA,
                dbt={
                    "host": str(postgres.socket_folder),
                    "user": "postgres",
                    "database": "postgres",
                    "schema": MARTS,
                },
            )
            others = bool(os.environ.get("ALL"))
            if others:
                project.select = ("*.*",)
                project.target = {
                    "add_record_metadata": True,  # which the next one needs
                    "activate_version": True,
                    "hard_delete": True,
                }
                project.tap = {
                    **project.tap,
                    "reporting_datasets": list(report.DATASETS),
                    "custom_object_types": list(report.OBJECT_TYPES),
                }
            equal = Demo(progress, simulator, connection, project, postgres, others).tell()
            progress.show(f"{progress.seconds:.0f} seconds in all.")
            if os.environ.get("KEEP"):
                kept.append(postgres)
                progress.show(_how_to_look(project, postgres))
            else:
                progress.show("`make demo KEEP=1` leaves PostgreSQL running, to look at the data.")
            return 0 if equal else 1
    except InterruptedError as error:
        sys.stderr.write("\nInterrupted; everything is cleaned up.\n")
        return 128 + int(error.args[0])
    except (MeltanoError, RuntimeError) as error:
        sys.stderr.write(f"\n{error}\n")
        return 1


def _how_to_look(project: Project, postgres: Postgres) -> str:
    """Return the state of the project, and what to type to look at the database."""
    state = project.meltano("state", "get", f"demo:{TAP}-to-{TARGET}")
    (value,) = [line.text for line in state if line.text.startswith("{")]
    return (
        f"\nThe state that the next run would begin with\n\n{value}\n\n"
        "PostgreSQL is still running, with the data\n\n"
        f"  {postgres.psql_command(report.SCHEMA, MARTS)}\n\n"
        "To stop it and to remove the data\n\n"
        f"  {postgres.stop_command}\n"
    )


def _text(instant: datetime) -> str:
    return f"{instant:%Y-%m-%dT%H:%M:%SZ}"


def _interrupt(signum: int, _frame: FrameType | None) -> None:
    """Unwind, which cleans everything up; further signals change nothing."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    raise InterruptedError(signum)


if __name__ == "__main__":
    sys.exit(main())
