"""`--plan` compared with the requests of the next run, as the simulator recorded them."""

from __future__ import annotations

import json
import signal
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import pytest

from intercom_simulator import Clock, Simulator
from tap_intercom_export.commands import plan_run
from tap_intercom_export.tap import TapIntercomExport
from tests.harness.singer import discover_in_process, run_tap, run_without_waiting, select
from tests.harness.stopped_simulator import END
from tests.harness.tap_process import running_tap

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Config = dict[str, Any]
    State = dict[str, Any]

DAY = 86_400
CREATE_PATH = "/export/content/data"


def text(instant: datetime) -> str:
    return f"{instant:%Y-%m-%dT%H:%M:%SZ}"


def text_of_seconds(seconds: float | str) -> str:
    return text(datetime.fromtimestamp(int(seconds), timezone.utc))


def days_before_end(days: float) -> str:
    return text(END - timedelta(days=days))


@dataclass(frozen=True)
class Workspace:
    """A simulated workspace and the tap's configuration for it."""

    sim: Simulator
    config: Config

    def requested_ranges(self, first_request: int = 0) -> list[tuple[str, str]]:
        """Return the ranges of the created message export jobs.

        Args:
            first_request: Number of earlier requests to ignore.
        """
        bodies = [
            json.loads(request.body)
            for request in self.sim.requests[first_request:]
            if request.method == "POST" and request.path == CREATE_PATH and request.status == 200
        ]
        return [
            (text_of_seconds(body["created_at_after"]), text_of_seconds(body["created_at_before"]))
            for body in bodies
        ]

    def run(self, state: State | None = None, **settings: Any) -> State:
        """Run the tap and return its last state."""
        run = run_without_waiting({**self.config, **settings}, state)
        assert run.exit_code == 0, run.log
        return run.state


@pytest.fixture
def create_workspace() -> Iterator[Callable[..., Workspace]]:
    started: list[Simulator] = []

    def make(days: int = 90, end: datetime = END, **settings: Any) -> Workspace:
        sim = Simulator(receipts=100, days=days, end=end, clock=Clock(end, running=False))
        started.append(sim.start())
        config = {
            "access_token": sim.token,
            "api_url": sim.url,
            "start_date": text(end - timedelta(days=days)),
            "end_date": text(end),
            "poll_interval_seconds": 0.05,
            **settings,
        }
        return Workspace(sim, {name: one for name, one in config.items() if one is not None})

    yield make
    for sim in started:
        sim.stop()


def plan_of(
    config: Config, state: State | None = None, catalog: dict[str, Any] | None = None
) -> dict[str, Any]:
    """Return the JSON output of `--plan`, from a process."""
    arguments = ("--plan", "--format", "json")
    output = run_tap(config, *arguments, state=state, catalog=catalog, check=False)
    assert output.exit_code == 0, output.log
    plan: dict[str, Any] = json.loads("\n".join(output.lines))
    return plan


def plan_message_export(config: Config, state: State | None = None) -> dict[str, Any]:
    """Return the plan of the message export, from the tap in this process."""
    copy = json.loads(json.dumps(state or {}))
    tap = TapIntercomExport(config=dict(config), state=copy)
    plan = plan_run(tap.streams.values(), tap.clock_class().now())
    (export,) = plan.to_dict()["exports"]
    return dict(export)


def planned_ranges(export: dict[str, Any]) -> list[tuple[str, str]]:
    """Return the planned ranges that need a new job."""
    return [
        (window["created_at_after"], window["created_at_before"])
        for window in export["windows"]
        if not window["resumes_job"]
    ]


def plan_and_run(
    workspace: Workspace, state: State | None = None, **settings: Any
) -> dict[str, Any]:
    """Plan and run; check that the run requests what is planned, and return the plan."""
    first_request = len(workspace.sim.requests)
    export = plan_message_export({**workspace.config, **settings}, state)
    assert len(workspace.sim.requests) == first_request, "the plan sent requests"
    workspace.run(state, **settings)
    requested = workspace.requested_ranges(first_request)
    assert planned_ranges(export) == requested
    return export


def lookback_days(export: dict[str, Any]) -> list[float]:
    return [window["lookback_seconds"] / DAY for window in export["windows"]]


def test_first_run_of_90_days_requests_planned_windows(
    create_workspace: Callable[..., Workspace],
) -> None:
    export = plan_and_run(create_workspace(90))
    assert [round(window["new_seconds"] / DAY) for window in export["windows"]] == [30, 30, 30, 0]
    assert lookback_days(export) == [0, 7, 7, 7]
    assert export["expected_seconds"] is None


def test_nightly_run_requests_the_planned_window(
    create_workspace: Callable[..., Workspace],
) -> None:
    workspace = create_workspace(90)
    state = workspace.run(end_date=days_before_end(1))
    export = plan_and_run(workspace, state)
    assert planned_ranges(export) == [(days_before_end(8), text(END))]
    assert lookback_days(export) == [7]
    assert export["expected_seconds"] is not None
    assert export["expected_own_seconds"] is not None


