"""Configurations of the documentation, read by the programs that use them."""

from __future__ import annotations

import glob
import json
import re
import shutil
import subprocess
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest
import yaml
from croniter import croniter

from demo.project import DBT_PROGRAM, ROOT, TAP, TARGET
from fleet.engine import DAGSTER_BIN, EXAMPLE
from intercom_simulator import ApiVariant
from tests.documents.claims import blocks_of, claimed_by
from tests.harness.batches import batch_config
from tests.harness.singer import (
    clean_environment,
    discover_in_process,
    run_in_process,
    run_tap,
    select,
)

if TYPE_CHECKING:
    from pathlib import Path

    from tests.documents.conftest import Shell
    from tests.documents.markdown import Block
    from tests.harness.fixture_types import Configure, Simulate

pytestmark = pytest.mark.timeout(400)  # dbt and Dagster take long on a busy machine

DAGSTER = DAGSTER_BIN / "python"


# --- of the tap


@blocks_of("test_excluded_columns_are_not_written")
def test_excluded_columns_are_not_written(
    block: Block, simulate: Simulate, configure: Configure
) -> None:
    config = configure(simulate(receipts=60, days=10))
    catalog = select(discover_in_process(config), "receipt", "answer_combined")
    plain = run_in_process(config, catalog=catalog)
    output = run_in_process({**config, **json.loads(block.text)}, catalog=catalog)
    assert any(record["email"] for record in plain.records("receipt"))
    for record in output.records("receipt"):
        assert "email" not in record
    assert output.records("answer_combined")
    for record in output.records("answer_combined"):
        assert "answers" not in record


@blocks_of("test_reporting_datasets_are_discovered")
def test_reporting_datasets_are_discovered(
    block: Block, simulate: Simulate, configure: Configure
) -> None:
    settings = json.loads(block.text)
    config = configure(simulate(receipts=1), **settings)
    output = run_tap(config, "--discover", check=False)
    assert output.exit_code == 0
    assert "WARNING" not in output.log
    streams = {s["tap_stream_id"] for s in json.loads("\n".join(output.lines))["streams"]}
    assert {f"reporting_{name}" for name in settings["reporting_datasets"]} <= streams


@blocks_of("test_batches_are_written")
def test_batches_are_written(
    block: Block, simulate: Simulate, configure: Configure, tmp_path: Path
) -> None:
    settings = json.loads(block.text)
    storage = settings["batch_config"]["storage"]
    assert storage["root"].startswith("s3://")
    storage["root"] = str(tmp_path)
    config = configure(simulate(receipts=60, days=10))
    catalog = select(discover_in_process(config), "receipt")
    output = run_in_process({**config, **settings}, catalog=catalog)
    manifests = [m["manifest"] for m in output.messages if m["type"] == "BATCH"]
    assert manifests
    assert len(list(tmp_path.glob("*.gz"))) == sum(map(len, manifests))


@blocks_of("test_polars_reads_files_with_and_without_a_new_column")
def test_polars_reads_files_with_and_without_a_new_column(
    block: Block, simulate: Simulate, configure: Configure, tmp_path: Path
) -> None:
    batch = batch_config(tmp_path, "parquet")
    for variant in (
        ApiVariant(),
        ApiVariant(added_columns=(("receipt", "Phone number", "+353 1"),)),
    ):
        config = configure(simulate(receipts=30, days=10, variant=variant), batch_config=batch)
        for path in tmp_path.glob("*.parquet"):  # file names contain the start time of the run
            path.rename(tmp_path / re.sub(r"--receipt-\d{4}", "--receipt-2001", path.name))
        run_in_process(config, catalog=select(discover_in_process(config), "receipt"))
    names: dict[str, Any] = {"glob": glob, "polars": pl}
    exec(block.text.replace("out/", f"{tmp_path}/"), names)  # noqa: S102 - lines of a page
    receipts: pl.DataFrame = names["receipts"]
    assert sorted(receipts["phone_number"].to_list(), key=str) == ["+353 1"] * 30 + [None] * 30


