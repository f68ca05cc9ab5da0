"""docs/benchmark.md: all measurements as a page of tables."""

from __future__ import annotations

import os
import platform
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.alternatives import ALTERNATIVES
from benchmarks.batches import FORMATS, MEMORY_ROWS
from benchmarks.goals import goals
from benchmarks.markdown import table, wrapped
from benchmarks.shapes import RECEIPTS
from benchmarks.ways import LIMIT, LINES, TAP

if TYPE_CHECKING:
    from benchmarks.results import Results


def markdown(results: Results) -> str:
    """Return the page."""
    low, high = (f"{rows:,}" for rows in sorted(results.speed(TAP).taken))
    parts = [
        "# Benchmark",
        "<!-- Written by `python -m benchmarks`; `make bench` runs it. -->",
        wrapped(
            f"Measured with `{results.command}` on {_machine()}. The archive has receipts of "
            f"{len(RECEIPTS.columns)} columns, {results.bytes_a_row:.0f} bytes a row, one row in "
            "nine with quotes. Every figure is of a whole process, from its start to its end, "
            f"with its output to /dev/null: the shortest run of {results.repeats} turns, each of "
            "two seconds at least."
            + (f" From an earlier run: {', '.join(results.earlier)}." if results.earlier else "")
        ),
        "## Goals",
        table(
            ("", "goal", "measured", "met"),
            (
                (what, goal, measured, "yes" if met else "**no**")
                for what, goal, measured, met in goals(results)
            ),
        ),
        "![Time and memory against rows](benchmark.svg)",
        f"## Compared with other ways\n\nTime of a row, between {low} and {high} rows:",
        _speed_table(results),
        wrapped(
            "This tap also creates the job, downloads the archive from a server on this "
            "machine, verifies it before the first record, and converts every cell. The SDK's "
            "stream, Airbyte's decoders and the limit read it from disk, and the loop "
            "downloads it; they only change empty cells to null."
        ),
        "## Shapes of the data",
        wrapped(
            "The same archive of receipts with other formats of cells, and other files. The "
            "speed must not depend on the content of a title. This tap and the standard SDK "
            "stream in turn, the shortest runs; the stream reads a tenth of the rows."
        ),
        _shape_table(results),
        "![Rows a second by the shape of the data](benchmark-shapes.svg)",
        ALTERNATIVES,
        "## Memory\n\nMemory of this tap, for archives of one file and of many:",
        _memory_table(results),
        "## Start-up\n\nCompared with a minimal tap of the SDK with one stream:",
        table(
            ("", "this tap, s CPU", "bare tap, s CPU", "ratio"),
            (
                (f"`{s.option}`", f"{s.tap.cpu:.2f}", f"{s.bare.cpu:.2f}", f"{s.ratio:.2f}")
                for s in results.starts
            ),
        ),
    ]
    if results.loads:
        parts += [
            "## Into PostgreSQL",
            wrapped(
                f"`tap-intercom-export | target-postgres`, {results.load_rows:,} rows into a new "
                "table, by the target's settings. The target is the bottleneck. "
                "`use_copy` needs a `postgresql+psycopg://` address."
            ),
            _load_table(results),
        ]
    return "\n\n".join([*parts, *_batch_parts(results), *_wait_parts(results)]) + "\n"


def _batch_parts(results: Results) -> list[str]:
    """Return the parts of the page about batches."""
    if not results.batches:
        return []
    return [
        "## BATCH",
        wrapped(
            "The tap with `batch_config`, to a local folder, beside a stream of the SDK that "
            "yields the same typed records to the SDK's own batch writer (gzip), in turn; "
            f"peak memory of the tap with {MEMORY_ROWS:,} rows."
        ),
        table(
            ("", "µs a row", "the SDK's writer", "this tap is", "MiB"),
            (
                (
                    FORMATS[batch.file_format],
                    f"{batch.micros:.1f}",
                    f"{batch.sdk_micros:.1f}",
                    f"{batch.times:.1f} x as fast",
                    f"{batch.mib:.0f}",
                )
                for batch in results.batches
            ),
        ),
    ]


def _wait_parts(results: Results) -> list[str]:
    """Return the parts of the page about the time until rows can be queried."""
    if not results.waits:
        return []
    lengths = sorted({wait.rows for wait in results.waits})
    seconds = {(wait.way, wait.rows): wait.seconds for wait in results.waits}
    found = dict.fromkeys(wait.way for wait in results.waits)
    return [
        "## Until the rows can be queried",
        "Seconds from the start of the tap until all rows are in a new table:",
        table(
            ("", *(f"{rows:,} rows" for rows in lengths)),
            (
                (
                    way,
                    *(
                        f"{seconds[way, rows]:.1f}" if (way, rows) in seconds else ""
                        for rows in lengths
                    ),
                )
                for way in found
            ),
        ),
    ]


def _speed_table(results: Results) -> str:
    tap, limit = results.speed(TAP), results.speed(LIMIT)
    return table(
        ("", "µs a row", "µs CPU a row", "rows a second", "this tap is", "the limit x", "MiB"),
        (
            (
                speed.title,
                f"{speed.micros:.1f}",
                f"{speed.cpu_micros:.1f}",
                f"{1e6 / speed.micros:,.0f}",
                ""
                if speed.key in {TAP, LIMIT, LINES}
                else f"{speed.micros / tap.micros:.1f} x as fast",
                f"{speed.micros / limit.micros:.1f}",
                f"{speed.mib:.0f}",
            )
            for speed in results.speeds
        ),
    )


def _shape_table(results: Results) -> str:
    return table(
        (
            *("", "bytes a row", "µs a row", "rows a second", "the SDK's stream, µs a row"),
            *("this tap is", "MiB"),
        ),
        (
            (
                one.shape.title,
                f"{one.bytes_a_row:.0f}",
                f"{one.tap.micros:.1f}",
                f"{1e6 / one.tap.micros:,.0f}",
                f"{one.standard.micros:.1f}",
                f"{one.times_standard:.1f} x as fast",
                f"{one.tap.mib:.0f}",
            )
            for one in results.shapes
        ),
    )


def _memory_table(results: Results) -> str:
    return table(
        ("rows", "files", "peak MiB", "seconds"),
        (
            (f"{m.rows:,}", f"{m.files}", f"{m.taken.mib:.0f}", f"{m.taken.seconds:.1f}")
            for m in results.memories
        ),
    )


def _load_table(results: Results) -> str:
    slowest = results.loads[0].target.seconds
    return table(
        ("target-postgres with", "s", "rows a second", "", "s CPU of the tap", "of the target"),
        (
            (
                load.settings,
                f"{load.target.seconds:.1f}",
                f"{results.load_rows / load.target.seconds:,.0f}",
                f"{slowest / load.target.seconds:.1f} x",
                f"{load.tap.cpu:.1f}",
                f"{load.target.cpu:.1f}",
            )
            for load in results.loads
        ),
    )


def _machine() -> str:
    """Return a description of this machine and of the measured versions."""
    model = platform.processor() or platform.machine()
    about = Path("/proc/cpuinfo")
    if about.exists():
        names = [line for line in about.read_text().splitlines() if line.startswith("model name")]
        model = names[0].split(":", 1)[1].strip() if names else model
    return (
        f"{os.cpu_count()} cores ({model}, {platform.system()}), Python "
        f"{platform.python_version()}, singer-sdk {version('singer-sdk')}"
    )