def test_backfill_of_two_years_requests_planned_windows(
    create_workspace: Callable[..., Workspace],
) -> None:
    export = plan_and_run(create_workspace(730, window_days=60))
    assert len(export["windows"]) == 13
    assert sum(window["new_seconds"] for window in export["windows"]) == 730 * DAY + 1


def test_last_window_ends_at_the_end_date(create_workspace: Callable[..., Workspace]) -> None:
    export = plan_and_run(create_workspace(50), end_date=days_before_end(12.5))
    assert export["end"] == planned_ranges(export)[-1][1] == days_before_end(12.5)


def test_run_without_end_date_ends_a_minute_before_its_start(
    create_workspace: Callable[..., Workspace],
) -> None:
    now = datetime.now(timezone.utc)
    workspace = create_workspace(40, now, end_date=None)
    export = plan_message_export(workspace.config)
    workspace.run()
    requested = workspace.requested_ranges()
    assert planned_ranges(export)[:-1] == requested[:-1]
    assert planned_ranges(export)[-1][0] == requested[-1][0]
    planned_end = datetime.fromisoformat(planned_ranges(export)[-1][1].replace("Z", "+00:00"))
    assert timedelta(seconds=58) < now - planned_end < timedelta(seconds=61)


DEEP = {"deep_lookback_days": 60, "deep_lookback_every_days": 7}


def test_last_window_of_a_first_run_has_the_deep_lookback(
    create_workspace: Callable[..., Workspace],
) -> None:
    export = plan_and_run(create_workspace(100, **DEEP))
    assert lookback_days(export) == [0, 7, 7, 60]
    assert export["deep_lookback"] == {
        "lookback_seconds": 60 * DAY,
        "in_this_run": True,
        "last": None,
        "next_due": days_before_end(-7),
    }


def test_nightly_run_has_no_deep_lookback_before_it_is_due(
    create_workspace: Callable[..., Workspace],
) -> None:
    workspace = create_workspace(100, **DEEP)
    state = workspace.run(end_date=days_before_end(6))
    export = plan_and_run(workspace, workspace.run(state, end_date=days_before_end(1)))
    assert lookback_days(export) == [7]
    assert export["deep_lookback"] == {
        "lookback_seconds": 60 * DAY,
        "in_this_run": False,
        "last": days_before_end(6),
        "next_due": days_before_end(-1),
    }


def test_nightly_run_has_the_deep_lookback_when_it_is_due(
    create_workspace: Callable[..., Workspace],
) -> None:
    workspace = create_workspace(100, **DEEP)
    state = workspace.run(end_date=days_before_end(7))
    export = plan_and_run(workspace, workspace.run(state, end_date=days_before_end(1)))
    assert lookback_days(export) == [60]
    assert export["deep_lookback"]["in_this_run"]
    assert export["deep_lookback"]["next_due"] == days_before_end(-7)


def measurements(days: float, rows: int, seconds: int = 60) -> list[dict[str, int]]:
    """Return measurements of five jobs, so that a short run does not replace all of them."""
    entry = {"range_seconds": round(days * DAY), "job_seconds": seconds, "rows": rows}
    return [{**entry, "own_seconds": 30}] * 5


def state_with(entries: list[dict[str, int]], **more: Any) -> State:
    return {"bookmarks": {"content_export": {"recent_windows": entries, **more}}}


def test_windows_are_smaller_after_jobs_near_the_row_limit(
    create_workspace: Callable[..., Workspace],
) -> None:
    """40 days had 8 of 10 million rows: 25 days are planned, 7 of them lookback."""
    export = plan_and_run(create_workspace(60), state_with(measurements(40, 8_000_000)))
    assert [round(window["new_seconds"] / DAY) for window in export["windows"]] == [18, 18, 18, 6]
    assert export["window_seconds"] == 18 * DAY
    assert "8.0 million rows" in export["window_reason"]


def test_windows_are_smaller_after_slow_jobs(
    create_workspace: Callable[..., Workspace],
) -> None:
    """30 days took 18 of 24 hours: 20 days are planned."""
    state = state_with(measurements(30, 1000, 18 * 3600))
    export = plan_and_run(create_workspace(30), state)
    assert [round(window["new_seconds"] / DAY) for window in export["windows"]] == [13, 13, 4]
    assert "18 h of the 1 d that job_timeout_minutes allows" in export["window_reason"]


def test_window_with_a_long_deep_lookback_has_one_new_day(
    create_workspace: Callable[..., Workspace],
) -> None:
    """25 days are planned; 60 of lookback leave a window of one day, instead of none."""
    export = plan_and_run(create_workspace(88, **DEEP), state_with(measurements(40, 8_000_000)))
    new_days = [round(window["new_seconds"] / DAY) for window in export["windows"]]
    assert new_days == [18, 18, 18, 18, 15, 1]
    assert lookback_days(export) == [0, 7, 7, 7, 7, 60]


