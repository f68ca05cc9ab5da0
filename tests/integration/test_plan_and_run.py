"""What `--plan` shows is what the next run asks for, by the simulator's record of requests."""

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


def when(seconds: float | str) -> str:
    return text(datetime.fromtimestamp(int(seconds), timezone.utc))


def ago(days: float) -> str:
    return text(END - timedelta(days=days))


@dataclass(frozen=True)
class Workspace:
    """A simulated workspace, the tap's configuration for it, and how many requests there were."""

    sim: Simulator
    config: Config

    def asked_after(self, known: int) -> list[tuple[str, str]]:
        """Return the ranges of message exports that were asked for, after so many requests."""
        bodies = [
            json.loads(request.body)
            for request in self.sim.requests[known:]
            if request.method == "POST" and request.path == CREATE_PATH and request.status == 200
        ]
        return [
            (when(body["created_at_after"]), when(body["created_at_before"])) for body in bodies
        ]

    def run(self, state: State | None = None, **settings: Any) -> State:
        """Run the tap, and return its last state."""
        run = run_without_waiting({**self.config, **settings}, state)
        assert run.exit_code == 0, run.log
        return run.state


@pytest.fixture
def workspace() -> Iterator[Callable[..., Workspace]]:
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
    """Return the plan as a process gives it to a program."""
    arguments = ("--plan", "--format", "json")
    output = run_tap(config, *arguments, state=state, catalog=catalog, check=False)
    assert output.exit_code == 0, output.log
    plan: dict[str, Any] = json.loads("\n".join(output.lines))
    return plan


def plan_here(config: Config, state: State | None = None) -> dict[str, Any]:
    """Return the plan of the message export, made in this process."""
    copy = json.loads(json.dumps(state or {}))
    tap = TapIntercomExport(config=dict(config), state=copy)
    plan = plan_run(tap.streams.values(), tap.clock_class().now())
    (export,) = plan.to_dict()["exports"]
    return dict(export)


def ranges(export: dict[str, Any]) -> list[tuple[str, str]]:
    """Return the ranges for which a plan asks Intercom for a job."""
    return [
        (window["created_at_after"], window["created_at_before"])
        for window in export["windows"]
        if not window["resumes_job"]
    ]


def check(workspace: Workspace, state: State | None = None, **settings: Any) -> dict[str, Any]:
    """Let a run follow a plan, compare them, and return the plan."""
    known = len(workspace.sim.requests)
    export = plan_here({**workspace.config, **settings}, state)
    assert len(workspace.sim.requests) == known, "the plan asked Intercom for something"
    workspace.run(state, **settings)
    asked = workspace.asked_after(known)
    assert ranges(export) == asked
    return export


def lookback_days(export: dict[str, Any]) -> list[float]:
    return [window["lookback_seconds"] / DAY for window in export["windows"]]


def test_a_first_run_of_90_days(workspace: Callable[..., Workspace]) -> None:
    export = check(workspace(90))
    assert [round(window["new_seconds"] / DAY) for window in export["windows"]] == [30, 30, 30, 0]
    assert lookback_days(export) == [0, 7, 7, 7]
    assert export["expected_seconds"] is None


def test_a_nightly_run(workspace: Callable[..., Workspace]) -> None:
    place = workspace(90)
    state = place.run(end_date=ago(1))
    export = check(place, state)
    assert ranges(export) == [(ago(8), text(END))]
    assert lookback_days(export) == [7]
    assert export["expected_seconds"] is not None
    assert export["expected_own_seconds"] is not None


def test_a_backfill_of_two_years(workspace: Callable[..., Workspace]) -> None:
    export = check(workspace(730, window_days=60))
    assert len(export["windows"]) == 13
    assert sum(window["new_seconds"] for window in export["windows"]) == 730 * DAY + 1


def test_an_end_date_ends_the_last_window(workspace: Callable[..., Workspace]) -> None:
    export = check(workspace(50), end_date=ago(12.5))
    assert export["end"] == ranges(export)[-1][1] == ago(12.5)


