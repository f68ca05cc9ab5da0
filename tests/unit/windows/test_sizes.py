"""Window sizes that shrink after a failure and grow again."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from tap_intercom_export.exports.window import (
    MIN_WINDOW_SECONDS,
    ExportRange,
    Sizes,
)
from tests.unit.windows.runs import DAY, HOUR, NEW_YEAR, Run, rest_of, runs

any_sizes = st.builds(Sizes, st.integers(1, 90 * DAY), st.integers(0, 90 * DAY))


def shrunk(sizes: Sizes) -> list[Sizes]:
    """Return the sizes from repeated shrinking."""
    steps = [sizes]
    while smaller := steps[-1].halved(steps[-1]):
        steps.append(smaller)
        assert len(steps) < 100, "shrinking does not come to an end"
    return steps


@given(any_sizes)
def test_shrinking_ends_at_minimum_sizes(sizes: Sizes) -> None:
    last = shrunk(sizes)[-1]
    assert max(last.window, last.lookback) <= MIN_WINDOW_SECONDS


@given(any_sizes)
def test_shrinking_halves_the_larger_size_and_keeps_the_other(sizes: Sizes) -> None:
    steps = shrunk(sizes)
    for before, after in pairwise(steps):
        if before.window >= before.lookback:
            assert after == Sizes(max(HOUR, before.window // 2), before.lookback)
        else:
            assert after == Sizes(before.window, max(HOUR, before.lookback // 2))


@given(runs(), any_sizes)
def test_each_halving_shortens_window(run: Run, sizes: Sizes) -> None:
    """Also if the start or the end limits the window, so that no equal job is created again."""
    pending, asked = rest_of(run.export_range, run.bookmark), sizes
    lengths = []
    while window := run.export_range.next_window(pending, asked):
        lengths.append(window.before - window.after)
        if (smaller := asked.halved(window.sizes(run.bookmark))) is None:
            break
        asked = smaller
    assert lengths == sorted(set(lengths), reverse=True)


@given(any_sizes)
def test_shrinking_never_grows_a_size(sizes: Sizes) -> None:
    for smaller in shrunk(sizes):
        assert smaller.window <= sizes.window
        assert smaller.lookback <= sizes.lookback


@given(any_sizes)
def test_shrinking_does_not_go_below_one_hour(sizes: Sizes) -> None:
    for smaller in shrunk(sizes):
        assert smaller.window >= min(HOUR, sizes.window)
        assert smaller.lookback >= min(HOUR, sizes.lookback)


@given(any_sizes, st.integers(1, DAY))
def test_smallest_window_ends_after_bookmark(sizes: Sizes, left: int) -> None:
    export_range = ExportRange(NEW_YEAR, NEW_YEAR + DAY)
    bookmark = export_range.end - left
    for smaller in shrunk(sizes):
        window = export_range.next_window(rest_of(export_range, bookmark), smaller)
        assert window is not None
        assert bookmark < window.before <= export_range.end


@given(any_sizes)
def test_growing_returns_to_full_sizes(sizes: Sizes) -> None:
    for smaller in shrunk(sizes):
        grown = smaller
        for _ in range(30):
            grown = grown.doubled(sizes)
        assert grown == sizes


@given(any_sizes, any_sizes)
def test_growing_does_not_exceed_limit(sizes: Sizes, limit: Sizes) -> None:
    grown = sizes.doubled(limit)
    assert grown.window <= limit.window
    assert grown.lookback <= limit.lookback
