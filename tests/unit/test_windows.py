"""Export windows: the next range of time."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from tap_intercom_export.exports.window import (
    MIN_WINDOW_SECONDS,
    SETTLING_SECONDS,
    ExportRange,
    PendingRange,
    Sizes,
    Window,
)

HOUR = 3600
DAY = 24 * HOUR
NEW_YEAR = 1_767_225_600
"""2026-01-01T00:00:00Z"""


@dataclass(frozen=True)
class Run:
    """Start of a run."""

    export_range: ExportRange
    bookmark: int
    sizes: Sizes


@st.composite
def legal_sizes(draw: st.DrawFn) -> Sizes:
    """Return valid sizes: whole days, 90 days together."""
    window = draw(st.integers(1, 90))
    return Sizes(window * DAY, draw(st.integers(0, 90 - window)) * DAY)


@st.composite
def runs(draw: st.DrawFn, sizes: st.SearchStrategy[Sizes] | None = None) -> Run:
    """Return a run of at most 30 windows, with a bookmark at or before the end."""
    chosen = draw(legal_sizes() if sizes is None else sizes)
    start = draw(st.integers(0, 2 * NEW_YEAR))
    export_range = ExportRange(start, start + draw(st.integers(0, 30 * chosen.window)))
    bookmark = draw(st.integers(export_range.initial_bookmark, export_range.end))
    return Run(export_range, bookmark, chosen)


def rest_of(export_range: ExportRange, bookmark: int) -> PendingRange:
    """Return the rest of an export range as one pending range."""
    return PendingRange(bookmark, export_range.end)


def walk(run: Run) -> list[Window]:
    """Return the windows of a run, in order."""
    windows, bookmark = [], run.bookmark
    while window := run.export_range.next_window(rest_of(run.export_range, bookmark), run.sizes):
        windows.append(window)
        bookmark = window.before
        assert len(windows) <= 40, "the run does not come to an end"
    return windows


@given(runs())
def test_windows_cover_every_second(run: Run) -> None:
    covered = run.bookmark
    for window in walk(run):
        assert window.after <= covered + 1
        covered = window.before
    assert covered == run.export_range.end


@given(runs(st.builds(Sizes, st.integers(1, 90 * DAY), st.just(0))))
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
        after = max(run.export_range.start, bookmark - run.sizes.lookback)
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
        assert seconds <= run.sizes.window + run.sizes.lookback <= 90 * DAY


@given(runs())
def test_all_windows_except_last_have_full_size(run: Run) -> None:
    bookmark = run.bookmark
    for window in walk(run)[:-1]:
        assert window.before - bookmark == run.sizes.window
        bookmark = window.before


@given(st.integers(0, 2 * NEW_YEAR), st.integers(0, DAY), legal_sizes())
def test_no_window_if_bookmark_is_at_or_after_end(end: int, past: int, sizes: Sizes) -> None:
    assert ExportRange(end - DAY, end).next_window(PendingRange(end + past, end), sizes) is None


def test_no_pending_range_if_start_is_in_future() -> None:
    export_range = ExportRange.until_now(NEW_YEAR + DAY, None, NEW_YEAR)
    assert list(export_range.pending_ranges(export_range.initial_bookmark, DAY)) == []


@given(runs())
def test_pending_ranges_are_contiguous_to_end(run: Run) -> None:
    pending_ranges = list(run.export_range.pending_ranges(run.bookmark, run.sizes.window))
    ends = [run.bookmark, *(pending.end for pending in pending_ranges)]
    assert [pending.bookmark for pending in pending_ranges] == ends[:-1]
    assert ends == sorted(set(ends))
    assert ends[-1] == run.export_range.end


@given(runs())
def test_pending_range_is_one_window_at_full_size(run: Run) -> None:
    windows = [
        run.export_range.next_window(pending, run.sizes)
        for pending in run.export_range.pending_ranges(run.bookmark, run.sizes.window)
    ]
    assert windows == walk(run)


@given(runs(), st.integers(1, 20))
def test_window_does_not_exceed_pending_range(run: Run, part: int) -> None:
    end = run.bookmark + (run.export_range.end - run.bookmark) * part // 20
    window = run.export_range.next_window(PendingRange(run.bookmark, end), run.sizes)
    assert window is None or run.bookmark < window.before <= end


def test_no_window_if_start_is_in_future() -> None:
    export_range = ExportRange.until_now(NEW_YEAR + DAY, None, NEW_YEAR)
    assert (
        export_range.next_window(
            rest_of(export_range, export_range.initial_bookmark), Sizes(DAY, DAY)
        )
        is None
    )


def test_first_window_starts_at_start_date() -> None:
    export_range = ExportRange(NEW_YEAR, NEW_YEAR + 60 * DAY)
    window = export_range.next_window(
        rest_of(export_range, export_range.initial_bookmark), Sizes(30 * DAY, 7 * DAY)
    )
    assert window == Window(NEW_YEAR, NEW_YEAR + 30 * DAY - 1)


def test_window_of_one_second_includes_previous_second() -> None:
    export_range = ExportRange(NEW_YEAR, NEW_YEAR)
    window = export_range.next_window(
        rest_of(export_range, export_range.initial_bookmark), Sizes(DAY, DAY)
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
    window = run.export_range.next_window(rest_of(run.export_range, run.bookmark), run.sizes)
    assume(window is not None)
    assert window is not None
    grown = ExportRange(run.export_range.start, run.export_range.end + later)
    assert grown.fits(window, run.bookmark)


@pytest.mark.parametrize(
    "window",
    [
        pytest.param(Window(NEW_YEAR, NEW_YEAR + 10 * DAY), id="ends at the bookmark"),
        pytest.param(Window(NEW_YEAR, NEW_YEAR + 41 * DAY), id="ends after the end"),
        pytest.param(
            Window(NEW_YEAR + 10 * DAY + 2, NEW_YEAR + 20 * DAY), id="leaves a second out"
        ),
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


@dataclass(frozen=True)
class Message:
    """A message and the time of its open, in unix seconds."""

    sent: int
    opened: int


def load(loaded: dict[Message, bool], messages: list[Message], window: Window) -> None:
    """Load a window as a target does: the last record of a message wins.

    A job contains the messages sent in its range, and their opens within the range.
    """
    for message in messages:
        if window.after <= message.sent <= window.before:
            loaded[message] = window.after <= message.opened <= window.before


@st.composite
def histories(draw: st.DrawFn) -> tuple[Run, list[Message]]:
    """Return a run from the start, and messages that are partly opened late."""
    run = draw(runs())
    length = run.export_range.end - run.export_range.start
    sent = st.integers(0, length)
    delay = st.one_of(st.integers(0, 2 * DAY), st.integers(0, 60 * DAY), st.just(0))
    pairs = draw(st.lists(st.tuples(sent, delay), max_size=20))
    messages = [
        Message(run.export_range.start + at, run.export_range.start + at + later)
        for at, later in pairs
    ]
    return Run(run.export_range, run.export_range.initial_bookmark, run.sizes), messages


@given(histories(), st.lists(st.sampled_from(["halve", "double", "keep"]), max_size=60))
@example(
    (
        Run(ExportRange(0, 20 * DAY), -1, Sizes(4 * DAY, 4 * DAY)),
        [Message(3 * DAY, 5 * DAY), Message(4 * DAY - 1, 4 * DAY)],
    ),
    ["keep", "halve", "halve", "halve", "double"],
)
def test_loaded_open_is_never_erased_by_later_windows(
    history: tuple[Run, list[Message]], steps: list[str]
) -> None:
    run, messages = history
    loaded: dict[Message, bool] = {}
    seen: set[Message] = set()
    bookmark, sizes, left = run.bookmark, run.sizes, list(steps)
    for _ in range(120):
        window = run.export_range.next_window(rest_of(run.export_range, bookmark), sizes)
        if window is None:
            break
        load(loaded, messages, window)
        assert seen <= {message for message, opened in loaded.items() if opened}
        seen = {message for message, opened in loaded.items() if opened}
        bookmark = window.before
        step = left.pop(0) if left else "double"
        sizes = (sizes.halved(sizes) or sizes) if step == "halve" else sizes
        sizes = sizes.doubled(run.sizes) if step == "double" else sizes


@given(histories())
def test_run_loads_every_open_within_lookback(
    history: tuple[Run, list[Message]],
) -> None:
    run, messages = history
    loaded: dict[Message, bool] = {}
    for window in walk(run):
        load(loaded, messages, window)
    for message in messages:
        in_time = message.opened - message.sent <= run.sizes.lookback
        if in_time and message.opened <= run.export_range.end:
            assert loaded[message]


def test_window_that_ended_earlier_would_erase_an_open() -> None:
    message = Message(sent=10, opened=20)
    loaded: dict[Message, bool] = {}
    load(loaded, [message], Window(0, 30))
    assert loaded[message]
    load(loaded, [message], Window(0, 15))  # what next_window must never return
    assert not loaded[message]


@given(runs(), st.data())
def test_no_window_ends_within_partially_written_window(run: Run, data: st.DataObject) -> None:
    at = st.integers(run.export_range.initial_bookmark, run.export_range.end)
    partly_written = []
    for _ in range(data.draw(st.integers(0, 2))):
        started, end = sorted((data.draw(at), data.draw(at)))
        partly_written.append(PendingRange(started, end))
    export_range = replace(run.export_range, partly_written=tuple(partly_written))
    ends = [window.before for window in walk(replace(run, export_range=export_range))]
    assert not [
        (end, one)
        for end in ends
        for one in partly_written
        if max(one.bookmark, run.bookmark) < end < one.end
    ]
    assert not ends or ends[-1] == export_range.end
