"""examples/dagster/deploy: Dagster reads the files, and Kubernetes gets the pod that is meant."""

from __future__ import annotations

import json
import os
import subprocess
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from intercom_fleet.meltano_process import GRACE_SECONDS

from fleet.engine import DAGSTER_BIN, EXAMPLE
from tests.harness.fleet_environment import NEEDS_DAGSTER
from tests.harness.singer import clean_environment

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

pytestmark = NEEDS_DAGSTER

PATIENCE_SECONDS = 300
VARIABLES = {
    "DAGSTER_PG_HOST": "postgres.example",
    "DAGSTER_PG_USER": "dagster",
    "DAGSTER_PG_PASSWORD": "secret",
    "DAGSTER_PG_DB": "dagster",
    "CELERY_BROKER_URL": "redis://redis.example:6379/0",
    "CELERY_RESULT_URL": "redis://redis.example:6379/1",
}
FILES = {
    "one machine": "dagster.yaml",
    "celery": "deploy/dagster-celery.yaml",
    "kubernetes": "deploy/dagster-kubernetes.yaml",
}

PROGRAM = """
import json, os, sys
import dagster as dg
from dagster._core.instance.ref import InstanceRef
from dagster._core.launcher import LaunchRunContext
from dagster._core.test_utils import create_run_for_test, in_process_test_workspace
from dagster._core.types.loadable_target_origin import LoadableTargetOrigin

loaded = {}
for folder in sys.argv[1:]:
    ref = InstanceRef.from_dir(folder)
    loaded[folder] = {
        "launcher": type(ref.run_launcher).__name__,
        "coordinator": type(ref.run_coordinator).__name__,
        "storage": ref.storage_data.class_name,
        "broker": getattr(ref.run_launcher, "broker", None),
        "settings": ref.settings,
    }

origin = LoadableTargetOrigin(
    executable_path=sys.executable, module_name="intercom_fleet.definitions"
)
with (
    dg.DagsterInstance.from_ref(InstanceRef.from_dir(os.environ["DAGSTER_HOME"])) as instance,
    in_process_test_workspace(instance, origin) as workspace,
):
    repository = workspace.code_locations[0].get_repository("__repository__")
    job = repository.get_full_job("intercom_acme_us")
    run = create_run_for_test(
        instance,
        job_name=job.name,
        remote_job_origin=job.get_remote_origin(),
        job_code_origin=job.get_python_origin(),
    )
    instance.run_launcher.launch_run(LaunchRunContext(run, workspace))
print(json.dumps(loaded))
"""
"""Script for the Python with Dagster: reads the files, and launches a run as one of them says."""


@dataclass(frozen=True)
class Results:
    """What the script did.

    Args:
        configurations: What Dagster reads from each of `FILES`.
        jobs: What Kubernetes got.
    """

    configurations: dict[str, Any]
    jobs: list[dict[str, Any]]


def write_instance(folder: Path, name: str, kubernetes: str = "") -> dict[str, Any]:
    """Write dagster.yaml; one for Kubernetes for a server outside of a cluster."""
    content: dict[str, Any] = yaml.safe_load((EXAMPLE / FILES[name]).read_text())
    if name == "kubernetes":
        kubeconfig = {
            "clusters": [{"name": "here", "cluster": {"server": kubernetes}}],
            "contexts": [{"name": "here", "context": {"cluster": "here", "user": "me"}}],
            "users": [{"name": "me", "user": {"token": "t"}}],
            "current-context": "here",
        }
        (folder / "kubeconfig").write_text(json.dumps(kubeconfig))
        content["run_launcher"]["config"] |= {
            "load_incluster_config": False,
            "kubeconfig_file": str(folder / "kubeconfig"),
        }
    (folder / "dagster.yaml").write_text(json.dumps(content))
    return content


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Results:
    folders = {name: tmp_path_factory.mktemp("dagster") for name in FILES}
    home = tmp_path_factory.mktemp("dagster")
    with taking_jobs() as (url, jobs):
        for name, folder in folders.items():
            write_instance(folder, name, url)
        content = write_instance(home, "kubernetes", url)
        del content["storage"]  # SQLite in this folder
        (home / "dagster.yaml").write_text(json.dumps(content))
        done = subprocess.run(
            [str(DAGSTER_BIN / "python"), "-c", PROGRAM, *map(str, folders.values())],
            cwd=EXAMPLE,
            env={**clean_environment(), **VARIABLES, "DAGSTER_HOME": str(home)},
            capture_output=True,
            text=True,
            check=False,
            timeout=PATIENCE_SECONDS,
        )
    assert done.returncode == 0, done.stderr[-3000:]
    loaded = json.loads(done.stdout.splitlines()[-1])
    return Results({name: loaded[str(folder)] for name, folder in folders.items()}, jobs)


