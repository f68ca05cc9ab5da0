"""The charts of the benchmark, as SVG documents."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.chart import Line, Panel, bars, svg
from benchmarks.ways import LINES, TAP

if TYPE_CHECKING:
    from benchmarks.results import Results


def time_and_memory(results: Results) -> str:
    """Return the chart of time and memory by rows."""
    tap_runs = {memory.rows: memory.taken for memory in results.memories if memory.files == 1}
    times, sizes = [], []
    for speed in results.speeds:
        if speed.key == LINES:
            continue
        taken = {**tap_runs, **speed.taken} if speed.key == TAP else speed.taken
        name = speed.title.replace("`", "")
        times.append(Line(name, [(rows, one.seconds) for rows, one in taken.items()]))
        sizes.append(Line(name, [(rows, one.mib) for rows, one in taken.items()]))
    return svg([Panel("Seconds, whole process", times), Panel("Peak memory, MiB", sizes)])


def rows_by_shape(results: Results) -> str:
    """Return the chart of rows per second by shape."""
    return bars(
        "Rows a second by the shape of the data, and times the standard SDK stream",
        [
            (
                one.shape.title.replace("`", ""),
                1e6 / one.tap.micros,
                f"{1e6 / one.tap.micros:,.0f}, {one.times_standard:.1f} x",
            )
            for one in results.shapes
        ],
    )
