"""Reports of measurements: a page of tables, charts, and a summary for the terminal."""

from __future__ import annotations

import os
import platform
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.batches import FORMATS, MEMORY_ROWS, TIMES_SDK
from benchmarks.batches import MAX_MIB as MAX_BATCH_MIB
from benchmarks.chart import Line, Panel, bars, svg
from benchmarks.shapes import RECEIPTS
from benchmarks.ways import LIMIT, LINES, STANDARD, TAP

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from benchmarks.batches import BatchSpeed
    from benchmarks.loading import Load
    from benchmarks.measure import RunMeasurement
    from benchmarks.queryable import Wait
    from benchmarks.shapes import Shape

TIMES_STANDARD = 20.0
TIMES_LIMIT = 8.0
MAX_MIB = 150.0
MEMORY_GROWTH = 1.10
START_UP = 1.15
"""Goals."""

WAYS_WEIGHED = """\
### Alternatives

CPU time for a receipt of 52 columns, from the unpacked CSV to the message:

| way | µs a row | peak MiB |
| --- | --- | --- |
| code written for each file, blocks escaped at once: the tap | about 5, of any shape | 57 |
| the same, with the csv module for rows with quotes: an earlier version | 4 to 16 by shape | 55 |
| polars, 400,000 rows of any shape (170 MB to install) | 7.5 | 118 |
| DuckDB, likewise | 7.5 | 245 |

About ten calls of C functions turn 64 KiB of CSV, with any content, into a list of rows whose cells
are escaped for JSON; the csv module reads only blocks that do not conform to RFC 4180. The rest is
splitting at commas and inserting cells into a template. A columnar engine saves neither: it has to
write the same text, every installation would need it, and rows that are not valid CSV would still
need the slow path. pyarrow reads even faster, but writes no JSON.

A second process that encodes every other block of a file was built and measured: in one run of
five turns 5.9 µs a row with it, 5.9 without, and 1.6 times the CPU time, because the blocks and the
texts cross pipes. So it was removed. A thread that unpacks ahead was measured too: 4.9 µs a row
with it, 4.7 without, as Python code runs in one thread at a time. Blocks of 8 to 128 KiB differ by
less than the noise. Batch files are different: another thread compresses them, because gzip and
Arrow release Python's lock for long calls.

Empty properties are written as null, which is most of a receipt's 1,500 bytes: the target has to
overwrite values of earlier windows."""


@dataclass(frozen=True, slots=True)
class Speed:
    """Measurements of a program for archives of different lengths."""

    key: str
    title: str
    taken: Mapping[int, RunMeasurement]

    @property
    def micros(self) -> float:
        """Microseconds of elapsed time per additional row."""
        return self._slope({rows: taken.seconds for rows, taken in self.taken.items()})

    @property
    def cpu_micros(self) -> float:
        """Microseconds of CPU time per additional row."""
        return self._slope({rows: taken.cpu for rows, taken in self.taken.items()})

    @property
    def mib(self) -> float:
        """Peak memory with the longest archive, in MiB."""
        return self.taken[max(self.taken)].mib

    def _slope(self, seconds: Mapping[int, float]) -> float:
        low, high = min(seconds), max(seconds)
        return (seconds[high] - seconds[low]) / (high - low) * 1e6


@dataclass(frozen=True, slots=True)
class ShapeSpeed:
    """Measurements of the tap and of the standard SDK stream for rows of one shape."""

    shape: Shape
    bytes_a_row: float
    tap: Speed
    standard: Speed

    @property
    def times_standard(self) -> float:
        """Ratio of the time of the standard stream to the time of the tap."""
        return self.standard.micros / self.tap.micros


@dataclass(frozen=True, slots=True)
class Memory:
    """Measurements of the tap for an archive, with one or many files."""

    rows: int
    files: int
    taken: RunMeasurement


@dataclass(frozen=True, slots=True)
class Start:
    """Start-up times of the tap and of a bare SDK tap, and the ratio of their CPU times."""

    option: str
    tap: RunMeasurement
    bare: RunMeasurement
    ratio: float


