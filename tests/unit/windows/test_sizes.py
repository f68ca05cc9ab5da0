"""Window size that shrink after a failure and grow again."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from tap_intercom_export.exports.window import (
    MIN_WINDOW_SECONDS,
    ExportRange,
    WindowSize,
)
from tests.unit.windows.runs import DAY, HOUR, NEW_YEAR, Run, rest_of, runs

any_size = st.builds(WindowSize, st.integers(1, 90 * DAY), st.integers(0, 90 * DAY))


def shrunk(size: WindowSize) -> list[WindowSize]:
    """Return the size from repeated shrinking."""
    steps = [size]
    while smaller := steps[-1].halved(steps[-1]):
        steps.append(smaller)
        assert len(steps) < 100, "shrinking does not come to an end"
    return steps


@given(any_size)
def test_shrinking_ends_at_minimum_sizes(size: WindowSize) -> None:
    last = shrunk(size)[-1]
    assert max(last.new_seconds, last.lookback_seconds) <= MIN_WINDOW_SECONDS


@given(any_size)
def test_shrinking_halves_the_larger_size_and_keeps_the_other(size: WindowSize) -> None:
    steps = shrunk(size)
    for before, after in pairwise(steps):
        if before.new_seconds >= before.lookback_seconds:
            assert after == WindowSize(max(HOUR, before.new_seconds // 2), before.lookback_seconds)
        else:
            assert after == WindowSize(before.new_seconds, max(HOUR, before.lookback_seconds // 2))


@given(runs(), any_size)
def test_each_halving_shortens_window(run: Run, size: WindowSize) -> None:
    """Also if the start or the end limits the window, so that no equal job is created again."""
    pending, asked = rest_of(run.export_range, run.bookmark), size
    lengths = []
    while window := run.export_range.next_window(pending, asked):
        lengths.append(window.before - window.after)
        if (smaller := asked.halved(window.size(run.bookmark))) is None:
            break
        asked = smaller
    assert lengths == sorted(set(lengths), reverse=True)


@given(any_size)
def test_shrinking_never_grows_a_size(size: WindowSize) -> None:
    for smaller in shrunk(size):
        assert smaller.new_seconds <= size.new_seconds
        assert smaller.lookback_seconds <= size.lookback_seconds


@given(any_size)
def test_shrinking_does_not_go_below_one_hour(size: WindowSize) -> None:
    for smaller in shrunk(size):
        assert smaller.new_seconds >= min(HOUR, size.new_seconds)
        assert smaller.lookback_seconds >= min(HOUR, size.lookback_seconds)


@given(any_size, st.integers(1, DAY))
def test_smallest_window_ends_after_bookmark(size: WindowSize, left: int) -> None:
    export_range = ExportRange(NEW_YEAR, NEW_YEAR + DAY)
    bookmark = export_range.end - left
    for smaller in shrunk(size):
        window = export_range.next_window(rest_of(export_range, bookmark), smaller)
        assert window is not None
        assert bookmark < window.before <= export_range.end


@given(any_size)
def test_growing_returns_to_full_sizes(size: WindowSize) -> None:
    for smaller in shrunk(size):
        grown = smaller
        for _ in range(30):
            grown = grown.doubled(size)
        assert grown == size


@given(any_size, any_size)
def test_growing_does_not_exceed_limit(size: WindowSize, limit: WindowSize) -> None:
    grown = size.doubled(limit)
    assert grown.new_seconds <= limit.new_seconds
    assert grown.lookback_seconds <= limit.lookback_seconds
