"""`--plan` compared with the following run, as processes over HTTP."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.harness.singer import discover_in_process, run_tap, select

if TYPE_CHECKING:
    from tests.harness.fixture_types import Configure, Simulate

DAY = 86_400


def plan_of(
    config: dict[str, Any],
    state: dict[str, Any] | None = None,
    catalog: dict[str, Any] | None = None,
) -> dict[str, Any]:
    output = run_tap(
        config, "--plan", "--format", "json", state=state, catalog=catalog, check=False
    )
    assert output.exit_code == 0, output.log
    plan: dict[str, Any] = json.loads("\n".join(output.lines))
    return plan


def ranges_of(plan: dict[str, Any]) -> list[tuple[str, str]]:
    (export,) = plan["exports"]
    return [(w["created_at_after"], w["created_at_before"]) for w in export["windows"]]


def exported(output: Any) -> list[tuple[str, str]]:
    return [
        (record["created_at_after"], record["created_at_before"])
        for record in output.records("content_export")
    ]


@pytest.mark.parametrize(
    "settings",
    [
        pytest.param({"window_days": 7, "lookback_days": 3}, id="with lookback"),
        pytest.param({"window_days": 10, "lookback_days": 0}, id="without lookback"),
        pytest.param({"window_days": 60, "lookback_days": 20}, id="one window"),
    ],
)
def test_first_run_exports_planned_windows(
    simulate: Simulate, configure: Configure, settings: dict[str, Any]
) -> None:
    simulator = simulate(receipts=50, days=40)
    config = configure(simulator, **settings)
    plan = plan_of(config)
    assert simulator.requests == [], "Intercom was asked for something"
    assert ranges_of(plan) == exported(run_tap(config))


def test_next_run_exports_planned_windows(simulate: Simulate, configure: Configure) -> None:
    simulator = simulate(receipts=50, days=40)
    config = configure(simulator, window_days=7, lookback_days=5)
    first = run_tap({**config, "end_date": "2025-05-20T00:00:00Z"})
    plan = plan_of(config, first.state)
    (export,) = plan["exports"]
    assert export["bookmark"] == "2025-05-20T00:00:00Z"
    assert [window["lookback_seconds"] for window in export["windows"]] == [5 * DAY] * 2
    assert sum(window["new_seconds"] for window in export["windows"]) == 12 * DAY + 45_000
    assert ranges_of(plan) == exported(run_tap(config, state=first.state))
    again = plan_of(config, run_tap(config, state=first.state).state)
    assert ranges_of(again) == []


def test_plan_has_resumed_job(simulate: Simulate, configure: Configure) -> None:
    simulator = simulate(receipts=50, days=40)
    config = configure(simulator, window_days=14, lookback_days=5)
    state = next(s for s in run_tap(config).states if "job" in s["bookmarks"]["content_export"])
    job = state["bookmarks"]["content_export"]["job"]
    plan = plan_of(config, state)
    (export,) = plan["exports"]
    first, *others = export["windows"]
    assert first["resumes_job"] == job["job_identifier"]
    assert {window["resumes_job"] for window in others} == {None}
    before = len(simulator.jobs)
    again = run_tap(config, state=state)
    assert ranges_of(plan) == exported(again)
    assert len(simulator.jobs) - before == len(others)
    assert again.records("content_export")[0]["job_identifier"] == job["job_identifier"]


def test_plan_mentions_job_that_does_not_fit(simulate: Simulate, configure: Configure) -> None:
    simulator = simulate(receipts=50, days=40)
    config = configure(simulator, window_days=14, lookback_days=5)
    state = next(s for s in run_tap(config).states if "job" in s["bookmarks"]["content_export"])
    earlier = {**config, "end_date": "2025-04-25T00:00:00Z"}
    (export,) = plan_of(earlier, state)["exports"]
    job = state["bookmarks"]["content_export"]["job"]["job_identifier"]
    assert export["abandoned_jobs"] == [job]


def test_plan_has_windows_of_each_dataset(simulate: Simulate, configure: Configure) -> None:
    simulator = simulate(receipts=10, days=20, conversations=60)
    config = configure(simulator, reporting_datasets=["call", "tickets"], window_days=10)
    catalog = select(discover_in_process(config), "reporting_call", "reporting_tickets")
    plan = plan_of(config, catalog=catalog)
    assert simulator.reporting_jobs == []
    assert [export["stream"] for export in plan["exports"]] == [
        "reporting_call",
        "reporting_tickets",
    ]
    run_tap(config, catalog=catalog)
    planned = sorted(
        (export["stream"], window["created_at_after"], window["created_at_before"])
        for export in plan["exports"]
        for window in export["windows"]
    )
    from tap_intercom_export.clock import to_text  # noqa: PLC0415 - its only use

    asked = sorted(
        (f"reporting_{job.report_request.dataset.id}", to_text(job.after), to_text(job.before))
        for job in simulator.reporting_jobs
        if job.report_request
    )
    assert planned == asked


def test_plan_mentions_deselected_streams(
    simulate: Simulate, configure: Configure, catalog: dict[str, Any]
) -> None:
    config = configure(simulate(receipts=10, days=5))
    plan = plan_of(config, catalog=select(catalog, "open", "external_page"))
    (export,) = plan["exports"]
    assert export["streams"] == ["open"]
    assert plan["lists"] == ["external_page"]
    assert "receipt" in plan["not_selected"]
    assert "open" not in plan["not_selected"]
    nothing = plan_of(config, catalog=select(catalog, "none"))
    assert nothing["exports"] == nothing["lists"] == []


def text_of(config: dict[str, Any], state: dict[str, Any] | None = None) -> list[str]:
    output = run_tap(config, "--plan", state=state, check=False)
    assert output.exit_code == 0, output.log
    return output.lines


def test_plan_is_readable_text(simulate: Simulate, configure: Configure) -> None:
    config = configure(simulate(receipts=10, days=20), window_days=14, lookback_days=7)
    assert text_of(config) == [
        "content_export: 2025-05-11T12:30:00Z to 2025-06-01T12:30:00Z, 2 windows",
        "  41 streams",
        "  1  2025-05-11T12:30:00Z to 2025-05-25T12:29:59Z  14 d new, no lookback",
        "  2  2025-05-18T12:29:59Z to 2025-06-01T12:30:00Z  7 d new, 7 d again",
        "  in all 21 d new, 7 d again",
        "  size: at most 14 d new (window_days), 7 d again (lookback_days)",
        "  time: not known yet, as no run has finished a window",
        "not selected: content_import_source, external_page",
    ]


def test_nightly_plan_has_expected_time_and_next_deep_lookback(
    simulate: Simulate, configure: Configure
) -> None:
    """10 days took 10 minutes at Intercom and 5 here: 8 days take 8 and 4, one after the other."""
    config = configure(simulate(receipts=10, days=40), deep_lookback_days=60)
    entry = {"range_seconds": 10 * DAY, "job_seconds": 600, "rows": 1000, "own_seconds": 300}
    written = {"replication_key_value": "2025-05-31T12:30:00Z"}
    state: dict[str, Any] = {"bookmarks": dict.fromkeys(selected_streams(config), written)}
    state["bookmarks"]["content_export"] = {
        **written,
        "recent_windows": [entry, entry],
        "deep_lookback_at": "2025-05-27T00:00:00Z",
    }
    assert text_of(config, state) == [
        "content_export: 2025-05-31T12:30:00Z to 2025-06-01T12:30:00Z, 1 window",
        "  41 streams",
        "  1  2025-05-24T12:30:00Z to 2025-06-01T12:30:00Z  1 d new, 7 d again",
        "  size: at most 30 d new (window_days), 7 d again (lookback_days)",
        (
            "  deep lookback: 60 d, next by a run that ends at 2025-06-03T00:00:00Z or later (the "
            "last one: 2025-05-27T00:00:00Z)"
        ),
        (
            "  time: about 12 min (Intercom 8 min, download and writing 4 min), as fast as the "
            "last 2 windows"
        ),
        "not selected: content_import_source, external_page",
    ]
    (export,) = plan_of(config, state)["exports"]
    assert export["expected_seconds"] == 720
    assert export["expected_intercom_seconds"] == 480
    assert export["expected_own_seconds"] == 240


def selected_streams(config: dict[str, Any]) -> list[str]:
    names = [entry["tap_stream_id"] for entry in discover_in_process(config)["streams"]]
    return [name for name in names if name not in {"content_import_source", "external_page"}]


def test_plan_without_windows_says_why(simulate: Simulate, configure: Configure) -> None:
    config = configure(simulate(receipts=10, days=5), end_date=None)
    config = {name: value for name, value in config.items() if value is not None}
    first, *_ = text_of({**config, "start_date": "2100-01-01"})
    assert first.startswith("content_export: nothing to export, start_date is later than 20")
    written = {"replication_key_value": "2100-01-01T00:00:00Z"}
    first, *_ = text_of(config, {"bookmarks": dict.fromkeys(selected_streams(config), written)})
    assert first == "content_export: nothing to export, all is written up to 2100-01-01T00:00:00Z"


def test_long_plan_is_summarised_as_text_and_whole_as_json(
    simulate: Simulate, configure: Configure
) -> None:
    config = configure(simulate(receipts=1, days=5), window_days=1)
    config["start_date"] = "2023-06-01T12:30:01Z"
    lines = text_of(config)
    assert len(lines) <= 24
    # lookback of the windows 5 to 728: 4, 5 and 6 days, as the start is near, then 7 each
    assert 4 + 5 + 6 + 721 * 7 == 5062
    (middle,) = [line for line in lines if "…" in line]
    assert middle == (
        "    …  724 windows, 2023-06-05T12:30:00Z to 2025-05-29T12:30:00Z  724 d new, "
        "5,062 d again (each with --format json)"
    )
    assert sum("  1 d new, " in line for line in lines) == 7
    (export,) = plan_of(config)["exports"]
    assert len(export["windows"]) == 731
    assert sum(window["new_seconds"] for window in export["windows"]) == 731 * DAY


def test_plan_with_invalid_configuration_is_configuration_error() -> None:
    output = run_tap({"start_date": "2026-01-01"}, "--plan", check=False)
    assert output.exit_code == 2
    assert "access_token" in output.log
    assert output.lines == []
