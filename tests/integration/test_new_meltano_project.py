"""The README section about Meltano in an empty folder: all commands, and the loaded rows.

Meltano installs the plugins into separate environments, as for any user.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import psycopg
import pytest
import yaml
from psycopg.rows import dict_row

from demo.project import DEFAULT_SELECTION
from intercom_simulator import Clock, Simulator
from intercom_simulator.content_export.columns import FILES
from tests.harness.expected_rows import differences, expected, instant
from tests.harness.stopped_simulator import END

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from demo.postgres import Postgres

    Rows = Callable[[str], list[dict[str, Any]]]

# each command starts Python several times, which is slow on a busy machine
pytestmark = [pytest.mark.meltano, pytest.mark.timeout(420)]

ROOT = Path(__file__).parents[2]
DAYS = 20
"""Less than `window_days`, so there is one window and each row is written once."""

SCHEMA = "tap_intercom_export"
"""Default schema of targets: the namespace of the tap."""

RUN = "meltano run tap-intercom-export target-postgres"
STATE_ID = "dev:tap-intercom-export-to-target-postgres"
PROGRAMS = Path(sys.executable).parent


def readme_commands() -> list[str]:
    """Return the commands of the README section about Meltano."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    section = readme.split("\n## With Meltano\n")[1].split("\n## ")[0]
    return section.split("```console\n")[1].split("```")[0].splitlines()


@dataclass
class NewProject:
    """A Meltano project created with the commands of the README.

    Args:
        folder: The project.
        simulator: The simulated Intercom.
        environment: Environment variables of its commands.
        setup: Output of the commands before the first run.
        file: The meltano.yml after these commands.
    """

    folder: Path
    simulator: Simulator
    environment: Mapping[str, str]
    setup: str = ""
    file: str = ""

    def run(
        self, command: str, *, check: bool = True, **variables: str
    ) -> subprocess.CompletedProcess[str]:
        """Run a shell command in the project; it must succeed if `check` is set."""
        done = subprocess.run(
            ["/bin/bash", "-euo", "pipefail", "-c", command],
            cwd=self.folder,
            env={**self.environment, **variables},
            capture_output=True,
            text=True,
            check=False,
        )
        assert not check or done.returncode == 0, f"{command}:\n{done.stdout}{done.stderr}"
        return done

    def run_installing(self, command: str) -> str:
        """Run a command that installs a third-party plugin first, and return its log."""
        done = self.run(command, check=False)
        log = done.stdout + done.stderr
        if "Installation failed" in log:
            pytest.skip(f"a plugin cannot be installed here: {log[-600:]}")
        assert done.returncode == 0, log
        return log

    def assert_complete(self, rows: Rows) -> None:
        """Check that all columns of all rows equal those of the simulator."""
        for statistic in FILES:
            expected_rows = expected(self.simulator, statistic, END)
            assert differences(statistic, expected_rows, rows(statistic)) == [], statistic


@pytest.fixture(scope="module")
def project(postgres: Postgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[NewProject]:
    """Run all commands of the README before `meltano run` in an empty folder; add three targets.

    Targets come from Meltano's Hub, which tests do not use, so they are defined in the project.
    """
    folder = tmp_path_factory.mktemp("stranger")
    with Simulator(receipts=150, days=DAYS, end=END, clock=Clock(END, running=False)) as sim:
        kept = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("MELTANO_", "TAP_", "TARGET_", "PYTHONDONTWRITE", "VIRTUAL_"))
        }
        environment = {
            **kept,
            "PATH": f"{PROGRAMS}{os.pathsep}{os.environ['PATH']}",
            "NO_COLOR": "1",
            "NO_PROXY": "127.0.0.1,localhost",
            "MELTANO_SEND_ANONYMOUS_USAGE_STATS": "false",
            "MELTANO_CLI_DISABLE_VERSION_CHECK": "true",
            # the environment overrides meltano.yml
            "TAP_INTERCOM_EXPORT_API_URL": sim.url,
            "TAP_INTERCOM_EXPORT_ACCESS_TOKEN": sim.token,
            "TAP_INTERCOM_EXPORT_END_DATE": f"{END:%Y-%m-%dT%H:%M:%SZ}",
        }
        made = NewProject(folder, sim, environment)
        found = index_is_reached(folder)
        if not found:
            pytest.skip("Meltano cannot install plugins: no package index is reached from here")
        commands = "\n".join(readme_commands()).split(RUN)[0]
        for written, meant in (
            ("/path/to/tap-intercom-export", str(ROOT)),
            ("dG9rOmFi…", sim.token),
            ("2026-01-01", f"{END - timedelta(days=DAYS + 1):%Y-%m-%d}"),
        ):
            assert written in commands
            commands = commands.replace(written, meant)
        made.setup = made.run(commands).stdout
        made.folder = folder / "intercom"
        made.file = (made.folder / "meltano.yml").read_text(encoding="utf-8")
        define_loaders(made.folder, postgres.url(driver="postgresql+psycopg"))
        yield made