@pytest.mark.parametrize(
    ("name", "launcher", "storage"),
    [
        ("one machine", "DefaultRunLauncher", "DagsterSqliteStorage"),
        ("celery", "CeleryRunLauncher", "DagsterPostgresStorage"),
        ("kubernetes", "K8sRunLauncher", "DagsterPostgresStorage"),
    ],
)
def test_dagster_reads_the_configuration(
    results: Results, name: str, launcher: str, storage: str
) -> None:
    loaded = results.configurations[name]

    assert loaded["launcher"] == launcher
    assert loaded["coordinator"] == "QueuedRunCoordinator"
    assert loaded["storage"] == storage
    settings = loaded["settings"]
    assert settings["concurrency"]["pools"] == {"granularity": "run", "default_limit": 1}
    (limit,) = settings["concurrency"]["runs"]["tag_concurrency_limits"]
    assert limit == {
        "key": "intercom/workspace",
        "value": {"applyLimitPerUniqueValue": True},
        "limit": 1,
    }
    assert settings["run_retries"]["enabled"]
    assert not settings["run_retries"]["retry_on_asset_or_op_failure"]
    assert settings["run_monitoring"]["cancel_timeout_seconds"] > GRACE_SECONDS
    if name == "celery":
        assert loaded["broker"] == VARIABLES["CELERY_BROKER_URL"]


def test_kubernetes_gets_a_pod_with_all_that_a_run_needs(results: Results) -> None:
    (job,) = results.jobs
    pod = job["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    assert container["args"][:3] == ["dagster", "api", "execute_run"]
    values = {one["name"]: one.get("value") for one in container["env"]}
    assert values["DAGSTER_PG_HOST"] == "postgres.example"
    assert {"DAGSTER_PG_USER", "DAGSTER_PG_PASSWORD", "DAGSTER_PG_DB"} <= set(values)
    assert [one["secretRef"]["name"] for one in container["envFrom"]] == [
        "intercom-tokens",
        "intercom-target",
        "intercom-state",
    ]
    (mount,) = container["volumeMounts"]
    (volume,) = pod["volumes"]
    assert mount["name"] == volume["name"]
    for variable in ("TMPDIR", "INTERCOM_FLEET_WORK"):
        assert os.path.commonpath([mount["mountPath"], values[variable]]) == mount["mountPath"]
    assert pod["terminationGracePeriodSeconds"] > GRACE_SECONDS
    assert pod["restartPolicy"] == "Never"
    assert job["spec"]["backoffLimit"] == 0  # Dagster tries again, not Kubernetes


@contextmanager
def taking_jobs() -> Generator[tuple[str, list[dict[str, Any]]]]:
    """A server that takes jobs as Kubernetes does: its address, and what it got."""
    jobs: list[dict[str, Any]] = []

    class Server(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            jobs.append(json.loads(body))
            self.send_response(201)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the parent's name
            """Leave stderr alone."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Server) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}", jobs
        server.shutdown()
