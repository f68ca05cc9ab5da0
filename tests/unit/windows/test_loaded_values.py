"""Values that were loaded are not erased by later windows."""

from __future__ import annotations

from dataclasses import dataclass, replace

from hypothesis import example, given
from hypothesis import strategies as st

from tap_intercom_export.exports.window import (
    ExportRange,
    PendingRange,
    Window,
    WindowSize,
)
from tests.unit.windows.runs import DAY, Run, rest_of, runs, walk


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
    return Run(run.export_range, run.export_range.initial_bookmark, run.size), messages


@given(histories(), st.lists(st.sampled_from(["halve", "double", "keep"]), max_size=60))
@example(
    (
        Run(ExportRange(0, 20 * DAY), -1, WindowSize(4 * DAY, 4 * DAY)),
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
    bookmark, size, left = run.bookmark, run.size, list(steps)
    for _ in range(120):
        window = run.export_range.next_window(rest_of(run.export_range, bookmark), size)
        if window is None:
            break
        load(loaded, messages, window)
        assert seen <= {message for message, opened in loaded.items() if opened}
        seen = {message for message, opened in loaded.items() if opened}
        bookmark = window.before
        step = left.pop(0) if left else "double"
        size = (size.halved(size) or size) if step == "halve" else size
        size = size.doubled(run.size) if step == "double" else size


@given(histories())
def test_run_loads_every_open_within_lookback(
    history: tuple[Run, list[Message]],
) -> None:
    run, messages = history
    loaded: dict[Message, bool] = {}
    for window in walk(run):
        load(loaded, messages, window)
    for message in messages:
        in_time = message.opened - message.sent <= run.size.lookback_seconds
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


def test_no_window_ends_within_one_of_two_overlapping_partly_written_windows() -> None:
    first, second = PendingRange(100, 500), PendingRange(200, 900)
    for partly_written in ((first, second), (second, first)):
        export_range = ExportRange(0, 1000, partly_written)
        size = WindowSize(new_seconds=150, lookback_seconds=0)
        for bookmark, end in ((0, 100), (100, 900), (150, 900), (600, 900), (900, 1000)):
            window = export_range.next_window(PendingRange(bookmark, 1000), size)
            assert window is not None
            assert window.before == end
