"""Export windows and unusual responses: no row is lost, no loaded value is erased."""

from __future__ import annotations

import json
import re
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import pytest
from typing_extensions import override

from intercom_simulator import Clock, Dialect, Fault, JobFault, Simulator
from tap_intercom_export.exports.window import Sizes
from tap_intercom_export.exports.window_size import JobLimits, JobMeasurement, WindowSizer
from tap_intercom_export.tap import TapIntercomExport
from tests.faults import malicious_archives
from tests.faults.runner import END, configuration
from tests.harness.expected_rows import ExpectedRows
from tests.harness.in_memory_target import InMemoryTarget
from tests.harness.quick_clock import QuickClock
from tests.harness.singer import (
    bookmarks,
    discover,
    discover_in_process,
    run_tap,
    run_without_waiting,
    select,
)
from tests.harness.tap_process import running_tap

if TYPE_CHECKING:
    from collections.abc import Iterator

DAY = 86_400
LARGE_BODY = b" " * 150_000_000
NOT_FOUND = {"type": "error.list", "errors": [{"code": "not_found", "message": "Not found"}]}


@pytest.fixture
def sim() -> Iterator[Simulator]:
    with Simulator(receipts=200, days=20, end=END, clock=Clock(END, running=False)) as simulator:
        yield simulator


def copy(state: dict[str, Any]) -> dict[str, Any]:
    copied: dict[str, Any] = json.loads(json.dumps(state))
    return copied


def test_empty_download_of_completed_job_is_damage(sim: Simulator) -> None:
    config = configuration(sim)
    sim.faults.add(Fault("download", empty_body=True, times=2))
    run = run_without_waiting(config)
    assert run.exit_code
    assert "it is empty" in run.log
    loaded = InMemoryTarget().load(run.lines)
    assert loaded.bookmarks == {}
    job = loaded.state["bookmarks"]["content_export"]["job"]
    assert job["job_identifier"] == sim.jobs[0].identifier
    again = run_without_waiting(config, loaded.state)
    assert ExpectedRows(sim).missing(loaded.load(again.lines).rows()) == {}
    assert sim.jobs[0].downloads == 3


def test_abandoned_job_is_not_resumed(sim: Simulator) -> None:
    """The job hangs and cannot be canceled; the run shrinks the window and is killed within it."""
    config = configuration(sim, job_timeout_minutes=30)
    sim.job_faults.add(JobFault(never_ends=True))
    sim.faults.add(Fault("cancel", status=500, times=None))
    first = run_without_waiting({**config, "slot_timeout_minutes": 0})
    assert first.exit_code  # the slot of the hung job is taken
    loaded = InMemoryTarget().load(first.lines)
    hung = loaded.state["bookmarks"]["content_export"]["job"]
    assert hung["given_up"] is True
    sim.jobs[0].cancel()

    again = run_without_waiting(config, loaded.state)

    assert again.exit_code == 0
    assert "Resuming" not in again.log
    assert hung["job_identifier"] not in json.dumps(loaded.load(again.lines).state)
    assert ExpectedRows(sim).missing(loaded.rows()) == {}


def test_other_reporting_job_is_resumed_beside_abandoned_job() -> None:
    with Simulator(receipts=5, days=20, end=END, clock=Clock(END, running=False)) as sim:
        config = configuration(
            sim, reporting_datasets=["call"], job_timeout_minutes=30, reporting_concurrency=1
        )
        sim.job_faults.add(JobFault(never_ends=True, export="reporting"))
        sim.faults.add(Fault("reporting_download", status=400, body={}, times=None))
        first = run_without_waiting(config)
        assert first.exit_code
        state = InMemoryTarget().load(first.lines).state
        entry = state["bookmarks"]["reporting_call"]
        given_up, healthy = sim.reporting_jobs[:2]
        stored = {job["job_identifier"]: job for job in (entry["job"], *entry["next_jobs"])}
        assert set(stored) == {given_up.identifier, healthy.identifier}
        assert stored[given_up.identifier]["given_up"] is True
        sim.faults.clear()
        again = run_without_waiting(config, state)
        assert again.exit_code == 0
        assert f"Resuming job {healthy.identifier}" in again.log
        assert f"Resuming job {given_up.identifier}" not in again.log


def test_job_with_numeric_id_in_state_is_removed(sim: Simulator) -> None:
    job = {
        "job_identifier": 12345,
        "created_at_after": "2025-05-11T12:30:00Z",
        "created_at_before": "2025-05-22T12:29:59Z",
        "requested_at": "2025-05-22T12:29:59Z",
    }
    run = run_without_waiting(configuration(sim), {"bookmarks": {"content_export": {"job": job}}})
    assert run.exit_code == 0
    assert "job" not in InMemoryTarget().load(run.lines).state["bookmarks"]["content_export"]