@blocks_of("test_a_state_is_resumed")
def test_a_state_is_resumed(block: Block, simulate: Simulate, configure: Configure) -> None:
    state = json.loads(block.text)
    job = state["bookmarks"]["content_export"]["job"]
    config = configure(
        simulate(receipts=1), start_date="2026-01-01", end_date="2026-03-01T23:59:59Z"
    )
    catalog = select(discover_in_process(config), *state["bookmarks"])
    bookmarks = json.loads(block.text)
    del bookmarks["bookmarks"]["content_export"]["job"]
    for before, resumed in ((state, True), (bookmarks, False)):
        output = run_tap(
            config, "--plan", "--format", "json", state=before, catalog=catalog, check=False
        )
        assert output.exit_code == 0, output.log
        (export,) = json.loads("\n".join(output.lines))["exports"]
        (window,) = export["windows"]
        assert (job["job_identifier"] in json.dumps(window)) is resumed
        for name in ("created_at_after", "created_at_before"):
            assert window[name] == job[name]


# --- of Meltano


def test_meltano_deselects_columns(shell: Shell, tmp_path: Path) -> None:
    """Meltano creates the catalog with the lines of the page in the plugin definition."""
    written = [yaml.safe_load(block.text) for block in claimed_by("test_meltano_deselects_columns")]
    extractor: dict[str, Any] = {
        "name": TAP,
        "namespace": "tap_intercom_export",
        "executable": TAP,
        "capabilities": ["catalog", "discover"],
        "config": {"access_token": "none", "start_date": "2026-01-01"},
        **{name: value for part in written for name, value in part.items()},
    }
    project = {"project_id": "docs", "plugins": {"extractors": [extractor]}}
    (tmp_path / "meltano.yml").write_text(yaml.safe_dump(project))
    catalog = json.loads(shell(f"meltano invoke --dump=catalog {TAP} 2> /dev/null"))
    (receipt,) = (s for s in catalog["streams"] if s["tap_stream_id"] == "receipt")
    selected = {
        part["breadcrumb"][-1]: part["metadata"].get("selected")
        for part in receipt["metadata"]
        if part["breadcrumb"]
    }
    left_out = {name for name, is_selected in selected.items() if is_selected is False}
    assert left_out == {"email", "name", "user_external_id"}
    ((name, schema),) = extractor["schema"]["receipt"].items()
    assert receipt["schema"]["properties"][name] == schema


@blocks_of("test_cron_runs_the_script")
def test_cron_runs_the_script(block: Block) -> None:
    """`test_deployment.py` runs the script itself."""
    (line,) = block.lines
    match = re.fullmatch(r"((?:\S+ ){5}) *(/srv/intercom/sync-workspace) acme_us >> \S+ 2>&1", line)
    assert match
    assert croniter.is_valid(match[1].strip())


