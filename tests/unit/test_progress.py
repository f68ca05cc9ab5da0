"""Progress of a run: durations, remaining time, summary, metrics."""

from __future__ import annotations

import json
import logging
from typing import Any

import pytest

from tap_intercom_export.formatting import counted, duration, table
from tap_intercom_export.progress.bar import wants_progress_bar
from tap_intercom_export.progress.metric_points import log_points, points
from tap_intercom_export.progress.run_log import RunLog
from tap_intercom_export.progress.totals import JobEvent, Remaining, RunTotals, WindowTotals

DAY = 86_400


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0 s"),
        (-1, "0 s"),
        (-0.2, "0.0 s"),
        (1, "1 s"),
        (3.14, "3.1 s"),
        (9.97, "10 s"),
        (59.4, "59 s"),
        (59.6, "1 min"),
        (61, "1 min 1 s"),
        (600, "10 min"),
        (3599.9, "1 h"),
        (3600, "1 h"),
        (7800, "2 h 10 min"),
        (DAY - 1, "1 d"),
        (2 * DAY, "2 d"),
        (3 * DAY + 4 * 3600, "3 d 4 h"),
    ],
)
def test_duration_is_formatted_with_two_largest_units(seconds: float, text: str) -> None:
    assert duration(seconds) == text


@pytest.mark.parametrize(
    ("number", "text"),
    [(0, "0 rows"), (1, "1 row"), (1234, "1,234 rows"), (3_140_000, "3,140,000 rows")],
)
def test_count_is_formatted_with_noun(number: int, text: str) -> None:
    assert counted(number, "row") == text


@pytest.mark.parametrize(
    ("number", "what", "text"),
    [
        (1, "damaged row", "1 damaged row"),
        (2, "entry", "2 entries"),
        (1, "entry", "1 entry"),
        (3, "day", "3 days"),
        (5, "", "5"),
    ],
)
def test_noun_of_count_has_its_plural(number: int, what: str, text: str) -> None:
    assert counted(number, what) == text


def test_large_count_can_be_rounded() -> None:
    assert counted(3_140_000, "row", rounded=True) == "3.1 million rows"
    assert counted(999_999, "row", rounded=True) == "999,999 rows"


def test_summary_table_omits_zero_counts() -> None:
    lines = list(table({"receipt": 12_345, "open": 7, "click": 0}))
    assert lines == ["  open          7", "  receipt  12,345"]


def windows(**values: Any) -> WindowTotals:
    return WindowTotals(begin=0, end=10 * DAY, **values)


def test_progress_is_share_of_written_time() -> None:
    totals = windows(windows=3, remaining=Remaining(7))
    totals.written = 3 * DAY
    assert totals.share == pytest.approx(0.3)
    assert totals.windows_in_all == 10


@pytest.mark.parametrize(
    ("intercom", "own", "workers", "left"),
    [
        pytest.param(60.0, 20.0, 1, 8 * 30 + 10, id="Intercom is slower"),
        pytest.param(20.0, 60.0, 1, 8 * 30 + 10, id="the target is slower"),
        pytest.param(60.0, 20.0, 3, 8 * 10 + 10, id="three jobs at once"),
    ],
)
def test_remaining_time_depends_on_slower_of_intercom_and_target(
    intercom: float, own: float, workers: int, left: float
) -> None:
    """Two of ten days are written; Intercom takes 30 s and the tap 10 s per day."""
    totals = windows(
        intercom_seconds=intercom, own_seconds=own, remaining=Remaining(8, 8 * DAY, DAY)
    )
    totals.written, totals.seconds = 2 * DAY, 2 * DAY
    assert totals.seconds_left(workers) == pytest.approx(left)


def test_no_estimate_before_first_and_after_last_window() -> None:
    totals = windows(intercom_seconds=5.0, remaining=Remaining(10, 10 * DAY, DAY))
    assert totals.seconds_left() == 0
    totals.written, totals.seconds = totals.end, 10 * DAY
    totals.remaining = Remaining()
    assert totals.seconds_left() == 0


def test_remaining_time_includes_lookback() -> None:
    """A day of 10 s is written; the last window has one new day and 59 of lookback."""
    totals = windows(intercom_seconds=10.0, remaining=Remaining(1, 60 * DAY, 60 * DAY))
    totals.written, totals.seconds = totals.end - DAY, DAY
    assert totals.seconds_left() == pytest.approx(600)