def index_is_reached(folder: Path) -> bool:
    """Return whether the requirements of an installation from source are available."""
    tried = subprocess.run(
        [str(PROGRAMS / "uv"), "pip", "compile", "--quiet", "--no-header", "-"],
        input="cython>=3.1\nhatchling>=1.27\nsetuptools>=77\n",
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    return tried.returncode == 0


def define_loaders(folder: Path, database_url: str) -> None:
    """Add the targets to a project, like `meltano add` with the Hub."""
    loaders: list[dict[str, Any]] = [
        {
            "name": "target-postgres",
            "executable": str(PROGRAMS / "target-postgres"),
            "config": {"sqlalchemy_url": database_url},
        },
        {
            "name": "target-jsonl",
            "pip_url": "target-jsonl",
            "config": {"destination_path": str(folder / "output")},
        },
        {
            "name": "target-duckdb",
            # as described in docs/targets.md
            "pip_url": "target-duckdb duckdb<1.3",
            "config": {"filepath": str(folder / "intercom.duckdb")},
        },
    ]
    for loader in loaders:
        loader["namespace"] = loader["name"].replace("-", "_")
        loader["settings"] = [
            *({"name": name} for name in loader["config"]),
            {"name": "default_target_schema", "value": "$MELTANO_EXTRACT__LOAD_SCHEMA"},
        ]
    path = folder / "meltano.yml"
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    content["plugins"]["loaders"] = loaders
    path.write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")


def metrics(log: str, stream: str | None = None) -> list[dict[str, Any]]:
    """Return the metrics in the tap's lines of Meltano's log.

    Args:
        log: Meltano's log in text format.
        stream: Only metrics of this stream.
    """
    found = [
        json.JSONDecoder().raw_decode(text)[0]
        for text in re.findall(r"(?m)^.* tap-intercom-export METRIC: (.*)$", log)
    ]
    return [one for one in found if stream in {None, one["tags"].get("stream")}]


def test_meltano_add_brings_the_definition_of_the_tap_only(project: NewProject) -> None:
    (extractor,) = yaml.safe_load(project.file)["plugins"]["extractors"]
    plugin = yaml.safe_load((ROOT / "plugin.yml").read_text(encoding="utf-8"))
    assert extractor["pip_url"] == f"-e '{ROOT}'"
    assert extractor["select"] == plugin["select"] == list(DEFAULT_SELECTION)
    assert extractor["config"] == {"start_date": "2025-05-11"}
    for part in ("settings", "capabilities", "settings_group_validation", "namespace"):
        assert extractor[part] == plugin[part]
    # Meltano copies comments between settings
    assert [line for line in project.file.splitlines() if line.lstrip().startswith("#")] == []
    assert "✓ Message export" in project.setup


def test_run_loads_every_row_logs_metrics_and_stores_state(
    project: NewProject, postgres: Postgres
) -> None:
    run, state = readme_commands()[-2:]
    assert (run, state) == (RUN, f"meltano state get {STATE_ID}")
    log = project.run(run).stderr
    project.assert_complete(tables_of(postgres))

    for statistic in FILES:
        (count,) = [one for one in metrics(log, statistic) if one["metric"] == "record_count"]
        assert count["value"] == len(expected(project.simulator, statistic, END)), statistic
    assert {"record_count", "sync_duration"} <= {one["metric"] for one in metrics(log, "receipt")}
    without_stream = {one["metric"] for one in metrics(log) if "stream" not in one["tags"]}
    assert without_stream <= {"wait_duration"}

    (kept,) = project.run(state).stdout.splitlines()
    bookmarks = json.loads(kept)["singer_state"]["bookmarks"]
    assert bookmarks["receipt"]["replication_key_value"] == f"{END:%Y-%m-%dT%H:%M:%SZ}"


def test_full_refresh_loads_everything_and_json_log_has_metric_fields(
    project: NewProject, postgres: Postgres
) -> None:
    known = len(project.simulator.jobs)
    log = project.run(f"{RUN} --full-refresh", MELTANO_CLI_LOG_FORMAT="json").stderr
    (job,) = project.simulator.jobs[known:]
    assert job.after == (END - timedelta(days=DAYS + 1)).replace(hour=0, minute=0).timestamp()
    project.assert_complete(tables_of(postgres))
    entries = [json.loads(line) for line in log.splitlines() if line.startswith("{")]
    counted = {
        info["tags"]["stream"]: info["value"]
        for info in (entry.get("metric_info") or {} for entry in entries)
        if info.get("metric") == "record_count"
    }
    expected_counts = {name: len(expected(project.simulator, name, END)) for name in FILES}
    assert {name: counted[name] for name in FILES} == expected_counts


def tables_of(postgres: Postgres) -> Rows:
    """Return a function that reads a table of the database."""

    def rows(table: str) -> list[dict[str, Any]]:
        with (
            psycopg.connect(postgres.url()) as connection,
            connection.cursor(row_factory=dict_row) as cursor,
        ):
            return cursor.execute(f"SELECT * FROM {SCHEMA}.{table}".encode()).fetchall()

    return rows


def test_meltano_config_test_passes(project: NewProject) -> None:
    known = len(project.simulator.jobs)
    done = project.run("meltano config test tap-intercom-export")
    assert "Plugin configuration is valid" in done.stdout
    assert len(project.simulator.jobs) == known + 1, "docs/troubleshooting.md says otherwise"


def test_target_jsonl_gets_every_row(project: NewProject) -> None:
    project.run_installing("meltano run --full-refresh tap-intercom-export target-jsonl")

    def rows(stream: str) -> list[dict[str, Any]]:
        files = sorted((project.folder / "output").glob(f"{stream}-[0-9]*.jsonl"))
        return [
            json.loads(line)
            for path in files
            for line in path.read_text(encoding="utf-8").splitlines()
        ]

    project.assert_complete(rows)

    # a hand-written later run with an update of a message
    (first,) = (project.folder / "output").glob("receipt-[0-9]*.jsonl")
    opened = {**rows("receipt")[0], "first_open": "2025-06-01T10:00:00Z"}
    first.with_name("receipt-20990101T000000.jsonl").write_text(json.dumps(opened))
    page = (ROOT / "docs" / "targets.md").read_text(encoding="utf-8")
    (query,) = re.findall(r"```sql\n([^`]*read_json[^`]*)```", page)
    query = query.replace("output/", f"{project.folder}/output/")
    last = {receipt["receipt_id"]: receipt for receipt in records_of(duckdb.connect(), query)}
    assert len(last) == len(expected(project.simulator, "receipt", END))
    assert instant(last[opened["receipt_id"]]["first_open"]) == instant(opened["first_open"])


def test_target_duckdb_gets_every_row_with_the_duckdb_that_docs_name(
    project: NewProject,
) -> None:
    project.run_installing("meltano run --full-refresh tap-intercom-export target-duckdb")
    with duckdb.connect(str(project.folder / "intercom.duckdb"), read_only=True) as connection:

        def rows(table: str) -> list[dict[str, Any]]:
            return [
                {**row, "answers": json.loads(row["answers"])} if "answers" in row else row
                for row in records_of(connection, f"SELECT * FROM {SCHEMA}.{table}")
            ]

        project.assert_complete(rows)


def records_of(connection: duckdb.DuckDBPyConnection, query: str) -> list[dict[str, Any]]:
    """Return the rows of a query as dictionaries."""
    found = connection.execute(query)
    names = [column[0] for column in found.description or ()]
    return [dict(zip(names, values, strict=True)) for values in found.fetchall()]
