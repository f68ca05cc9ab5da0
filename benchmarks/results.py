"""What was measured: each part of the benchmark as data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from benchmarks.batches import BatchSpeed
    from benchmarks.loading import Load
    from benchmarks.measure import RunMeasurement
    from benchmarks.queryable import Wait
    from benchmarks.shapes import Shape


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
class Results:
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

    def speed(self, key: str) -> Speed:
        """Return the measurements of a way to read the archive, by its key."""
        return next(speed for speed in self.speeds if speed.key == key)
