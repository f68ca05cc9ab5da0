"""Commands of the documentation, run in a shell against the simulator."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import shlex
import signal
import subprocess
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import click
import psycopg
import pytest
from moto.server import ThreadedMotoServer

from demo.postgres import PACKAGE, RELEASE
from demo.project import DBT, TAP, TARGET
from tests.documents.claims import blocks_of, claimed_by
from tests.documents.conftest import BIN, shell_environment
from tests.documents.markdown import PAGES, ROOT, Block, blocks, inline_code
from tests.harness.singer import discover_in_process

if TYPE_CHECKING:
    from demo.postgres import Postgres
    from intercom_simulator import Simulator
    from tests.documents.conftest import Shell
    from tests.harness.fixture_types import Configure, Simulate

_SPEC = importlib.util.find_spec(PACKAGE)
PSQL = Path(_SPEC.origin or "").parent / RELEASE / "bin" if _SPEC else Path()
"""Folder of psql; found without an import, which would change permissions."""


def records(messages: str, stream: str) -> list[dict[str, Any]]:
    parsed = [json.loads(line) for line in messages.splitlines()]
    return [m["record"] for m in parsed if m["type"] == "RECORD" and m["stream"] == stream]


def exported(simulator: Simulator, job: int) -> int:
    """Return the receipts in the range of a job."""
    one = simulator.jobs[job]
    rows = simulator.workspace.rows("receipt", one.after, one.before, simulator.clock.now())
    return len(rows)


@blocks_of("test_documented_first_steps_export_messages")
def test_documented_first_steps_export_messages(
    block: Block, simulate: Simulate, shell: Shell, tmp_path: Path
) -> None:
    simulator = simulate(receipts=80, days=20, end=datetime(2026, 1, 21, tzinfo=timezone.utc))
    text = block.text.replace("dG9rOmFi…", simulator.token)
    assert simulator.token in text
    export, check, first, state, second = text.splitlines()
    address = {
        "TAP_INTERCOM_EXPORT_API_URL": simulator.url,
        "TAP_INTERCOM_EXPORT_END_DATE": "2026-01-20T23:59:00Z",
    }
    shell(export, check, **address)
    assert simulator.jobs == []
    shell(export, first, state, **address)
    messages = tmp_path / "messages.jsonl"
    assert len(records(messages.read_text(), "receipt")) == exported(simulator, 0) > 50
    written = json.loads((tmp_path / "state.json").read_text())
    assert written["bookmarks"]["receipt"]["replication_key_value"] == "2026-01-20T23:59:00Z"
    simulator.clock.set(simulator.clock.now() + timedelta(days=1))
    address["TAP_INTERCOM_EXPORT_END_DATE"] = "2026-01-21T23:59:00Z"
    shell(export, second, **address)
    assert len(records(messages.read_text(), "receipt")) == exported(simulator, 1) < 50


@blocks_of("test_documented_tap_commands_succeed")
def test_documented_tap_commands_succeed(
    block: Block, simulate: Simulate, configure: Configure, shell: Shell, tmp_path: Path
) -> None:
    simulator = simulate(receipts=20, days=5)
    config = configure(simulator)
    files = {"config": config, "catalog": discover_in_process(config), "state": {}}
    for name, content in files.items():
        (tmp_path / f"{name}.json").write_text(json.dumps(content))
    lines = [line for line in block.lines if not line.startswith("meltano invoke ")]
    printed = shell(*lines)  # in a project of Meltano: test_new_meltano_project.py
    assert ("✓ Token" in printed) is ("--test" in block.text)
    assert ("1 window" in printed) is ("--plan" in block.text)
    assert simulator.jobs == []


@blocks_of("test_documented_docker_arguments_work")
def test_documented_docker_arguments_work(block: Block, simulate: Simulate, shell: Shell) -> None:
    build, run = block.text.replace("\\\n", " ").splitlines()
    image = shlex.split(build)[shlex.split(build).index("-t") + 1]
    options, _, arguments = run.partition(f" {image} ")
    variables = re.findall(r"-e (\S+)", options)
    environment = dict(variable.split("=") for variable in variables if "=" in variable)
    simulator = simulate(receipts=20, days=5)
    assert {"TAP_INTERCOM_EXPORT_ACCESS_TOKEN"} == {*variables} - {
        f"{name}={value}" for name, value in environment.items()
    }
    printed = shell(
        f"tap-intercom-export {arguments}",
        TAP_INTERCOM_EXPORT_ACCESS_TOKEN=simulator.token,
        TAP_INTERCOM_EXPORT_API_URL=simulator.url,
        **environment,
    )
    assert "✓ Token" in printed


@blocks_of("test_documented_simulator_commands_work")
def test_documented_simulator_commands_work(block: Block, shell: Shell, tmp_path: Path) -> None:
    """The page describes in text what to do between the two commands."""
    if "simulator" not in block.text:
        assert block.text.strip() == (
            ".venv/bin/tap-intercom-export --config config.json > messages.jsonl"
        )
        return
    (start,) = block.lines
    command = shlex.split(start.replace("--port 8080", "--port 0"))
    assert "0" in command
    command += ["--receipts", "30", "--days", "10", "--job-seconds", "0"]
    with subprocess.Popen(
        [str(BIN / command[0].rpartition("/")[2]), *command[1:]],
        stdout=subprocess.PIPE,
        text=True,
        env=shell_environment(),
    ) as process:
        assert process.stdout is not None
        printed = ""
        while not printed.rstrip().endswith("}"):
            printed += process.stdout.readline()
        (tmp_path / "config.json").write_text(printed[printed.index("{") :])
        other = next(b for b in claimed_by("test_documented_simulator_commands_work") if b != block)
        shell(other.text)
        process.send_signal(signal.SIGINT)
    assert records((tmp_path / "messages.jsonl").read_text(), "receipt")


@blocks_of("test_documented_meltano_run_is_the_tested_one")
def test_documented_meltano_run_is_the_tested_one(block: Block) -> None:
    """The fixture `workspace` of tests/dbt/built runs this command."""
    assert block.text.split() == ["meltano", "run", TAP, TARGET, f"{DBT}:build"]


def parse_meltano_command(line: str) -> None:
    """Parse a command with Meltano's parser, without running it.

    Args:
        line: The command; arguments of plugins are ignored.

    Raises:
        click.ClickException: The command or option does not exist.
    """
    from meltano.cli.cli import cli  # noqa: PLC0415 - it takes a second

    words = shlex.split(line, comments=True)[1:]
    command: click.Command = cli
    context = click.Context(command, info_name="meltano", **command.context_settings)
    while isinstance(command, click.Group):
        parser = command.make_parser(context)
        parser.allow_interspersed_args = False
        words = parser.parse_args(words)[1]
        name, found, words = command.resolve_command(context, words)
        assert found is not None
        command = found
        context = click.Context(command, parent=context, info_name=name, **command.context_settings)
    command.make_parser(context).parse_args(words)


@pytest.mark.parametrize("page", PAGES)
def test_meltano_commands_in_the_text_exist(page: str) -> None:
    lines = [line for block in blocks(page) for line in block.lines if block.language == "console"]
    for code in (*lines, *inline_code(page)):
        for command in code.split(" && "):
            if command.startswith("meltano "):
                parse_meltano_command(f"{command} …")  # the text may omit the last arguments


@blocks_of("test_documented_meltano_commands_are_parsed")
def test_documented_meltano_commands_are_parsed(block: Block) -> None:
    for line in block.lines:
        assert line.startswith("meltano ")
        parse_meltano_command(line)


@blocks_of("test_documented_commands_copy_a_state_to_a_bucket")
def test_documented_commands_copy_a_state_to_a_bucket(
    block: Block, shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install, get, uri, keys, put, run = block.text.replace("=…", "=key").splitlines()
    assert "[s3]" in install
    assert run == f"meltano run {TAP} {TARGET}"
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "key")
    project = {"project_id": "docs", "environments": [{"name": "dev"}]}
    (tmp_path / "meltano.yml").write_text(json.dumps(project))
    state = {"singer_state": {"bookmarks": {"receipt": {"replication_key_value": "2026-01-30"}}}}
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    server.start()
    try:
        address = "http://{}:{}".format(*server.get_host_and_port())
        bucket = uri.split("s3://")[1].split("/")[0]
        client = boto3.client("s3", endpoint_url=address, region_name="us-east-1")
        client.create_bucket(Bucket=bucket)
        state_id = get.split()[3]
        shell(f"meltano state set --force {state_id} '{json.dumps(state)}'", get)
        environment = {
            "MELTANO_STATE_BACKEND_S3_ENDPOINT_URL": address,
            "AWS_DEFAULT_REGION": "us-east-1",
        }
        printed = shell(uri, keys, put, f"meltano state get {state_id}", **environment)
        assert json.loads(printed.splitlines()[-1]) == state
        assert client.list_objects_v2(Bucket=bucket)["KeyCount"]
    finally:
        server.stop()


def test_unknown_meltano_commands_are_refused() -> None:
    for command in ("meltano run --full-refrain tap", "meltano stat get x", "meltano --colour run"):
        with pytest.raises(click.UsageError):
            parse_meltano_command(command)


@blocks_of("test_documented_psql_command_finds_the_tables")
def test_documented_psql_command_finds_the_tables(
    block: Block, postgres: Postgres, database: str, shell: Shell
) -> None:
    with psycopg.connect(postgres.url(database)) as connection:
        connection.execute("CREATE SCHEMA intercom")
        connection.execute("CREATE TABLE intercom.content_daily AS SELECT 1")
        connection.execute("CREATE SCHEMA tap_intercom_export")
        connection.execute("CREATE TABLE tap_intercom_export.receipt AS SELECT 1")
    (command,) = block.lines
    printed = shell(
        f"{command} --csv -t -c 'SELECT count(*) FROM receipt, content_daily'",
        PATH=os.pathsep.join((str(PSQL), os.environ["PATH"])),
        PGHOST=str(postgres.socket_folder),
        PGUSER="postgres",
        PGDATABASE=database,
    )
    assert printed == "1\n"


# --- examples/dagster

EXAMPLE = ROOT / "examples" / "dagster"


@blocks_of("test_documented_fleet_setup_equals_make_target")
def test_documented_fleet_setup_equals_make_target(block: Block) -> None:
    """Only compares the commands, because `make fleet` installs from the same files."""
    rules = (ROOT / "Makefile").read_text(encoding="utf-8")
    installed = re.findall(r"pip install -c (\S+) -r (\S+)", block.text)
    assert len(installed) == 2
    for constraints, requirements in installed:
        assert (EXAMPLE / constraints).exists()
        assert re.search(rf"call INSTALL,\S+,{constraints},-r {requirements} ", rules)
    clone = re.search(r"-e (/path/to/\S+)", block.text)
    assert clone, "there is no release to install by name"


@blocks_of("test_documented_variables_are_read_by_the_fleet")
def test_documented_variables_are_read_by_the_fleet(block: Block) -> None:
    *exports, start = block.lines
    read = "".join(
        path.read_text(encoding="utf-8")
        for path in EXAMPLE.rglob("*")
        if path.suffix in {".py", ".yml", ".yaml"} and ".venv" not in str(path)
    )
    names = {export.split("=")[0].removeprefix("export ") for export in exports}
    assert names - {"PATH"}
    assert {name for name in names - {"PATH"} if name not in read} == set()
    assert start == (
        ".venv/bin/dagster asset materialize --select acme_us/content -m intercom_fleet.definitions"
    )


# --- make

TARGETS = set(re.findall(r"(?m)^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8")))


@blocks_of("test_documented_make_targets_exist")
def test_documented_make_targets_exist(block: Block) -> None:
    for line in block.lines:
        command = shlex.split(line, comments=True)
        done = subprocess.run(
            [*command, "--dry-run"], cwd=ROOT, check=False, capture_output=True, text=True
        )
        assert command[0] == "make"
        assert done.returncode == 0, done.stderr
        assert done.stdout


@pytest.mark.parametrize("page", PAGES)
def test_make_targets_in_the_text_exist(page: str) -> None:
    named = {
        word
        for code in inline_code(page)
        for command in re.findall(r"(?:^|\s)make((?: +[a-z][a-z-]*)+)", code)
        for word in command.split()
    }
    assert named <= TARGETS