def run_totals() -> RunTotals:
    totals = RunTotals(seconds=100.0, intercom_wait=70.0, reader_wait=10.0)
    totals.exports["content_export"] = windows(windows=2, download_bytes=999)
    totals.exports["content_export"].jobs.update({JobEvent.CREATED: 3, JobEvent.FAILED: 1})
    totals.rows.update({"receipt": 1500, "open": 20, "click": 0})
    totals.sync_seconds.update({"receipt": 1.5, "open": 0.5, "click": 0.25})
    totals.failed_streams.add("open")
    totals.rejected["receipt"] = 4
    totals.new_columns["open"] = ["device"]
    totals.bookmarks = {"receipt": "1970-01-02T00:00:00Z", "open": "1970-01-03T00:00:00Z"}
    return totals


def test_summary_has_totals_of_run() -> None:
    assert run_totals().summary("Done") == [
        (
            "Done after 1 min 40 s: 2 windows written, 0 shortened; 3 jobs created, "
            "0 resumed, 1 failed"
        ),
        (
            "Time: 1 min 10 s waiting for Intercom, 10 s for the target (the reader of "
            "stdout), 20 s in the "
            "tap itself"
        ),
        "Written: 1,520 rows in 2 streams; rejected: 4 rows",
        "  open        20",
        "  receipt  1,500",
        "Rejected rows:",
        "  receipt  4",
        "New columns in open: device",
        "Bookmark of receipt: 1970-01-02T00:00:00Z",
        "Bookmark of open: 1970-01-03T00:00:00Z",
    ]


def test_metrics_have_one_line_per_stream_in_sdk_format() -> None:
    found = [
        (point.metric_type, point.metric.value, point.value, point.tags)
        for point in points(run_totals(), now=5 * DAY)
    ]
    for *_, tags in found:
        assert tags.pop("pid") > 0
    assert found == [
        ("counter", "record_count", 0, {"stream": "click"}),
        ("timer", "sync_duration", 0.25, {"stream": "click", "status": "succeeded"}),
        ("counter", "record_count", 20, {"stream": "open"}),
        ("timer", "sync_duration", 0.5, {"stream": "open", "status": "failed"}),
        ("counter", "record_count", 1500, {"stream": "receipt"}),
        ("timer", "sync_duration", 1.5, {"stream": "receipt", "status": "succeeded"}),
        ("counter", "export_job_count", 3, {"stream": "content_export", "status": "created"}),
        ("counter", "export_job_count", 1, {"stream": "content_export", "status": "failed"}),
        ("counter", "download_bytes", 999, {"stream": "content_export"}),
        ("counter", "rejected_row_count", 4, {"stream": "receipt"}),
        ("timer", "wait_duration", 70.0, {"waited_for": "intercom"}),
        ("timer", "wait_duration", 10.0, {"waited_for": "reader"}),
        ("timer", "wait_duration", 20.0, {"waited_for": "tap"}),
        ("gauge", "bookmark_age", 4 * DAY, {"stream": "content_export"}),
    ]


def test_metric_message_under_meltano_has_stream(
    caplog: pytest.LogCaptureFixture,
) -> None:
    from singer_sdk.logging import StructuredFormatter  # noqa: PLC0415 - what Meltano configures

    with caplog.at_level(logging.INFO, logger="singer_sdk.metrics"):
        log_points(run_totals(), 0, {"MELTANO_EXTRACTOR_NAME": "tap-intercom-export"})
    line = json.loads(StructuredFormatter().format(caplog.records[4]))
    assert '"stream":"receipt"' in line["message"]
    assert line["extra"]["metric_info"]["metric"] == "record_count"
    assert line["extra"]["metric_info"]["value"] == 1500


def test_wait_duration_ends_when_result_is_available() -> None:
    now = [0.0]

    def make() -> Any:
        for seconds in (5.0, 7.0):
            now[0] += seconds
            yield seconds

    log = RunLog(lambda: now[0])
    for _ in log.waiting(make()):
        now[0] += 100.0
    totals = log.end(30.0, {})
    assert totals.intercom_wait == 12.0
    assert totals.own_seconds == 212.0 - 12.0 - 30.0


@pytest.mark.parametrize("name", ["MELTANO_EXTRACTOR_NAME", "AIRFLOW_HOME", "CI"])
def test_orchestrator_gets_log_lines_instead_of_bar(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    assert wants_progress_bar({})
    assert not wants_progress_bar({name: "x"})