def test_without_an_end_date_a_run_ends_a_minute_before_it_begins(
    workspace: Callable[..., Workspace],
) -> None:
    now = datetime.now(timezone.utc)
    place = workspace(40, now, end_date=None)
    export = plan_here(place.config)
    place.run()
    asked = place.asked_after(0)
    assert ranges(export)[:-1] == asked[:-1]
    assert ranges(export)[-1][0] == asked[-1][0]
    planned_end = datetime.fromisoformat(ranges(export)[-1][1].replace("Z", "+00:00"))
    assert timedelta(seconds=58) < now - planned_end < timedelta(seconds=61)


DEEP = {"deep_lookback_days": 60, "deep_lookback_every_days": 7}


def test_a_deep_lookback_comes_with_the_last_window_of_a_first_run(
    workspace: Callable[..., Workspace],
) -> None:
    export = check(workspace(100, **DEEP))
    assert lookback_days(export) == [0, 7, 7, 60]
    assert export["deep_lookback"] == {
        "lookback_seconds": 60 * DAY,
        "in_this_run": True,
        "last": None,
        "next_due": ago(-7),
    }


def test_a_nightly_run_has_no_deep_lookback_before_it_is_due(
    workspace: Callable[..., Workspace],
) -> None:
    place = workspace(100, **DEEP)
    state = place.run(end_date=ago(6))
    export = check(place, place.run(state, end_date=ago(1)))
    assert lookback_days(export) == [7]
    assert export["deep_lookback"] == {
        "lookback_seconds": 60 * DAY,
        "in_this_run": False,
        "last": ago(6),
        "next_due": ago(-1),
    }


def test_a_nightly_run_has_the_deep_lookback_when_it_is_due(
    workspace: Callable[..., Workspace],
) -> None:
    place = workspace(100, **DEEP)
    state = place.run(end_date=ago(7))
    export = check(place, place.run(state, end_date=ago(1)))
    assert lookback_days(export) == [60]
    assert export["deep_lookback"]["in_this_run"]
    assert export["deep_lookback"]["next_due"] == ago(-7)


def memory(days: float, rows: int, seconds: int = 60) -> list[dict[str, int]]:
    """Return five remembered jobs, so that those of a short run do not push all of them out."""
    entry = {"range_seconds": round(days * DAY), "job_seconds": seconds, "rows": rows}
    return [{**entry, "own_seconds": 30}] * 5


def remembering(entries: list[dict[str, int]], **more: Any) -> State:
    return {"bookmarks": {"content_export": {"recent_windows": entries, **more}}}


def test_windows_are_smaller_where_the_last_jobs_came_near_the_row_limit(
    workspace: Callable[..., Workspace],
) -> None:
    """40 days had 8 of 10 million rows: 25 days are planned, 7 of them lookback."""
    export = check(workspace(60), remembering(memory(40, 8_000_000)))
    assert [round(window["new_seconds"] / DAY) for window in export["windows"]] == [18, 18, 18, 6]
    assert export["window_seconds"] == 18 * DAY
    assert "8.0 million rows" in export["window_reason"]


def test_windows_are_smaller_where_the_last_jobs_took_long(
    workspace: Callable[..., Workspace],
) -> None:
    """30 days took 18 of 24 hours: 20 days are planned."""
    state = remembering(memory(30, 1000, 18 * 3600))
    export = check(workspace(30), state)
    assert [round(window["new_seconds"] / DAY) for window in export["windows"]] == [13, 13, 4]
    assert "18 h of the 1 d that job_timeout_minutes allows" in export["window_reason"]


def test_a_deep_lookback_that_leaves_little_room_gets_the_last_day(
    workspace: Callable[..., Workspace],
) -> None:
    """25 days are planned; 60 of lookback leave a window of one day, not none for ever."""
    export = check(workspace(88, **DEEP), remembering(memory(40, 8_000_000)))
    new_days = [round(window["new_seconds"] / DAY) for window in export["windows"]]
    assert new_days == [18, 18, 18, 18, 15, 1]
    assert lookback_days(export) == [0, 7, 7, 7, 7, 60]


def test_windows_fit_one_that_an_earlier_run_began_to_write(
    workspace: Callable[..., Workspace],
) -> None:
    begun = {"bookmark": ago(25), "created_at_before": ago(5)}
    export = check(
        workspace(40, window_days=10), {"bookmarks": {"content_export": {"writing": [begun]}}}
    )
    ends = [window["created_at_before"] for window in export["windows"]]
    assert ago(25) in ends
    assert ago(5) in ends
    assert [end for end in ends if ago(25) < end < ago(5)] == []
    assert [bool(window["note"]) for window in export["windows"]] == [
        end in {ago(25), ago(5)} for end in ends
    ]


