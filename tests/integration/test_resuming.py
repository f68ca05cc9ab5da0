"""Resuming: jobs and bookmarks of an earlier run that do not fit."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
import requests
from singer_sdk.helpers._state import StateWriter

from intercom_simulator import Fault, JobFault, Simulator
from tap_intercom_export.clock import to_text
from tap_intercom_export.exports.job import ExportJob
from tap_intercom_export.exports.job_state import JobState
from tap_intercom_export.exports.window import Window
from tap_intercom_export.singer.message_writer import MessageWriter
from tests.faults import malicious_archives
from tests.faults.runner import configuration
from tests.harness.expected_rows import ExpectedRows
from tests.harness.in_memory_target import InMemoryTarget
from tests.harness.singer import discover, run_in_process, run_without_waiting, select
from tests.harness.stopped_simulator import END, stopped_simulator
from tests.harness.tap_process import running_tap

if TYPE_CHECKING:
    from collections.abc import Iterator

DAY = 86_400


@pytest.fixture
def sim() -> Iterator[Simulator]:
    with stopped_simulator(receipts=600) as simulator:
        yield simulator


def copy(state: dict[str, Any]) -> dict[str, Any]:
    copied: dict[str, Any] = json.loads(json.dumps(state))
    return copied


def ask_for_job(sim: Simulator, after: int, before: int) -> str:
    """Create a job as an earlier run does."""
    answer = requests.post(
        f"{sim.url}/export/content/data",
        json={"created_at_after": after, "created_at_before": before},
        headers={"Authorization": f"Bearer {sim.token}"},
        timeout=10,
    )
    return str(answer.json()["job_identifier"])


def test_job_that_depends_on_lost_job_is_not_resumed(sim: Simulator) -> None:
    """Its window follows another one; alone, it would miss the opens in between."""
    config = configuration(sim, window_days=7, lookback_days=7)
    loaded = InMemoryTarget()
    whole = run_without_waiting(config)
    states = [number for number, line in enumerate(whole.lines) if '"STATE"' in line]
    first = next(n for n in states if "replication_key_value" in whole.lines[n])
    ahead = next(n for n in states if n > first and '"next_jobs"' in whole.lines[n])
    loaded.load([*whole.lines[: first + 1], whole.lines[ahead]])  # killed in the second window
    export = loaded.state["bookmarks"]["content_export"]
    gone, follower = export["job"], export["next_jobs"][0]
    assert follower["bookmark"] == gone["created_at_before"]

    for job in sim.jobs:
        if job.identifier == gone["job_identifier"]:
            job.fault = replace(job.fault, not_found=True)
    sim.faults.add(Fault("create", status=503, times=None))
    loaded.load(run_without_waiting(config, loaded.state).lines)
    left = loaded.state["bookmarks"]["content_export"]["job"]
    assert left["job_identifier"] == follower["job_identifier"]

    sim.faults.clear()
    loaded.load(run_without_waiting(config, loaded.state).lines)
    assert ExpectedRows(sim).missing(loaded.rows()) == {}


def test_unusable_job_is_polled_until_it_frees_slot(sim: Simulator) -> None:
    """Intercom marks a job as failed after a day, but only when it is polled."""
    config = configuration(sim, window_days=5, lookback_days=2)
    state = InMemoryTarget().load(run_without_waiting(config).lines).state
    sim.job_faults.add(JobFault(never_ends=True))
    after, before = (int((END - timedelta(days=days)).timestamp()) for days in (9, 2))
    identifier = ask_for_job(sim, after, before)
    sim.jobs[-1].requested_at = END - timedelta(days=2)
    for entry in state["bookmarks"].values():
        entry["replication_key_value"] = to_text(after + 2 * DAY - 1)
    state["bookmarks"]["content_export"]["job"] = {
        "job_identifier": identifier,
        "created_at_after": to_text(after),
        "created_at_before": to_text(before),
        "requested_at": to_text(before),
    }
    # selected after the job was created, whose range does not go back far enough
    del state["bookmarks"]["reaction"]

    result = run_without_waiting(config, copy(state))

    assert result.exit_code == 0
    assert any(identifier in request.path for request in sim.requests)
    assert "job" not in InMemoryTarget().load(result.lines).state["bookmarks"]["content_export"]


def test_unusable_job_stays_in_state_while_running(sim: Simulator) -> None:
    config = configuration(sim, slot_timeout_minutes=0)
    sim.job_faults.add(JobFault(never_ends=True))
    identifier = ask_for_job(sim, 0, 10 * DAY)
    job = {
        "job_identifier": identifier,
        "created_at_after": to_text(0),
        "created_at_before": to_text(10 * DAY),
        "requested_at": to_text(int(END.timestamp())),
    }
    result = run_without_waiting(config, {"bookmarks": {"content_export": {"job": job}}})
    assert result.exit_code == 4
    left = InMemoryTarget().load(result.lines).state["bookmarks"]["content_export"]["job"]
    assert left["job_identifier"] == identifier


def test_start_date_after_bookmarks_starts_run(
    sim: Simulator,
) -> None:
    config = configuration(sim, window_days=5, lookback_days=2)
    state = InMemoryTarget().load(run_without_waiting(config).lines).state
    for entry in state["bookmarks"].values():
        entry["replication_key_value"] = to_text(int((END - timedelta(days=19)).timestamp()))
    jobs = len(sim.jobs)
    start = END - timedelta(days=4)
    result = run_without_waiting({**config, "start_date": f"{start:%Y-%m-%dT%H:%M:%SZ}"}, state)
    assert result.exit_code == 0
    assert sim.jobs[jobs].after == start.timestamp()


def test_damaged_rows_of_a_stream_that_is_selected_later_are_kept(sim: Simulator) -> None:
    archive = malicious_archives.create_zip(
        {
            "click_20250601.csv": b"receipt_id,clicked_at\n1,2025-05-20 10:00:00\n",
            "open_20250601.csv": b"receipt_id,opened_at\n1,2025-05-20 10:00:00\n2,garbage\n",
        }
    )
    sim.faults.add(Fault("download", body=archive, times=None))
    config, catalog = configuration(sim, lookback_days=0, window_days=30), discover()
    first = run_in_process(config, catalog=select(catalog, "click", "rejected_row"))
    assert first.records("rejected_row") == []
    chosen = select(catalog, "click", "open", "rejected_row")
    second = run_in_process(config, state=first.state, catalog=chosen)
    assert [record["raw"] for record in second.records("rejected_row")] == ["2,garbage"]


def test_signal_during_discovery_does_not_write_state(
    sim: Simulator,
) -> None:
    """The SDK reads the state later; an empty state would replace it."""
    sim.faults.add(Fault("reporting_datasets", delay_seconds=20))
    state = {"bookmarks": {"receipt": {"replication_key_value": "2025-05-20T00:00:00Z"}}}
    with running_tap(configuration(sim, reporting_datasets=["call"]), state) as tap:
        while not sim.requests:
            time.sleep(0.02)
        tap.process.terminate()
        assert tap.wait() == 143
        assert tap.lines == []


class RecordedState(dict[str, Any]):
    """A state that records its content after every change; a signal may write it at any time."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[set[str]] = []

    def _record(self) -> None:
        jobs = [*([self["job"]] if "job" in self else []), *self.get("next_jobs", [])]
        self.seen.append({job["job_identifier"] for job in jobs})

    def __setitem__(self, key: str, value: Any) -> None:
        super().__setitem__(key, value)
        self._record()

    def pop(self, key: object, *default: Any) -> Any:
        value = super().pop(str(key), *default)
        self._record()
        return value


def test_job_is_in_state_at_all_times() -> None:
    state = RecordedState()
    job_state = JobState(state, {}, StateWriter(MessageWriter()))
    first, second, third = (
        ExportJob(name, Window(0, number), "", -1) for number, name in enumerate("abc", start=5)
    )
    for job in (second, third, first):
        known = {job.identifier for job in job_state.stored()}
        del state.seen[:]
        job_state.add(job)
        assert all(known <= jobs for jobs in state.seen)
    del state.seen[:]
    job_state.remove(first)
    assert all({"b", "c"} <= jobs for jobs in state.seen)
    del state.seen[:]
    job_state.remove(third)
    assert all("b" in jobs for jobs in state.seen)
    assert [job.identifier for job in job_state.stored()] == ["b"]
