"""The state between runs: bookmarks and active jobs."""

from __future__ import annotations

import json
import signal
import time
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import pytest

from intercom_simulator import JobFault
from intercom_simulator.content_export.columns import FILES
from tests.harness.expected_rows import differences, expected
from tests.harness.singer import (
    STREAMS_NOT_ORDERED_BY_TIME,
    Output,
    bookmarks,
    run_in_process,
    running_process,
    select,
)

if TYPE_CHECKING:
    from tests.harness.fixture_types import Configure, Simulate

THREE_WINDOWS = {"days": 40, "receipts": 250}
ONE_WINDOW = {"days": 20, "receipts": 120}


def text(instant: datetime | int) -> str:
    if isinstance(instant, int):
        instant = datetime.fromtimestamp(instant, timezone.utc)
    return f"{instant:%Y-%m-%dT%H:%M:%SZ}"


def job_in(state: dict[str, Any]) -> dict[str, str] | None:
    found: dict[str, str] | None = state["bookmarks"].get("content_export", {}).get("job")
    return found


def test_every_stream_has_one_bookmark_at_the_end_of_the_range(
    simulate: Simulate, configure: Configure
) -> None:
    simulator = simulate(**THREE_WINDOWS)
    config = configure(simulator)
    output = run_in_process(config)
    assert set(output.bookmarks) == output.streams
    assert set(output.bookmarks.values()) == {config["end_date"]}
    assert job_in(output.state) is None


def test_bookmarks_move_only_after_complete_windows(
    simulate: Simulate, configure: Configure
) -> None:
    simulator = simulate(**THREE_WINDOWS)
    output = run_in_process(configure(simulator))
    ends = {text(job.before) for job in simulator.jobs}
    assert len(ends) > 1
    for state in output.states:
        moved = set(bookmarks(state).values())
        assert len(moved) <= 1
        assert moved <= ends


def test_each_window_begins_in_the_second_in_which_the_one_before_ended(
    simulate: Simulate, configure: Configure
) -> None:
    simulator = simulate(**THREE_WINDOWS)
    run_in_process(configure(simulator, lookback_days=0))
    jobs = simulator.jobs
    assert [job.after for job in jobs[1:]] == [job.before for job in jobs[:-1]]
    assert jobs[-1].before == simulator.clock.timestamp()


def test_bookmark_is_never_later_than_written_rows(
    simulate: Simulate, configure: Configure
) -> None:
    simulator = simulate(**THREE_WINDOWS)
    output = run_in_process(configure(simulator))
    until = simulator.clock.now()
    expected_times = {
        name: sorted(row["created_at"] for row in expected(simulator, name, until))
        for name in FILES
        if name not in STREAMS_NOT_ORDERED_BY_TIME
    }
    keys: dict[str, list[str]] = {}
    written: dict[str, set[tuple[Any, ...]]] = {name: set() for name in expected_times}
    checked = 0
    for message in output.messages:
        name = message.get("stream", "")
        if message["type"] == "SCHEMA":
            keys[name] = message["key_properties"]
        elif message["type"] == "RECORD" and name in written:
            written[name].add(tuple(message["record"][part] for part in keys[name]))
        elif message["type"] == "STATE":
            for stream, bookmark in bookmarks(message["value"]).items():
                if stream in expected_times:
                    promised = [
                        at
                        for at in expected_times[stream]
                        if f"{at:%Y-%m-%dT%H:%M:%SZ}" <= bookmark
                    ]
                    assert len(written[stream]) >= len(promised), (stream, bookmark)
                    checked += 1
    assert checked > len(expected_times)


def test_no_row_is_lost_if_run_ends_after_any_state(
    simulate: Simulate, configure: Configure
) -> None:
    simulator = simulate(**THREE_WINDOWS)
    config = configure(simulator)
    output = run_in_process(config)
    places = [n for n, line in enumerate(output.lines) if '"type":"STATE"' in line]
    assert len(places) > 2
    for place in places[:-1]:
        state = json.loads(output.lines[place])["value"]
        again = run_in_process(config, state=state)
        both_runs = Output(0, "", output.lines[: place + 1] + again.lines)
        for statistic in ("receipt", "open", "click", "answer_combined", "checkpoint"):
            expected_rows = expected(simulator, statistic, simulator.clock.now())
            assert differences(statistic, expected_rows, both_runs.loaded(statistic)) == [], (
                statistic
            )


def test_second_run_without_new_data_starts_no_job(
    simulate: Simulate, configure: Configure
) -> None:
    simulator = simulate(**ONE_WINDOW)
    config = configure(simulator)
    state = run_in_process(config).state
    jobs = len(simulator.jobs)
    again = run_in_process(config, state=state)
    assert len(simulator.jobs) == jobs
    assert not any(message["type"] == "RECORD" for message in again.messages)
    assert again.bookmarks == bookmarks(state)


def test_late_engagement_is_loaded_by_next_run(simulate: Simulate, configure: Configure) -> None:
    simulator = simulate(**THREE_WINDOWS, max_delay_days=2, late_share=0.5, late_days=6)
    first = run_in_process(configure(simulator))
    unopened = {r["receipt_id"] for r in first.loaded("receipt") if r["first_open"] is None}
    simulator.clock.advance(timedelta(days=4).total_seconds())
    second = run_in_process(configure(simulator), state=first.state)
    late = {
        record["receipt_id"]
        for record in second.loaded("receipt")
        if record["receipt_id"] in unopened and record["first_open"]
    }
    assert late
    both_runs = Output.of_runs(first, second)
    for statistic in FILES:
        expected_rows = expected(simulator, statistic, simulator.clock.now())
        assert differences(statistic, expected_rows, both_runs.loaded(statistic)) == [], statistic