def test_full_table_starts_again_without_moving_bookmark_back(sim: Simulator) -> None:
    config = configuration(sim)
    first = run_without_waiting(config)
    state = InMemoryTarget().load(first.lines).state
    catalog = select(discover(), "content_export", "receipt", "open")
    for entry in catalog["streams"]:
        if entry["tap_stream_id"] in {"receipt", "content_export"}:
            entry["replication_method"] = "FULL_TABLE"
            entry["metadata"][-1 if entry["metadata"][-1]["breadcrumb"] == [] else 0]["metadata"][
                "replication-method"
            ] = "FULL_TABLE"
    jobs = len(sim.jobs)
    again = run_tap(config, state=state, catalog=catalog)
    assert sim.jobs[jobs].after == sim.jobs[0].after
    assert len(again.loaded("receipt")) == len(
        InMemoryTarget().load(first.lines).records["receipt"]
    )
    assert again.records("open") == []
    written = bookmarks(state)["receipt"]
    assert all(bookmarks(each)["receipt"] == written for each in again.states)


@pytest.mark.parametrize(("rows_in_job", "cut"), [(1998, True), (1997, False)])
def test_export_one_row_below_limit_counts_as_cut(
    sim: Simulator, rows_in_job: int, *, cut: bool
) -> None:
    """If Intercom counts the header, a cut file has one row less than the limit."""
    rows = b"".join(b"%d,2025-05-20T10:00:00Z\n" % number for number in range(rows_in_job))
    archive = malicious_archives.create_zip(
        {"open_20250601-000000.csv": b"receipt_id,opened_at\n" + rows}
    )
    sim.faults.add(Fault("download", body=archive))
    run = run_without_waiting(configuration(sim, export_row_limit=2000))
    assert ("Intercom silently truncates an export at 2,000" in run.log) is cut


class FastClock(QuickClock):
    """A clock that is ten minutes ahead."""

    @override
    def now(self) -> float:
        return super().now() + 600


def test_no_message_is_lost_if_clock_is_ahead(monkeypatch: pytest.MonkeyPatch) -> None:
    """By the local clock, a window would end nine minutes in Intercom's future."""
    monkeypatch.setattr("tests.harness.quick_clock.QuickClock", FastClock)
    now = datetime.now(timezone.utc).replace(microsecond=0)
    fault = Fault(times=None, headers={"Date": f"{now:%a, %d %b %Y %H:%M:%S GMT}"}, handled=True)
    with Simulator(receipts=50, days=3, end=now, clock=Clock(now), faults=[fault]) as sim:
        config = configuration(sim, start_date=f"{now - timedelta(days=4):%Y-%m-%d}", end_date=None)
        run = run_without_waiting({**config, "lookback_days": 0})
        present = now.timestamp()
        assert present - 62 <= sim.jobs[-1].before <= present - 60
    assert run.exit_code == 0
    assert re.search(r"WARNING This machine's clock is 6\d\d s ahead of Intercom's", run.log)


def test_correct_clock_has_no_warning() -> None:
    now = datetime.now(timezone.utc).replace(microsecond=0)
    with Simulator(receipts=5, days=3, end=now, clock=Clock(now)) as sim:
        start = f"{now - timedelta(days=4):%Y-%m-%d}"
        run = run_without_waiting(configuration(sim, start_date=start, end_date=None))
    assert run.exit_code == 0
    assert "clock" not in run.log


def test_unknown_new_job_is_polled_again(
    sim: Simulator,
) -> None:
    sim.faults.add(Fault("status", status=404, times=3, body=NOT_FOUND))
    run = run_without_waiting(configuration(sim))
    assert run.exit_code == 0
    assert len(sim.jobs) == 2  # one a window
    assert "Forgetting" not in run.log
    assert f"Intercom does not know job {sim.jobs[0].identifier} yet" in run.log


def test_persistently_unknown_job_is_canceled_before_next_one(
    sim: Simulator,
) -> None:
    """The job may be running and would occupy the only job slot."""
    sim.faults.add(Fault("status", status=404, times=5, body=NOT_FOUND))
    sim.job_faults.add(JobFault(never_ends=True))
    run = run_without_waiting(configuration(sim, poll_interval_seconds=20, slot_timeout_minutes=0))
    assert run.exit_code == 0
    assert sim.jobs[0].cancelled
    assert "Forgetting job" in run.log
    assert ExpectedRows(sim).missing(InMemoryTarget().load(run.lines).rows()) == {}