def test_windows_end_where_a_partially_written_window_ends(
    create_workspace: Callable[..., Workspace],
) -> None:
    partly_written = {"bookmark": days_before_end(25), "created_at_before": days_before_end(5)}
    export = plan_and_run(
        create_workspace(40, window_days=10),
        {"bookmarks": {"content_export": {"writing": [partly_written]}}},
    )
    ends = [window["created_at_before"] for window in export["windows"]]
    assert days_before_end(25) in ends
    assert days_before_end(5) in ends
    assert [end for end in ends if days_before_end(25) < end < days_before_end(5)] == []
    assert [bool(window["note"]) for window in export["windows"]] == [
        end in {days_before_end(25), days_before_end(5)} for end in ends
    ]


def test_job_of_a_killed_run_is_resumed_as_planned(
    create_workspace: Callable[..., Workspace],
) -> None:
    workspace = create_workspace(60, window_days=20)
    workspace.sim.job_seconds = 30.0
    states: list[State] = []

    def read(line: str) -> None:
        message = json.loads(line)
        if message["type"] == "STATE":
            states.append(message["value"])
            tap.process.send_signal(signal.SIGKILL)

    with running_tap(workspace.config, on_line=read) as tap:
        assert tap.wait() == -signal.SIGKILL
    state = states[-1]
    (job,) = workspace.sim.jobs
    assert job.active
    workspace.sim.job_seconds = 0.0
    job.seconds = 0.0

    export = plan_and_run(workspace, state)

    assert [window["resumes_job"] for window in export["windows"]] == [
        job.identifier,
        *[None] * 3,
    ]
    assert job.downloads == 1


def test_stored_job_that_does_not_fit_is_abandoned_as_planned(
    create_workspace: Callable[..., Workspace],
) -> None:
    job = {
        "job_identifier": "abcdefghijklmnop",
        "created_at_after": days_before_end(30),
        "created_at_before": days_before_end(10),
        "requested_at": days_before_end(1),
    }
    export = plan_and_run(create_workspace(40), {"bookmarks": {"content_export": {"job": job}}})
    assert export["abandoned_jobs"] == ["abcdefghijklmnop"]


def test_no_selected_streams_request_nothing(create_workspace: Callable[..., Workspace]) -> None:
    workspace = create_workspace(20)
    catalog = select(discover_in_process(workspace.config), "none")
    plan = plan_of(workspace.config, catalog=catalog)
    assert plan["exports"] == plan["lists"] == []
    assert len(plan["not_selected"]) == len(catalog["streams"])
    run_tap(workspace.config, catalog=catalog)
    assert workspace.sim.jobs == []


def reporting_jobs(sim: Simulator) -> list[tuple[str, str, str]]:
    """Return dataset and range of the created reporting jobs, sorted."""
    return sorted(
        (
            f"reporting_{job.report_request.dataset.id}",
            text_of_seconds(job.after),
            text_of_seconds(job.before),
        )
        for job in sim.reporting_jobs
        if job.report_request
    )


def test_reporting_datasets_have_their_own_measurements(
    create_workspace: Callable[..., Workspace],
) -> None:
    workspace = create_workspace(30, reporting_datasets=["call", "tickets"], window_days=20, **DEEP)
    catalog = select(
        discover_in_process(workspace.config), "reporting_call", "reporting_tickets", "receipt"
    )
    state = {
        "bookmarks": {
            "reporting_call": {"recent_windows": measurements(20, 8_000_000)},
            "reporting_tickets": {"replication_key_value": days_before_end(3)},
        }
    }
    plan = plan_of(workspace.config, state, catalog)
    run_tap(workspace.config, state=state, catalog=catalog)
    planned = [
        (export["stream"], window["created_at_after"], window["created_at_before"])
        for export in plan["exports"]
        for window in export["windows"]
    ]
    message_windows = [entry[1:] for entry in planned if entry[0] == "content_export"]
    assert message_windows == workspace.requested_ranges()
    report_windows = sorted(entry for entry in planned if entry[0] != "content_export")
    assert report_windows == reporting_jobs(workspace.sim)
    counts = {
        name: sum(entry[0] == name for entry in report_windows) for name, *_ in report_windows
    }
    assert counts == {"reporting_call": 6, "reporting_tickets": 1}


def test_reporting_job_for_other_attributes_is_not_resumed_as_planned(
    create_workspace: Callable[..., Workspace],
) -> None:
    workspace = create_workspace(30, reporting_datasets=["call"])
    catalog = select(discover_in_process(workspace.config), "reporting_call")
    job = {
        "job_identifier": "abcdefghijklmnop",
        "created_at_after": days_before_end(30),
        "created_at_before": days_before_end(10),
        "requested_at": days_before_end(1),
        "request_hash": "of something else",
    }
    state = {"bookmarks": {"reporting_call": {"job": job}}}
    (export,) = plan_of(workspace.config, state, catalog)["exports"]
    assert export["abandoned_jobs"] == ["abcdefghijklmnop"]
    run_tap(workspace.config, state=state, catalog=catalog)
    assert [("reporting_call", *found) for found in planned_ranges(export)] == reporting_jobs(
        workspace.sim
    )
