"""Lookback, retention and full tables: which range a run exports again."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest

from intercom_simulator import Clock, Simulator
from tests.faults.runner import configuration
from tests.faults.scenarios.scenario import DAY_SECONDS
from tests.harness.in_memory_target import InMemoryTarget
from tests.harness.singer import (
    bookmarks,
    discover,
    discover_in_process,
    run_in_process,
    run_without_waiting,
    select,
)
from tests.harness.stopped_simulator import END, stopped_simulator


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
    again = run_in_process(config, state=state, catalog=catalog)
    assert sim.jobs[jobs].after == sim.jobs[0].after
    assert len(again.loaded("receipt")) == len(
        InMemoryTarget().load(first.lines).records["receipt"]
    )
    assert again.records("open") == []
    written = bookmarks(state)["receipt"]
    assert all(bookmarks(each)["receipt"] == written for each in again.states)


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
        run = run_in_process(
            config, state={"bookmarks": {"reporting_call": written}}, catalog=catalog
        )
        assert ("reporting_retention_days" in run.log) is warned


def test_deep_lookback_loads_late_replies_every_few_days() -> None:
    """Nightly runs; every third night has a lookback of 15 days, the others of one day."""
    with stopped_simulator(receipts=400, days=40, late_share=0.9, late_days=14) as sim:
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
            reached.append(round((job.before - job.after) / DAY_SECONDS) - 1)
    assert reached == [20, 1, 1, 15, 1]  # the first one begins at start_date


def test_late_first_open_is_loaded_by_deep_lookback() -> None:
    with stopped_simulator(receipts=400, days=40, late_share=0.9, late_days=14) as sim:
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