def test_smaller_window_after_kill_does_not_erase_loaded_values() -> None:
    """The run is killed within a window of 21 days; the next run has windows of three days."""
    with Simulator(
        receipts=600,
        days=20,
        end=END,
        clock=Clock(END, running=False),
        late_share=0.9,
        late_days=12,
    ) as sim:
        config = configuration(sim, window_days=25, lookback_days=0)
        whole = run_without_waiting(config)
        rows = [n for n, line in enumerate(whole.lines) if '"RECORD","stream":"receipt"' in line]
        loaded = InMemoryTarget().load(whole.lines[: rows[len(rows) // 2]])
        del loaded.state["bookmarks"]["content_export"]["job"]  # it has expired
        opened = {r["receipt_id"] for r in loaded.rows()["receipt"] if r["first_open"]}
        again = run_without_waiting({**config, "window_days": 3}, loaded.state)
        assert again.exit_code == 0
        loaded.load(again.lines)
        still = {r["receipt_id"] for r in loaded.rows()["receipt"] if r["first_open"]}
        assert opened
        assert opened - still == set()
        assert "writing" not in loaded.state["bookmarks"]["content_export"]


def test_too_wide_window_after_kill_is_shortened_with_warning(
    sim: Simulator,
) -> None:
    config = configuration(sim, window_days=25, lookback_days=0)
    whole = run_without_waiting(config)
    rows = [n for n, line in enumerate(whole.lines) if '"RECORD","stream":"receipt"' in line]
    loaded = InMemoryTarget().load(whole.lines[: rows[len(rows) // 2]])
    del loaded.state["bookmarks"]["content_export"]["job"]
    sim.job_faults.add(JobFault(ends_as="failed", range_longer_than_seconds=10 * DAY, times=None))
    again = run_without_waiting(config, loaded.state)
    assert again.exit_code == 0
    assert "windows overwrite these rows" in again.log
    assert ExpectedRows(sim).missing(loaded.load(again.lines).rows(), values=False) == {}


@pytest.mark.parametrize(
    "headers",
    [{"ETag": '"another"'}, {"Content-Range": "bytes 3000-9999/10000"}],
    ids=["another ETag", "another total"],
)
def test_range_response_of_another_file_is_not_appended(
    sim: Simulator, headers: dict[str, str]
) -> None:
    """The body is the correct rest, so only the headers differ."""
    sim.faults.add(
        Fault("download", cut_after_bytes=3000),
        Fault("download", headers=headers, handled=True, corrupt_at=500),
    )
    run = run_without_waiting(configuration(sim))
    assert run.exit_code == 0
    assert "is damaged" not in run.log  # it was not taken at all
    ranges = [r.header("Range") for r in sim.requests if r.path.startswith("/download/")]
    assert ranges[:3] == [None, "bytes=3000-", None]
    assert ExpectedRows(sim).missing(InMemoryTarget().load(run.lines).rows()) == {}


def bad_request(message: str) -> dict[str, Any]:
    """Return an error body in Intercom's format."""
    return {"type": "error.list", "errors": [{"code": "bad_request", "message": message}]}


@pytest.mark.parametrize(
    "message",
    [
        "created_at_after is older than the retention period",
        "Data is only available for a range within the last 730 days.",
    ],
)
def test_too_old_range_names_start_date_without_retry(sim: Simulator, message: str) -> None:
    sim.faults.add(Fault("create", status=400, body=bad_request(message), times=None))
    run = run_without_waiting(configuration(sim))
    assert run.exit_code
    assert "Set a later start_date." in run.log
    assert len(sim.requests) == 1


def test_unrelated_400_with_days_does_not_shrink_window(sim: Simulator) -> None:
    message = "Message exports are switched off on some days of the period"
    sim.faults.add(Fault("create", status=400, body=bad_request(message), times=None))
    run = run_without_waiting(configuration(sim))
    assert run.exit_code
    assert "shortened" not in run.log
    assert len(sim.requests) == 1


@pytest.mark.parametrize(
    "message",
    [
        "export period is longer than 90 days",
        "The date range must be at most 31 days",
        "Time range too large",
    ],
)
def test_too_long_range_is_shortened(sim: Simulator, message: str) -> None:
    sim.faults.add(Fault("create", status=400, body=bad_request(message)))
    run = run_without_waiting(configuration(sim))
    assert run.exit_code == 0
    assert "shortened" in run.log


@pytest.mark.parametrize(
    "fault",
    [
        Fault("download", status=206, headers={"Content-Range": "bytes 5-6/7"}, body=LARGE_BODY),
        Fault("download", status=503, body=LARGE_BODY),
        Fault("status", status=503, body=LARGE_BODY),
        Fault("create", status=503, body=LARGE_BODY),
    ],
    ids=["another range", "download", "status", "create"],
)
def test_error_body_is_not_held_in_memory(sim: Simulator, fault: Fault) -> None:
    sim.faults.add(fault)
    with running_tap(configuration(sim), quick=True) as tap:
        assert tap.wait() == 0
        assert tap.peak_memory_mib < 160


@pytest.mark.parametrize(
    ("url", "own"),
    [
        ("HTTPS://API.Intercom.io/x", True),
        ("https://api.intercom.io:443/x", True),
        ("https://api.intercom.io./x", True),
        ("http://api.intercom.io/x", False),
        ("https://api.intercom.io:8443/x", False),
        ("https://api.intercom.io.example.com/x", False),
        ("https://api.intercom.io@example.com/x", False),
        ("https://api.intercom.io:port/x", False),
        ("https://api.eu.intercom.io/x", False),
    ],
)
def test_token_is_sent_to_same_host_in_any_spelling(url: str, *, own: bool) -> None:
    config = {"access_token": "t", "start_date": "2026-01-01"}
    tap = TapIntercomExport(config=config, setup_mapper=False)
    assert tap.client(QuickClock()).is_own_host(url) is own


def test_tar_that_is_too_large_unpacked_names_the_right_setting() -> None:
    dialect = Dialect(container="tar.gz")
    with Simulator(
        receipts=60, days=20, end=END, clock=Clock(END, running=False), dialect=dialect
    ) as sim:
        run = run_without_waiting(configuration(sim, max_unpacked_gigabytes=0.00001))
    assert "max_unpacked_gigabytes" in run.log
    assert "max_archive_gigabytes" not in run.log


def test_intercom_message_is_quoted_without_final_period(sim: Simulator) -> None:
    error = {"code": "action_forbidden", "message": "No."}
    body = {"type": "error.list", "errors": [error], "request_id": "r1"}
    sim.faults.add(Fault(status=403, body=body, times=None))
    run = run_without_waiting(configuration(sim))
    assert "action_forbidden: No (request r1). The app" in run.log
    assert ".. " not in run.log


def test_single_attempt_is_not_reported_as_several(sim: Simulator) -> None:
    sim.faults.add(Fault("cancel", status=500, times=None, handled=True))
    sim.job_faults.add(JobFault(never_ends=True))
    run = run_without_waiting(configuration(sim, job_timeout_minutes=30))
    assert re.search(r"could not be canceled: POST .* failed once: HTTP 500", run.log)


def test_range_refused_as_too_long_is_requested_in_smaller_windows() -> None:
    dialect = Dialect(max_range_seconds=90 * DAY)
    with Simulator(
        receipts=60, days=200, end=END, clock=Clock(END, running=False), dialect=dialect
    ) as sim:
        config = configuration(sim, window_days=365, start_date="2024-11-01")
        run = run_without_waiting(config)
        assert run.exit_code == 0
        assert len([r for r in sim.requests if r.path == "/export/content/data"]) <= 6
        assert ExpectedRows(sim).missing(InMemoryTarget().load(run.lines).rows()) == {}


def test_failed_job_is_created_again_after_pause(sim: Simulator) -> None:
    sim.job_faults.add(JobFault(ends_as="failed"))
    run = run_without_waiting(configuration(sim, poll_interval_seconds=5))
    assert run.exit_code == 0
    assert [pause for pause in run.pauses if 30 <= pause <= 60]
    assert re.search(r"ended as 'failed'.* Retrying once in [3-6]\d s", run.log)


@pytest.mark.parametrize(("days_ago", "warned"), [(400, True), (5, False)])
def test_retention_is_logged_only_if_data_is_omitted(days_ago: int, *, warned: bool) -> None:
    now = datetime.now(timezone.utc).replace(microsecond=0)
    with Simulator(receipts=5, days=20, end=now, clock=Clock(now)) as sim:
        config = configuration(
            sim,
            start_date="2015-01-01",
            end_date=None,
            reporting_datasets=["call"],
            reporting_retention_days=200,
        )
        written = {"replication_key_value": f"{now - timedelta(days=days_ago):%Y-%m-%dT%H:%M:%SZ}"}
        catalog = select(discover_in_process(config), "reporting_call")
        run = run_tap(config, state={"bookmarks": {"reporting_call": written}}, catalog=catalog)
        assert ("reporting_retention_days" in run.log) is warned


def test_deep_lookback_loads_late_replies_every_few_days() -> None:
    """Nightly runs; every third night has a lookback of 15 days, the others of one day."""
    with Simulator(
        receipts=400,
        days=40,
        end=END,
        clock=Clock(END, running=False),
        late_share=0.9,
        late_days=14,
    ) as sim:
        settings = {
            "start_date": f"{END - timedelta(days=30):%Y-%m-%d}",
            "lookback_days": 1,
            "deep_lookback_days": 15,
            "deep_lookback_every_days": 3,
            "window_days": 60,
        }
        loaded = InMemoryTarget()
        reached = []
        for night in range(5):
            end = END - timedelta(days=10 - night)
            config = configuration(sim, **{**settings, "end_date": f"{end:%Y-%m-%dT%H:%M:%SZ}"})
            run = run_without_waiting(config, loaded.state)
            assert run.exit_code == 0
            loaded.load(run.lines)
            job = sim.jobs[-1]
            reached.append(round((job.before - job.after) / DAY) - 1)
    assert reached == [20, 1, 1, 15, 1]  # the first one from the start on


def test_late_first_open_is_loaded_by_deep_lookback() -> None:
    with Simulator(
        receipts=400,
        days=40,
        end=END,
        clock=Clock(END, running=False),
        late_share=0.9,
        late_days=14,
    ) as sim:
        middle = f"{END - timedelta(days=10):%Y-%m-%dT%H:%M:%SZ}"
        config = configuration(sim, lookback_days=1, window_days=60)
        config["start_date"] = f"{END - timedelta(days=41):%Y-%m-%d}"
        opened = {}
        for deep in (0, 30):
            deeper = {**config, "deep_lookback_days": deep}
            loaded = InMemoryTarget().load(
                run_without_waiting({**deeper, "end_date": middle}).lines
            )
            loaded.load(run_without_waiting(deeper, loaded.state).lines)
            receipts = loaded.rows()["receipt"]
            opened[deep] = {row["receipt_id"] for row in receipts if row["first_open"]}
    assert opened[0] < opened[30]


def test_next_run_plans_windows_by_earlier_measurements(sim: Simulator) -> None:
    """Jobs of 21 days exceed the limit; the next run does not request them again."""
    config = configuration(sim, window_days=30, lookback_days=0, export_row_limit=300)
    first = run_without_waiting(config)
    assert "Intercom silently truncates an export at 300" in first.log
    state = first.state
    windows = state["bookmarks"]["content_export"]["recent_windows"]
    assert 1 <= len(windows) <= 5
    assert all(0 < window["rows"] < 300 for window in windows)
    # targets read fractions as Decimal, which they cannot write as JSON
    assert all(type(value) is int for window in windows for value in window.values())
    for name, entry in state["bookmarks"].items():
        if name != "content_export":
            entry.pop("replication_key_value", None)  # everything is exported again
    again = run_without_waiting(config, state)
    assert again.exit_code == 0
    assert "Intercom cuts" not in again.log
    assert ExpectedRows(sim).missing(InMemoryTarget().load(again.lines).rows(), values=False) == {}


DAYS_90 = Sizes(83 * DAY, 7 * DAY)
LIMITS = JobLimits(rows=10_000_000, seconds=86_400)


@pytest.mark.parametrize(
    ("measured", "days"),
    [
        ((), 83),
        ((JobMeasurement(37, 600, 100_000),), 83),  # small: it says nothing of larger ones
        ((JobMeasurement(40, 600, 4_000_000),), 50 - 7),  # 100,000 rows a day, 5 million planned
        ((JobMeasurement(40, 28_800, 1_000),), 60 - 7),  # 720 s a day, 12 hours planned
        ((JobMeasurement(40, 600, 1_000_000), JobMeasurement(40, 600, 4_000_000)), 50 - 7),
        (
            (JobMeasurement(8, 600, 9_000_000),),
            1,
        ),  # the lookback alone is too much: a day all the same
    ],
    ids=["nothing known", "small", "rows", "time", "the fullest counts", "lookback"],
)
def test_window_is_planned_to_stay_well_below_the_limits(
    measured: tuple[JobMeasurement, ...], days: int
) -> None:
    assert WindowSizer(DAYS_90, LIMITS, measured).sizes == Sizes(days * DAY, 7 * DAY)
