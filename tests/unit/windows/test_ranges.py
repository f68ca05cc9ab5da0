"""Windows of a run: they cover every second of its range, with the lookback."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tap_intercom_export.exports.window import (
    SETTLING_SECONDS,
    ExportRange,
    PendingRange,
    Window,
    WindowSize,
)
from tests.unit.windows.runs import DAY, NEW_YEAR, Run, legal_size, rest_of, runs, walk


@given(runs())
def test_windows_cover_every_second(run: Run) -> None:
    covered = run.bookmark
    for window in walk(run):
        assert window.after <= covered + 1
        covered = window.before
    assert covered == run.export_range.end


@given(runs(st.builds(WindowSize, st.integers(1, 90 * DAY), st.just(0))))
def test_adjacent_windows_without_lookback_share_one_second(run: Run) -> None:
    covered = run.bookmark
    for window in walk(run):
        expected = max(run.export_range.start, covered)
        assert window.after == min(expected, window.before - 1)
        covered = window.before


@given(runs())
def test_every_window_covers_the_lookback_before_its_bookmark(run: Run) -> None:
    bookmark = run.bookmark
    for window in walk(run):
        after = max(run.export_range.start, bookmark - run.size.lookback_seconds)
        assert window.after == min(after, window.before - 1)
        bookmark = window.before


@given(runs())
def test_every_window_ends_later_than_the_one_before_it(run: Run) -> None:
    ends = [run.bookmark, *(window.before for window in walk(run))]
    assert ends == sorted(set(ends))


@given(runs())
def test_no_window_exceeds_export_range(run: Run) -> None:
    for window in walk(run):
        assert window.after < window.before <= run.export_range.end
        assert window.after >= run.export_range.start - (window.before == run.export_range.start)


@given(runs())
def test_no_window_is_longer_than_window_and_lookback_together(run: Run) -> None:
    for window in walk(run):
        seconds = window.before - window.after
        assert seconds <= run.size.new_seconds + run.size.lookback_seconds <= 90 * DAY


@given(runs())
def test_all_windows_except_last_have_full_size(run: Run) -> None:
    bookmark = run.bookmark
    for window in walk(run)[:-1]:
        assert window.before - bookmark == run.size.new_seconds
        bookmark = window.before


@given(st.integers(0, 2 * NEW_YEAR), st.integers(0, DAY), legal_size())
def test_no_window_if_bookmark_is_at_or_after_end(end: int, past: int, size: WindowSize) -> None:
    assert ExportRange(end - DAY, end).next_window(PendingRange(end + past, end), size) is None


def test_no_pending_range_if_start_is_in_future() -> None:
    export_range = ExportRange.until_now(NEW_YEAR + DAY, None, NEW_YEAR)
    assert list(export_range.pending_ranges(export_range.initial_bookmark, DAY)) == []


@given(runs())
def test_pending_ranges_are_contiguous_to_end(run: Run) -> None:
    pending_ranges = list(run.export_range.pending_ranges(run.bookmark, run.size.new_seconds))
    ends = [run.bookmark, *(pending.end for pending in pending_ranges)]
    assert [pending.bookmark for pending in pending_ranges] == ends[:-1]
    assert ends == sorted(set(ends))
    assert ends[-1] == run.export_range.end


@given(runs())
def test_pending_range_is_one_window_at_full_size(run: Run) -> None:
    windows = [
        run.export_range.next_window(pending, run.size)
        for pending in run.export_range.pending_ranges(run.bookmark, run.size.new_seconds)
    ]
    assert windows == walk(run)


@given(runs(), st.integers(1, 20))
def test_window_does_not_exceed_pending_range(run: Run, part: int) -> None:
    end = run.bookmark + (run.export_range.end - run.bookmark) * part // 20
    window = run.export_range.next_window(PendingRange(run.bookmark, end), run.size)
    assert window is None or run.bookmark < window.before <= end


def test_no_window_if_start_is_in_future() -> None:
    export_range = ExportRange.until_now(NEW_YEAR + DAY, None, NEW_YEAR)
    assert (
        export_range.next_window(
            rest_of(export_range, export_range.initial_bookmark), WindowSize(DAY, DAY)
        )
        is None
    )


def test_first_window_starts_at_start_date() -> None:
    export_range = ExportRange(NEW_YEAR, NEW_YEAR + 60 * DAY)
    window = export_range.next_window(
        rest_of(export_range, export_range.initial_bookmark), WindowSize(30 * DAY, 7 * DAY)
    )
    assert window == Window(NEW_YEAR, NEW_YEAR + 30 * DAY - 1)


def test_window_of_one_second_includes_previous_second() -> None:
    export_range = ExportRange(NEW_YEAR, NEW_YEAR)
    window = export_range.next_window(
        rest_of(export_range, export_range.initial_bookmark), WindowSize(DAY, DAY)
    )
    assert window == Window(NEW_YEAR - 1, NEW_YEAR)


@pytest.mark.parametrize(
    ("end", "expected"),
    [
        pytest.param(None, NEW_YEAR - SETTLING_SECONDS, id="no end_date"),
        pytest.param(NEW_YEAR + DAY, NEW_YEAR - SETTLING_SECONDS, id="end_date in the future"),
        pytest.param(NEW_YEAR - 1, NEW_YEAR - SETTLING_SECONDS, id="end_date in the last minute"),
        pytest.param(NEW_YEAR - DAY, NEW_YEAR - DAY, id="end_date in the past"),
    ],
)
def test_last_minute_is_left_to_next_run(end: int | None, expected: int) -> None:
    assert ExportRange.until_now(0, end, NEW_YEAR + 0.9).end == expected


def test_window_is_formatted_as_date_times() -> None:
    window = Window(NEW_YEAR, NEW_YEAR + DAY - 1)
    assert str(window) == "2026-01-01T00:00:00Z to 2026-01-01T23:59:59Z"