@dataclass(frozen=True)
class Report:
    """All that was measured.

    Attributes:
        command: The command that measured it.
        repeats: How many turns each had.
        bytes_a_row: Mean length of the rows of the archive.
        speeds: The ways to read it.
        shapes: The tap and the SDK's stream with rows of other shapes.
        memories: The tap with archives of other lengths.
        starts: How long the tap takes to start.
        load_rows: Rows that were loaded into PostgreSQL.
        loads: How long that took.
        batches: The tap and the SDK's batch writer.
        waits: How long users wait until they can query rows.
        earlier: Names of those that an earlier run of the command measured.
    """

    command: str
    repeats: int
    bytes_a_row: float
    speeds: Sequence[Speed]
    shapes: Sequence[ShapeSpeed]
    memories: Sequence[Memory]
    starts: Sequence[Start]
    load_rows: int
    loads: Sequence[Load]
    batches: Sequence[BatchSpeed]
    waits: Sequence[Wait]
    earlier: Sequence[str] = ()

    def summary(self) -> str:
        """Return the goals and comparisons, one line each."""
        tap = self._speed(TAP)
        lines = [
            f"{'ok  ' if met else 'MISS'}  {what}: {measured} (goal: {goal})"
            for what, goal, measured, met in self._goals()
        ]
        lines += [
            f"{speed.micros:8.2f} µs a row, {speed.micros / tap.micros:6.2f} x this tap, "
            f"{speed.mib:6.0f} MiB: {speed.title}"
            for speed in self.speeds
        ]
        lines += [
            f"{load.target.seconds:8.1f} s into PostgreSQL: target-postgres with {load.settings}"
            for load in self.loads
        ]
        lines += [
            f"{wait.seconds:8.1f} s until {wait.rows:,} rows can be queried: {wait.way}"
            for wait in self.waits
        ]
        return "\n".join(lines) + "\n"

    def speed_page(self, text: str) -> str:
        """Return docs/speed.md with new tables; the table of loading only if it was measured."""
        text = _with_block(text, "speed", self._short_speed_table())
        return _with_block(text, "loading", self._short_load_table()) if self.loads else text

    def svg(self) -> str:
        """Return the chart."""
        tap_runs = {memory.rows: memory.taken for memory in self.memories if memory.files == 1}
        times, sizes = [], []
        for speed in self.speeds:
            if speed.key == LINES:
                continue
            taken = {**tap_runs, **speed.taken} if speed.key == TAP else speed.taken
            name = speed.title.replace("`", "")
            times.append(Line(name, [(rows, one.seconds) for rows, one in taken.items()]))
            sizes.append(Line(name, [(rows, one.mib) for rows, one in taken.items()]))
        return svg([Panel("Seconds, whole process", times), Panel("Peak memory, MiB", sizes)])

    def shapes_svg(self) -> str:
        """Return the chart of rows per second by shape."""
        return bars(
            "Rows a second by the shape of the data, and times the standard SDK stream",
            [
                (
                    one.shape.title.replace("`", ""),
                    1e6 / one.tap.micros,
                    f"{1e6 / one.tap.micros:,.0f}, {one.times_standard:.1f} x",
                )
                for one in self.shapes
            ],
        )

    def markdown(self) -> str:
        """Return the page."""
        low, high = (f"{rows:,}" for rows in sorted(self._speed(TAP).taken))
        parts = [
            "# Benchmark",
            "<!-- Written by `python -m benchmarks`; `make bench` runs it. -->",
            _wrapped(
                f"Measured with `{self.command}` on {_machine()}. The archive has receipts of "
                f"{len(RECEIPTS.columns)} columns, {self.bytes_a_row:.0f} bytes a row, one row in "
                "nine with quotes. Every figure is of a whole process, from its start to its end, "
                f"with its output to /dev/null: the shortest run of {self.repeats} turns, each of "
                "two seconds at least."
                + (f" From an earlier run: {', '.join(self.earlier)}." if self.earlier else "")
            ),
            "## Goals",
            _table(
                ("", "goal", "measured", "met"),
                (
                    (what, goal, measured, "yes" if met else "**no**")
                    for what, goal, measured, met in self._goals()
                ),
            ),
            "![Time and memory against rows](benchmark.svg)",
            f"## Compared with other ways\n\nTime of a row, between {low} and {high} rows:",
            self._speed_table(),
            _wrapped(
                "This tap also creates the job, downloads the archive from a server on this "
                "machine, verifies it before the first record, and converts every cell. The SDK's "
                "stream, Airbyte's decoders and the limit read it from disk, and the loop "
                "downloads it; they only change empty cells to null."
            ),
            "## Shapes of the data",
            _wrapped(
                "The same archive of receipts with other formats of cells, and other files. The "
                "speed must not depend on the content of a title. This tap and the standard SDK "
                "stream in turn, the shortest runs; the stream reads a tenth of the rows."
            ),
            self._shape_table(),
            "![Rows a second by the shape of the data](benchmark-shapes.svg)",
            WAYS_WEIGHED,
            "## Memory\n\nMemory of this tap, for archives of one file and of many:",
            self._memory_table(),
            "## Start-up\n\nCompared with a minimal tap of the SDK with one stream:",
            _table(
                ("", "this tap, s CPU", "bare tap, s CPU", "ratio"),
                (
                    (f"`{s.option}`", f"{s.tap.cpu:.2f}", f"{s.bare.cpu:.2f}", f"{s.ratio:.2f}")
                    for s in self.starts
                ),
            ),
        ]
        if self.loads:
            parts += [
                "## Into PostgreSQL",
                _wrapped(
                    f"`tap-intercom-export | target-postgres`, {self.load_rows:,} rows into a new "
                    "table, by the target's settings. The target is the bottleneck. "
                    "`use_copy` needs a `postgresql+psycopg://` address."
                ),
                self._load_table(),
            ]
        return "\n\n".join([*parts, *self._batch_parts(), *self._wait_parts()]) + "\n"

    def _batch_parts(self) -> list[str]:
        """Return the parts of the page about batches."""
        if not self.batches:
            return []
        return [
            "## BATCH",
            _wrapped(
                "The tap with `batch_config`, to a local folder, beside a stream of the SDK that "
                "yields the same typed records to the SDK's own batch writer (gzip), in turn; "
                f"peak memory of the tap with {MEMORY_ROWS:,} rows."
            ),
            _table(
                ("", "µs a row", "the SDK's writer", "this tap is", "MiB"),
                (
                    (
                        FORMATS[batch.file_format],
                        f"{batch.micros:.1f}",
                        f"{batch.sdk_micros:.1f}",
                        f"{batch.times:.1f} x as fast",
                        f"{batch.mib:.0f}",
                    )
                    for batch in self.batches
                ),
            ),
        ]

    def _wait_parts(self) -> list[str]:
        """Return the parts of the page about the time until rows can be queried."""
        if not self.waits:
            return []
        lengths = sorted({wait.rows for wait in self.waits})
        seconds = {(wait.way, wait.rows): wait.seconds for wait in self.waits}
        found = dict.fromkeys(wait.way for wait in self.waits)
        return [
            "## Until the rows can be queried",
            "Seconds from the start of the tap until all rows are in a new table:",
            _table(
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

    def _goals(self) -> list[tuple[str, str, str, bool]]:
        """Return the goals: name, target, measurement, and whether it is met."""
        tap = self._speed(TAP)
        faster = self._speed(STANDARD).micros / tap.micros
        limits = {key: tap.micros / self._speed(key).micros for key in (LIMIT, LINES)}
        found = [
            (
                "faster than the standard SDK stream",
                f"{TIMES_STANDARD:g} x",
                f"{faster:.1f} x",
                faster >= TIMES_STANDARD,
            ),
            *(
                (
                    f"beside unpacking the archive and counting its lines, {how}",
                    f"at most {TIMES_LIMIT:g} x",
                    f"{limits[key]:.1f} x the time",
                    limits[key] <= TIMES_LIMIT,
                )
                for key, how in ((LINES, "`for line in member`"), (LIMIT, "in blocks of a MiB"))
            ),
        ]
        found += [
            (
                f"faster than it, {one.shape.title}",
                f"{one.shape.times_standard:g} x",
                f"{one.times_standard:.1f} x",
                one.times_standard >= one.shape.times_standard,
            )
            for one in self.shapes
            if one.shape.times_standard
        ]
        if self.memories:
            of_receipts = [memory.taken.mib for memory in self.memories]
            growth = max(of_receipts) / min(of_receipts)
            sizes = list(of_receipts)
            sizes += [one.tap.mib for one in self.shapes]
            lengths = [memory.rows for memory in self.memories]
            span = f"{min(lengths):,} to {max(lengths):,}"
            found += [
                (
                    "peak memory",
                    f"at most {MAX_MIB:g} MiB",
                    f"{max(sizes):.0f} MiB",
                    max(sizes) <= MAX_MIB,
                ),
                (
                    f"most to least memory, {span} rows, one file or many",
                    f"at most {MEMORY_GROWTH:.2f} x",
                    f"{growth:.2f} x",
                    growth <= MEMORY_GROWTH,
                ),
            ]
        found += [
            (
                f"start-up beside a bare SDK tap, `{start.option}`",
                f"at most {START_UP:.2f} x",
                f"{start.ratio:.2f} x",
                start.ratio <= START_UP,
            )
            for start in self.starts
        ]
        for batch in self.batches:
            title, most = FORMATS[batch.file_format], MAX_BATCH_MIB[batch.file_format]
            found += [
                (
                    f"faster than the SDK's batch writer, {title}",
                    f"{TIMES_SDK:g} x",
                    f"{batch.times:.1f} x",
                    batch.times >= TIMES_SDK,
                ),
                (
                    f"peak memory, BATCH {title}",
                    f"at most {most:g} MiB",
                    f"{batch.mib:.0f} MiB",
                    batch.mib <= most,
                ),
            ]
        return found

    def _speed(self, key: str) -> Speed:
        return next(speed for speed in self.speeds if speed.key == key)

    def _speed_table(self) -> str:
        tap, limit = self._speed(TAP), self._speed(LIMIT)
        return _table(
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
                for speed in self.speeds
            ),
        )

    def _shape_table(self) -> str:
        return _table(
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
                for one in self.shapes
            ),
        )

    def _short_speed_table(self) -> str:
        tap = self._speed(TAP)
        return _table(
            ("", "rows a second", "this tap is", "peak MiB"),
            (
                (
                    speed.title,
                    f"{1e6 / speed.micros:,.0f}",
                    "" if speed is tap else f"{speed.micros / tap.micros:.1f} x as fast",
                    f"{speed.mib:.0f}",
                )
                for speed in self.speeds
                if speed.key not in {LIMIT, LINES}
            ),
        )

    def _short_load_table(self) -> str:
        return _table(
            ("settings of target-postgres", "seconds"),
            ((load.settings, f"{load.target.seconds:.0f}") for load in self.loads[:4]),
        )

    def _memory_table(self) -> str:
        return _table(
            ("rows", "files", "peak MiB", "seconds"),
            (
                (f"{m.rows:,}", f"{m.files}", f"{m.taken.mib:.0f}", f"{m.taken.seconds:.1f}")
                for m in self.memories
            ),
        )

    def _load_table(self) -> str:
        slowest = self.loads[0].target.seconds
        return _table(
            ("target-postgres with", "s", "rows a second", "", "s CPU of the tap", "of the target"),
            (
                (
                    load.settings,
                    f"{load.target.seconds:.1f}",
                    f"{self.load_rows / load.target.seconds:,.0f}",
                    f"{slowest / load.target.seconds:.1f} x",
                    f"{load.tap.cpu:.1f}",
                    f"{load.target.cpu:.1f}",
                )
                for load in self.loads
            ),
        )


def _with_block(text: str, name: str, block: str) -> str:
    """Return a text with the content between the two comments of a block replaced."""
    start, end = f"<!-- {name}: written by make bench -->\n", f"\n<!-- end of {name} -->"
    before, rest = text.split(start)
    return f"{before}{start}{block}{end}{rest.split(end)[1]}"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _wrapped(text: str) -> str:
    from textwrap import fill  # noqa: PLC0415 - nowhere else

    return fill(text, 100, break_long_words=False, break_on_hyphens=False)


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