def test_a_job_of_a_run_that_was_killed_is_resumed(workspace: Callable[..., Workspace]) -> None:
    place = workspace(60, window_days=20)
    place.sim.job_seconds = 30.0
    states: list[State] = []

    def read(line: str) -> None:
        message = json.loads(line)
        if message["type"] == "STATE":
            states.append(message["value"])
            tap.process.send_signal(signal.SIGKILL)

    with running_tap(place.config, on_line=read) as tap:
        assert tap.wait() == -signal.SIGKILL
    state = states[-1]
    (job,) = place.sim.jobs
    assert job.active
    place.sim.job_seconds = 0.0
    job.seconds = 0.0

    export = check(place, state)

    assert [window["resumes_job"] for window in export["windows"]] == [
        job.identifier,
        *[None] * 3,
    ]
    assert job.downloads == 1


def test_a_job_that_does_not_fit_is_left_and_its_range_asked_for_anew(
    workspace: Callable[..., Workspace],
) -> None:
    job = {
        "job_identifier": "abcdefghijklmnop",
        "created_at_after": ago(30),
        "created_at_before": ago(10),
        "requested_at": ago(1),
    }
    export = check(workspace(40), {"bookmarks": {"content_export": {"job": job}}})
    assert export["abandoned_jobs"] == ["abcdefghijklmnop"]


def test_nothing_selected_asks_for_nothing(workspace: Callable[..., Workspace]) -> None:
    place = workspace(20)
    catalog = select(discover_in_process(place.config), "none")
    plan = plan_of(place.config, catalog=catalog)
    assert plan["exports"] == plan["lists"] == []
    assert len(plan["not_selected"]) == len(catalog["streams"])
    run_tap(place.config, catalog=catalog)
    assert place.sim.jobs == []


def reporting_jobs(sim: Simulator) -> list[tuple[str, str, str]]:
    """Return the datasets and ranges of the reporting exports that were asked for, in order."""
    return sorted(
        (
            f"reporting_{job.report_request.dataset.id}",
            when(job.after),
            when(job.before),
        )
        for job in sim.reporting_jobs
        if job.report_request
    )


def test_reporting_datasets_with_a_memory_of_their_own(
    workspace: Callable[..., Workspace],
) -> None:
    place = workspace(30, reporting_datasets=["call", "tickets"], window_days=20, **DEEP)
    catalog = select(
        discover_in_process(place.config), "reporting_call", "reporting_tickets", "receipt"
    )
    state = {
        "bookmarks": {
            "reporting_call": {"recent_windows": memory(20, 8_000_000)},
            "reporting_tickets": {"replication_key_value": ago(3)},
        }
    }
    plan = plan_of(place.config, state, catalog)
    run_tap(place.config, state=state, catalog=catalog)
    planned = [
        (export["stream"], window["created_at_after"], window["created_at_before"])
        for export in plan["exports"]
        for window in export["windows"]
    ]
    of_messages = [entry[1:] for entry in planned if entry[0] == "content_export"]
    assert of_messages == place.asked_after(0)
    of_reports = sorted(entry for entry in planned if entry[0] != "content_export")
    assert of_reports == reporting_jobs(place.sim)
    number = {name: sum(entry[0] == name for entry in of_reports) for name, *_ in of_reports}
    assert number == {"reporting_call": 6, "reporting_tickets": 1}


def test_a_reporting_job_that_was_asked_for_other_attributes_is_not_resumed(
    workspace: Callable[..., Workspace],
) -> None:
    place = workspace(30, reporting_datasets=["call"])
    catalog = select(discover_in_process(place.config), "reporting_call")
    job = {
        "job_identifier": "abcdefghijklmnop",
        "created_at_after": ago(30),
        "created_at_before": ago(10),
        "requested_at": ago(1),
        "request_hash": "of something else",
    }
    state = {"bookmarks": {"reporting_call": {"job": job}}}
    (export,) = plan_of(place.config, state, catalog)["exports"]
    assert export["abandoned_jobs"] == ["abcdefghijklmnop"]
    run_tap(place.config, state=state, catalog=catalog)
    assert [("reporting_call", *found) for found in ranges(export)] == reporting_jobs(place.sim)