def test_stream_selected_later_gets_history_before_others_continue(
    simulate: Simulate, configure: Configure, catalog: dict[str, Any]
) -> None:
    simulator = simulate(**THREE_WINDOWS)
    config = configure(simulator)
    first = run_in_process(config, catalog=select(catalog, "receipt"))
    second = run_in_process(config, catalog=select(catalog, "receipt", "open"), state=first.state)
    assert second.records("receipt") == []
    expected_rows = expected(simulator, "open", simulator.clock.now())
    assert differences("open", expected_rows, second.loaded("open")) == []
    assert second.bookmarks["receipt"] == first.bookmarks["receipt"]


def test_deselected_stream_keeps_bookmark(
    simulate: Simulate, configure: Configure, catalog: dict[str, Any]
) -> None:
    simulator = simulate(**ONE_WINDOW)
    first = run_in_process(configure(simulator), catalog=select(catalog, "receipt", "open"))
    simulator.clock.advance(86_400)
    config = configure(simulator)
    second = run_in_process(config, catalog=select(catalog, "receipt"), state=first.state)
    assert second.bookmarks["open"] == first.bookmarks["open"]
    assert second.bookmarks["receipt"] == config["end_date"]
    third = run_in_process(config, catalog=select(catalog, "receipt", "open"), state=second.state)
    both_runs = Output.of_runs(first, third)
    expected_rows = expected(simulator, "open", simulator.clock.now())
    assert differences("open", expected_rows, both_runs.loaded("open")) == []


def test_job_is_in_state_before_its_records(simulate: Simulate, configure: Configure) -> None:
    simulator = simulate(**ONE_WINDOW)
    output = run_in_process(configure(simulator))
    kinds = [message["type"] for message in output.messages]
    first_state = output.states[0]
    job = job_in(first_state)
    assert kinds.index("STATE") < kinds.index("RECORD")
    assert job is not None
    assert job["job_identifier"] == simulator.jobs[0].identifier
    assert job["created_at_after"] == text(simulator.jobs[0].after)
    assert job["created_at_before"] == text(simulator.jobs[0].before)


def test_next_run_resumes_job_of_stopped_run(simulate: Simulate, configure: Configure) -> None:
    simulator = simulate(**ONE_WINDOW, job_seconds=2.5)
    config = configure(simulator)
    with running_process(config) as process:
        while not simulator.jobs:
            assert process.poll() is None
            time.sleep(0.02)
        while not any(r.path.endswith(simulator.jobs[0].identifier) for r in simulator.requests):
            time.sleep(0.02)
        process.send_signal(signal.SIGTERM)
        written, _ = process.communicate(timeout=20)
    assert process.returncode == 128 + signal.SIGTERM
    state = json.loads(written.splitlines()[-1])["value"]
    resumed = run_in_process(config, state=state)
    assert len(simulator.jobs) == 1
    assert not simulator.jobs[0].cancelled
    expected_rows = expected(simulator, "receipt", simulator.clock.now())
    assert differences("receipt", expected_rows, resumed.loaded("receipt")) == []


@pytest.mark.parametrize("fault", ["forgotten", "failed", "canceled", "unknown"])
def test_unusable_stored_job_is_forgotten(
    simulate: Simulate, configure: Configure, fault: str
) -> None:
    simulator = simulate(**ONE_WINDOW)
    config = configure(simulator)
    first = run_in_process(config)
    state = first.states[0]
    job = simulator.jobs[0]
    stored = job_in(state)
    assert stored is not None
    stored["requested_at"] = text(simulator.clock.now())  # in the past by this machine's clock
    if fault == "unknown":
        stored["job_identifier"] = "nobodyknowsit"
    elif fault == "forgotten":
        job.fault = JobFault(not_found=True)
    else:
        job.end(fault)
    again = run_in_process(config, state=state)
    assert len(simulator.jobs) == 2
    assert job_in(again.state) is None
    expected_rows = expected(simulator, "receipt", simulator.clock.now())
    assert differences("receipt", expected_rows, again.loaded("receipt")) == []


def test_stored_job_of_another_range_is_not_used(simulate: Simulate, configure: Configure) -> None:
    simulator = simulate(**ONE_WINDOW)
    config = configure(simulator)
    state = run_in_process(config).states[0]
    earlier = config["start_date"].replace("2025", "2024")
    again = run_in_process({**config, "start_date": earlier, "window_days": 80}, state=state)
    assert simulator.jobs[1].after < simulator.jobs[0].after
    expected_rows = expected(simulator, "receipt", simulator.clock.now())
    assert differences("receipt", expected_rows, again.loaded("receipt")) == []


def test_invalid_bookmark_is_an_error(simulate: Simulate, configure: Configure) -> None:
    simulator = simulate(**ONE_WINDOW)
    state = {"bookmarks": {"receipt": {"replication_key_value": "soon"}}}
    output = run_in_process(configure(simulator), state=state, check=False)
    assert output.exit_code == 2
    assert "receipt" in output.log
    assert "soon" in output.log
    assert "start over: meltano run --full-refresh, or run without --state" in output.log
    assert simulator.jobs == []


def test_state_has_no_fractions(simulate: Simulate, configure: Configure) -> None:
    # the SDK's targets read them as Decimal, and cannot write the state then
    fractions: list[str] = []
    run = run_in_process(configure(simulate(**ONE_WINDOW)))
    assert run.states
    for state in run.states:
        json.loads(json.dumps(state), parse_float=fractions.append)
    assert fractions == []