@blocks_of("test_documented_kubernetes_fields_exist")
def test_documented_kubernetes_fields_exist(block: Block) -> None:
    batch_v1 = pytest.importorskip("lightkube.models.batch_v1", reason="needs Python 3.11")
    manifest = yaml.safe_load(block.text)
    # unknown fields are not in the result
    assert batch_v1.CronJob.from_dict(manifest).to_dict() == manifest
    assert croniter.is_valid(manifest["spec"]["schedule"])
    pod = manifest["spec"]["jobTemplate"]["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    assert container["command"] == ["meltano", "--environment=prod", "run", TAP, TARGET]
    assert pod["terminationGracePeriodSeconds"] > 30
    mounts = {mount["name"]: mount["mountPath"] for mount in container["volumeMounts"]}
    assert {volume["name"] for volume in pod["volumes"]} == set(mounts)
    variables = {variable["name"]: variable["value"] for variable in container["env"]}
    assert variables["TMPDIR"] in mounts.values()


# --- of dbt


def test_a_dbt_project_uses_the_package(tmp_path: Path) -> None:
    """Uses both files of the page, with a local repository instead of the one at GitHub."""
    if not DBT_PROGRAM.exists():
        pytest.skip("needs .venv-dbt: make pytest makes it")
    blocks = claimed_by("test_a_dbt_project_uses_the_package")
    files = {block.lines[0].removeprefix("# "): block.text for block in blocks}
    assert set(files) == {"packages.yml", "dbt_project.yml"}
    repository, project = tmp_path / "repository", tmp_path / "project"
    package = repository / "dbt" / "intercom_export"
    shutil.copytree(ROOT / "dbt" / "intercom_export", package)
    commit = ("-c", "user.name=x", "-c", "user.email=x@example.com", "commit", "-qm", "x")
    for arguments in (("init", "-qb", "main"), ("add", "--all"), commit):
        subprocess.run(["git", *arguments], cwd=repository, check=True)  # noqa: S607 - on PATH
    project.mkdir()
    packages = re.sub(r"https://\S+", repository.as_uri(), files["packages.yml"])
    (project / "packages.yml").write_text(packages)
    mine = "name: mine\nversion: 1.0.0\nprofile: intercom_export\n"
    (project / "dbt_project.yml").write_text(mine + files["dbt_project.yml"])
    environment = {
        **clean_environment(),
        "DBT_PROFILES_DIR": str(ROOT / "dbt" / "profiles"),
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
        "DBT_TARGET": "duckdb",
        "DBT_DUCKDB_PATH": str(tmp_path / "empty.duckdb"),
    }
    for command in ("deps", "list"):
        done = subprocess.run(
            [str(DBT_PROGRAM), "--quiet", command],
            cwd=project,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
    assert "intercom_export.marts.messages" in done.stdout.splitlines()


def test_documented_dbt_variables_are_those_of_the_package() -> None:
    page = (ROOT / "docs" / "dbt.md").read_text(encoding="utf-8")
    rows = re.findall(r"(?m)^\| ((?:`intercom_export_\w+`(?:, )?)+) \| (.+?) \|", page)
    documented: dict[str, str] = {}
    for names, defaults in rows:
        named = re.findall(r"\w+", names)
        documented |= zip(
            named, defaults.split(", ") if len(named) > 1 else [defaults], strict=True
        )
    project = (ROOT / "dbt" / "intercom_export" / "dbt_project.yml").read_text(encoding="utf-8")
    variables = yaml.safe_load(project)["vars"]
    assert set(documented) == set(variables)
    for name, default in variables.items():
        if default is not None:  # else the page describes its origin
            assert yaml.safe_load(documented[name].strip("`")) == default


# --- of Dagster

VALIDATE = """
import json, sys, dagster, yaml
from intercom_fleet.definitions import defs
for text in json.load(sys.stdin):
    run = yaml.safe_load(text)
    job = "intercom_" + next(iter(run["ops"])).split("__")[0]
    try:
        dagster.validate_run_config(defs.resolve_job_def(job), run)
    except dagster.DagsterInvalidConfigError:
        print("invalid")
    else:
        print("valid")
"""


@blocks_of("test_dagster_validates_the_documented_run_configuration")
def test_dagster_validates_the_documented_run_configuration(block: Block, tmp_path: Path) -> None:
    if not DAGSTER.exists():
        pytest.skip("needs the environments of examples/dagster: make pytest makes them")
    misspelled = block.text.replace("full_refresh", "full_refrain")
    done = subprocess.run(
        [str(DAGSTER), "-c", VALIDATE],
        input=json.dumps([block.text, misspelled]),
        cwd=EXAMPLE,
        env={**clean_environment(), "DAGSTER_HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.split() == ["valid", "invalid"], done.stderr
