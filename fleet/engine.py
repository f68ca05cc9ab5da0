"""Dagster as it runs in production, on this machine: code server, daemon, web server."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import time
import urllib.request
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from typing_extensions import Self

EXAMPLE = Path(__file__).resolve().parent.parent / "examples" / "dagster"
MELTANO_BIN = EXAMPLE / ".venv-meltano" / "bin"
DAGSTER_BIN = EXAMPLE / ".venv" / "bin"

_LOCATION = "intercom_fleet"
_START_SECONDS = 180
_STOP_SECONDS = 30
_RUN_SECONDS = 400
_POLL_SECONDS = 0.5
_IN_PROGRESS = ("QUEUED", "NOT_STARTED", "STARTING", "STARTED", "CANCELING")

_RUNS = """query { runsOrError { ... on Runs { results {
  runId jobName status creationTime startTime endTime parentRunId
  tags { key value }
  stepStats { stepKey status attempts { startTime endTime } }
} } ... on PythonError { message } } }"""
_STATUSES = """query { runsOrError { ... on Runs { results {
  runId status parentRunId tags { key value }
} } ... on PythonError { message } } }"""
_LAUNCH = """mutation ($params: ExecutionParams!) { launchRun(executionParams: $params) { __typename
  ... on LaunchRunSuccess { run { runId } } ... on PythonError { message }
  ... on RunConfigValidationInvalid { errors { message } } } }"""
_TERMINATE = """mutation ($run: String!) { terminateRun(runId: $run) { __typename
  ... on TerminateRunFailure { message } ... on PythonError { message } } }"""
_EVENTS = """query ($run: ID!) { logsForRun(runId: $run) { ... on EventConnection { events {
  ... on MaterializationEvent { metadataEntries { label
    ... on IntMetadataEntry { intRepr } ... on FloatMetadataEntry { floatValue }
    ... on TextMetadataEntry { text } ... on JsonMetadataEntry { jsonString } } }
  ... on AssetCheckEvaluationEvent { evaluation { checkName success } }
} } } }"""
_LOG = """query ($run: ID!) { logsForRun(runId: $run) { __typename
  ... on EventConnection { events { ... on MessageEvent { message } } } } }"""


def free_port() -> int:
    """Return a free port."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@dataclass
