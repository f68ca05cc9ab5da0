"""Whether a job of an earlier run fits the windows of this run."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tap_intercom_export.exports.window import (
    ExportRange,
    Window,
)
from tests.unit.windows.runs import DAY, NEW_YEAR, Run, rest_of, runs


@given(runs(), st.data())
def test_job_fits_only_if_contiguous_and_later(run: Run, data: st.DataObject) -> None:
    export_range, bookmark = run.export_range, run.bookmark
    window = Window(
        data.draw(st.integers(export_range.start - DAY, bookmark + 2), label="after"),
        data.draw(st.integers(bookmark - 1, export_range.end + 1), label="before"),
    )
    if export_range.fits(window, bookmark):
        assert window.after <= max(export_range.start, bookmark + 1)
        assert bookmark < window.before <= export_range.end
    else:
        left_out = window.after > bookmark + 1
        assert left_out or window.before <= bookmark or window.before > export_range.end


@given(runs(), st.integers(0, 365 * DAY))
def test_window_of_a_run_fits_in_a_later_run(run: Run, later: int) -> None:
    window = run.export_range.next_window(rest_of(run.export_range, run.bookmark), run.size)
    assume(window is not None)
    assert window is not None
    grown = ExportRange(run.export_range.start, run.export_range.end + later)
    assert grown.fits(window, run.bookmark)


@pytest.mark.parametrize(
    "window",
    [
        pytest.param(Window(NEW_YEAR, NEW_YEAR + 10 * DAY), id="ends at the bookmark"),
        pytest.param(Window(NEW_YEAR, NEW_YEAR + 41 * DAY), id="ends after the end"),
        pytest.param(Window(NEW_YEAR + 10 * DAY + 2, NEW_YEAR + 20 * DAY), id="omits a second"),
        pytest.param(Window(NEW_YEAR + 20 * DAY, NEW_YEAR + 5 * DAY), id="ends before it begins"),
    ],
)
def test_job_does_not_fit(window: Window) -> None:
    export_range = ExportRange(NEW_YEAR, NEW_YEAR + 40 * DAY)
    assert not export_range.fits(window, NEW_YEAR + 10 * DAY)


def test_job_whose_lookback_was_shortened_fits() -> None:
    export_range = ExportRange(NEW_YEAR, NEW_YEAR + 40 * DAY)
    bookmark = NEW_YEAR + 10 * DAY
    assert export_range.fits(Window(bookmark + 1, bookmark + DAY), bookmark)