class Engine:
    """Dagster's processes. Use it in a `with` statement.

    Args:
        home: An empty folder for `DAGSTER_HOME`.
        environment: Environment variables of the code location.
        settings: Further settings of Dagster, beside those of the example's dagster.yaml.
    """

    home: Path
    environment: Mapping[str, str]
    settings: Mapping[str, Any] = field(default_factory=dict)
    _processes: list[subprocess.Popen[bytes]] = field(default_factory=list)
    _url: str = ""

    def __enter__(self) -> Self:
        """Start the processes and wait until runs can be launched."""
        added = [f"{name}: {json.dumps(value)}" for name, value in self.settings.items()]
        settings = [(EXAMPLE / "dagster.yaml").read_text(), *added]
        (self.home / "dagster.yaml").write_text("\n".join(settings))
        code_port, web_port = free_port(), free_port()
        workspace = self.home / "workspace.yaml"
        server = {"host": "127.0.0.1", "port": code_port, "location_name": _LOCATION}
        workspace.write_text(json.dumps({"load_from": [{"grpc_server": server}]}))
        self._url = f"http://127.0.0.1:{web_port}/graphql"
        module = ("-m", "intercom_fleet.definitions")
        self._start("dagster", "api", "grpc", *module, "-h", "127.0.0.1", "-p", code_port)
        self._wait_for(code_port)
        self._start("dagster-daemon", "run", "-w", workspace)
        self._start("dagster-webserver", "-w", workspace, "-h", "127.0.0.1", "-p", web_port)
        self._wait_for(web_port)
        return self

    def __exit__(self, *_: object) -> None:
        """Stop the processes, the code server last because runs are its children."""
        code_server, *others = self._processes
        _stop(others)
        _stop([code_server])

    def launch(self, workspace: str, groups: tuple[str, ...], *, full_refresh: bool = False) -> str:
        """Queue a run of the job of a workspace.

        Args:
            workspace: Name of the workspace.
            groups: Groups of streams to sync.
            full_refresh: Whether the run is a backfill.

        Returns:
            The run id.
        """
        config = {"config": {"full_refresh": full_refresh}}
        response = self._query(
            _LAUNCH,
            params={
                "selector": {
                    "repositoryLocationName": _LOCATION,
                    "repositoryName": "__repository__",
                    "jobName": f"intercom_{workspace}",
                },
                "runConfigData": {"ops": {f"{workspace}__{group}": config for group in groups}},
            },
        )["launchRun"]
        if response["__typename"] != "LaunchRunSuccess":
            raise RuntimeError(f"Dagster did not launch {workspace}: {response}")
        return str(response["run"]["runId"])

    def terminate(self, run: str) -> None:
        """Cancel a run, as the button in Dagster's web page does.

        Args:
            run: Run id.
        """
        response = self._query(_TERMINATE, run=run)["terminateRun"]
        if response["__typename"] != "TerminateRunSuccess":
            raise RuntimeError(f"Dagster did not terminate run {run}: {response}")

    def wait(self, *runs: str) -> list[str]:
        """Wait until runs have ended.

        Args:
            runs: Run ids.

        Returns:
            The final status of each run.
        """
        deadline = time.monotonic() + _RUN_SECONDS
        while time.monotonic() < deadline:
            statuses = {run["runId"]: str(run["status"]) for run in self.statuses()}
            found = [statuses[run] for run in runs]
            if not set(found) & set(_IN_PROGRESS):
                return found
            time.sleep(_POLL_SECONDS)
        raise RuntimeError(f"These runs did not end: {found}")

    def log(self, run: str) -> list[str]:
        """Return the lines of a run's log.

        Args:
            run: Run id.
        """
        events = self._query(_LOG, run=run)["logsForRun"]["events"]
        return [str(event.get("message", "")) for event in events]

    def metadata(self, run: str) -> dict[str, Any]:
        """Return the metadata of the materializations of a run.

        Args:
            run: Run id.
        """
        entries = [one for event in self._events(run) for one in event.get("metadataEntries", ())]
        return {entry["label"]: _metadata_value(entry) for entry in entries}

    def checks(self, run: str) -> dict[str, bool]:
        """Return by name whether the asset checks of a run passed.

        Args:
            run: Run id.
        """
        found = [event["evaluation"] for event in self._events(run) if "evaluation" in event]
        return {evaluation["checkName"]: evaluation["success"] for evaluation in found}

    def runs(self) -> list[dict[str, Any]]:
        """Return all runs, newest first."""
        found: list[dict[str, Any]] = self._query(_RUNS)["runsOrError"]["results"]
        return found

    def statuses(self) -> list[dict[str, Any]]:
        """Return all runs, newest first, with only the fields that `is_idle` needs, for polling."""
        found: list[dict[str, Any]] = self._query(_STATUSES)["runsOrError"]["results"]
        return found

    def is_idle(self, runs: list[dict[str, Any]]) -> bool:
        """Return whether no run is active, queued or waiting for a retry.

        Args:
            runs: The result of `runs` or `statuses`.
        """
        parents = {run["parentRunId"] for run in runs}
        waiting = any(
            # Dagster adds the tag when it has decided whether to retry
            {tag["key"]: tag["value"] for tag in run["tags"]}.get("dagster/will_retry") != "false"
            and run["status"] == "FAILURE"
            and run["runId"] not in parents
            for run in runs
        )
        return not waiting and not any(run["status"] in _IN_PROGRESS for run in runs)

    def _events(self, run: str) -> list[dict[str, Any]]:
        events: list[dict[str, Any]] = self._query(_EVENTS, run=run)["logsForRun"]["events"]
        return events

    def _query(self, query: str, **variables: Any) -> dict[str, Any]:
        request = urllib.request.Request(  # noqa: S310 - our own server
            self._url,
            data=json.dumps({"query": query, "variables": variables}).encode(),
            headers={"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=120) as http:  # noqa: S310 - our own server
            response = json.load(http)
        if response.get("errors"):
            raise RuntimeError(f"Dagster: {response['errors']}")
        data: dict[str, Any] = response["data"]
        return data

    def _start(self, program: str, *arguments: object) -> None:
        path = os.pathsep.join((str(MELTANO_BIN), os.environ["PATH"]))
        inherited = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
        with (self.home / f"{program}.log").open("ab") as log:
            process = subprocess.Popen(  # noqa: S603 - our own program
                [str(DAGSTER_BIN / program), *map(str, arguments)],
                cwd=EXAMPLE,
                env={**inherited, **self.environment, "PATH": path, "DAGSTER_HOME": str(self.home)},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self._processes.append(process)

    def _wait_for(self, port: int) -> None:
        deadline = time.monotonic() + _START_SECONDS
        while time.monotonic() < deadline:
            with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                return
            if self._processes[-1].poll() is not None:
                break
            time.sleep(0.2)
        raise RuntimeError(f"Dagster did not start; see the logs in {self.home}")


def _stop(processes: list[subprocess.Popen[bytes]]) -> None:
    """End processes with SIGTERM, or with SIGKILL if they do not end in time."""
    for process in processes:
        process.send_signal(signal.SIGTERM)
    deadline = time.monotonic() + _STOP_SECONDS
    while time.monotonic() < deadline and any(process.poll() is None for process in processes):
        time.sleep(0.05)
    for process in processes:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _metadata_value(entry: Mapping[str, Any]) -> Any:
    """Return the value of an entry of metadata, which each type has under another name."""
    if "intRepr" in entry:
        return int(entry["intRepr"])
    if "jsonString" in entry:
        return json.loads(entry["jsonString"])
    return entry.get("floatValue", entry.get("text"))


def kill_run(state_suffix: str) -> bool:
    """Kill a sync and its run with SIGKILL, as if the machine were lost.

    Args:
        state_suffix: The suffix of the sync's state id.

    Returns:
        Whether a sync was found.
    """
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit():
            continue
        with suppress(OSError):
            words = (folder / "cmdline").read_bytes().decode().split("\0")
            if "run" in words and state_suffix in words:
                status = (folder / "status").read_text()
                parent = next(
                    int(line.split()[1]) for line in status.splitlines() if line[:5] == "PPid:"
                )
                os.kill(parent, signal.SIGKILL)
                os.killpg(int(folder.name), signal.SIGKILL)
                return True
    return False
