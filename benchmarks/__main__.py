"""Measure the tap beside other ways: `python -m benchmarks` writes docs/benchmark.md, speed.md."""

from __future__ import annotations

import argparse
import pickle
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

from benchmarks import figures, page, summary, ways
from benchmarks.archive import archive, bytes_a_row
from benchmarks.batches import BatchSpeed, batch_speeds
from benchmarks.loading import Load, loads
from benchmarks.measure import ROOT, RunMeasurement, run
from benchmarks.queryable import Wait, measure_waits
from benchmarks.results import Memory, Results, ShapeSpeed, Speed, Start
from benchmarks.server import serving
from benchmarks.shapes import RECEIPTS, SHAPES

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence

    from benchmarks.shapes import Shape


TURN = 2.0
"""Seconds that a way has in a turn: a short run takes more of them to meet a quiet moment."""

TENTH = 10

MANY_FILES = 40
"""Files of an archive with many; Intercom's have about forty."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure what the arguments say and write the report."""
    options = _options(arguments)
    folder: Path = options.folder
    folder.mkdir(parents=True, exist_ok=True)
    (folder / ".gitignore").write_text("*\n")
    with tempfile.TemporaryDirectory() as scratch:
        bench = Bench(folder, Path(scratch), options.repeats)
        kept = _kept(folder, options.parts)
        measured = {
            name: kept[name] if name in kept else _keep(folder, name, measure(bench, options))
            for name, measure in PARTS.items()
        }
        results = Results(
            command=_command(options),
            repeats=options.repeats,
            load_rows=options.load_rows,
            bytes_a_row=bytes_a_row(bench.archive(options.rows[0])),
            earlier=list(kept),
            **measured,
        )
    options.docs.mkdir(parents=True, exist_ok=True)
    pages = {
        "benchmark.md": page.markdown(results),
        "benchmark.svg": figures.time_and_memory(results),
        "benchmark-shapes.svg": figures.rows_by_shape(results),
    }
    for name, text in pages.items():
        (options.docs / name).write_text(text, encoding="utf-8")
    speed: Path = options.docs / "speed.md"
    if speed.exists():
        text = speed.read_text(encoding="utf-8")
        speed.write_text(summary.speed_page(results, text), encoding="utf-8")
    sys.stdout.write(summary.summary(results))


def _kept(folder: Path, parts: Collection[str]) -> dict[str, list[Any]]:
    """Return what earlier runs measured of the parts that are not to be measured."""
    paths = {name: folder / f"{name}.pickle" for name in PARTS if name not in parts}
    return {
        name: pickle.loads(path.read_bytes())  # noqa: S301 - written below
        for name, path in paths.items()
        if path.exists()
    }


def _keep(folder: Path, name: str, part: list[Any]) -> list[Any]:
    """Keep what was measured of a part for later runs that do not measure it."""
    (folder / f"{name}.pickle").write_bytes(pickle.dumps(part))
    return part


def _command(options: argparse.Namespace) -> str:
    """Return the command that measures the same anywhere: without the places of this machine."""
    usual = _options([])
    words = ["python -m benchmarks"]
    names = ("parts", "rows", "repeats", "shapes", "memory_rows", "load_rows", "wait_rows", "skip")
    for name in names:
        value = getattr(options, name)
        if value != getattr(usual, name):
            values = value if isinstance(value, list) else [value]
            words += [f"--{name.replace('_', '-')}", *map(str, values)]
    return " ".join(words)


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument(
        "--parts",
        nargs="+",
        default=list(PARTS),
        choices=list(PARTS),
        help="what is to be measured; of the rest the report has what the last run measured",
    )
    parser.add_argument(
        *("--rows", "-r"),
        type=int,
        nargs=2,
        default=[40_000, 400_000],
        help="rows of the two archives whose difference counts",
    )
    parser.add_argument(
        "--repeats",
        type=int,
        default=5,
        help="turns of each, two seconds at least; the shortest run",
    )
    parser.add_argument(
        "--shapes",
        nargs="*",
        default=list(SHAPES),
        choices=list(SHAPES),
        help="shapes of the data to be measured",
    )
    parser.add_argument(
        "--memory-rows",
        type=int,
        nargs="*",
        default=[40_000, 400_000, 4_000_000],
        help="rows of the archives with which memory is measured",
    )
    parser.add_argument(
        "--load-rows", type=int, default=100_000, help="rows loaded into PostgreSQL; 0: none"
    )
    parser.add_argument(
        "--wait-rows",
        type=int,
        nargs="*",
        default=[100_000, 1_000_000],
        help="rows for which the time until they can be queried is measured",
    )
    parser.add_argument(
        "--skip",
        nargs="*",
        default=[],
        choices=[ways.LOOP, ways.AIRBYTE],
        help="ways not to be measured; both need an environment that pip fills",
    )
    parser.add_argument(
        "--folder",
        type=Path,
        default=ROOT / ".benchmarks",
        help="where archives and environments are kept from run to run",
    )
    parser.add_argument(
        "--docs",
        type=Path,
        default=ROOT / "docs",
        help="folder of the report and of speed.md",
    )
    return parser.parse_args(arguments)


class Bench:
    """Measures, and says on stderr what it is at.

    Args:
        folder: Where archives and environments are kept.
        scratch: Where configurations go.
        repeats: How many turns each has.
    """

    def __init__(self, folder: Path, scratch: Path, repeats: int) -> None:
        self._folder = folder
        self._scratch = scratch
        self._repeats = repeats
        self._begun = time.monotonic()

    def archive(self, rows: int, files: int = 1, shape: Shape = RECEIPTS) -> Path:
        """Return an archive."""
        return archive(self._folder / "archives", rows, files, shape)

    def speeds(self, rows: Sequence[int], skip: Sequence[str]) -> list[Speed]:
        """Run every way on archives of these lengths, in turn, so that all see the same machine.

        Args:
            rows: Rows of each archive.
            skip: Ways to leave out.
        """
        compared = [ways.tap(self._scratch), ways.standard_sdk(RECEIPTS)]
        compared += [ways.COUNT, ways.COUNT_LINE_BY_LINE]
        if ways.LOOP not in skip:
            compared.insert(2, ways.csv_loop(self._folder))
        if ways.AIRBYTE not in skip:
            airbyte = ways.airbyte(self._folder)
            if airbyte is None:
                self._say("Airbyte's CDK does not install here; left out")
            else:
                compared.insert(-2, airbyte)
        taken: dict[tuple[str, int], list[RunMeasurement]] = {}
        for repeat in range(self._repeats):
            for count in rows:
                path = self.archive(count)
                with serving(path) as url:
                    for way in compared:
                        self._say(f"{way.title}: {count:,} rows, turn {repeat + 1}")
                        runs = taken.setdefault((way.key, count), [])
                        end = time.monotonic() + TURN
                        while time.monotonic() < end:
                            runs.append(run(way.command(path, url)))
        return [
            Speed(
                way.key,
                way.title,
                {count: RunMeasurement.best(taken[way.key, count]) for count in rows},
            )
            for way in compared
        ]

    def shape(self, shape: Shape, rows: Sequence[int]) -> ShapeSpeed:
        """Run the tap and the standard SDK stream on rows of one shape, in turn.

        Args:
            shape: What the rows look like.
            rows: Rows of each archive that the tap reads; the standard stream reads a tenth.
        """
        lengths = [count // shape.columns_as_receipts for count in rows]
        tap, standard = ways.tap(self._scratch, is_report=shape.is_report), ways.standard_sdk(shape)
        taken: dict[tuple[str, int], list[RunMeasurement]] = {}
        for repeat in range(self._repeats):
            for way, count in (
                *((tap, count) for count in lengths),
                *((standard, count // TENTH) for count in lengths),
            ):
                self._say(f"{way.title}: {shape.key}, {count:,} rows, turn {repeat + 1}")
                path = self.archive(count, shape=shape)
                with serving(path, is_report=shape.is_report) as url:
                    runs = taken.setdefault((way.key, count), [])
                    runs.append(run(way.command(path, url)))
        best = {key: RunMeasurement.best(runs) for key, runs in taken.items()}
        speeds = (
            Speed(way.key, way.title, {c: one for (key, c), one in best.items() if key == way.key})
            for way in (tap, standard)
        )
        return ShapeSpeed(shape, bytes_a_row(self.archive(lengths[0], shape=shape)), *speeds)

    def memory(self, rows: int, files: int) -> Memory:
        """Run the tap on one archive and see how much memory it needs."""
        path = self.archive(rows, files)
        self._say(f"this tap: memory with {rows:,} rows in {files} files")
        with serving(path) as url:
            return Memory(rows, files, self._tap(path, url))

    def start(self, option: str) -> Start:
        """Compare how long the tap and a bare tap of the SDK take for an option, in turn."""
        self._say(f"start-up with {option}")
        tap: list[str | Path] = [sys.executable, "-m", "tap_intercom_export", option]
        bare: list[str | Path] = [sys.executable, ways.CONTENDERS / "standard_sdk.py", option]
        pairs = [(run(tap), run(bare)) for _ in range(3 * self._repeats)]
        ours, theirs = zip(*pairs, strict=True)
        ratio = median(one.cpu / other.cpu for one, other in pairs)
        return Start(option, RunMeasurement.best(ours), RunMeasurement.best(theirs), ratio)

    def loads(self, rows: int) -> list[Load]:
        """Load an archive into PostgreSQL with each of the target's settings, one after another."""
        path = self.archive(rows)
        with serving(path) as url:
            command = ways.tap(self._scratch).command(path, url)
            found = []
            for load in loads(command, self._scratch):
                self._say(f"into PostgreSQL, {load.settings}: {load.target.seconds:.1f} s")
                found.append(load)
            return found

    def batches(self) -> list[BatchSpeed]:
        """Write batches in each format, beside the SDK's own writer."""
        return list(batch_speeds(self.archive, self._scratch, self._repeats, self._say))

    def waits(self, rows: int) -> Iterator[Wait]:
        """Yield how long each way takes until this many rows can be queried."""
        with serving(self.archive(rows)) as url:
            for wait in measure_waits(url, rows, self._scratch, self._folder):
                self._say(f"{wait.seconds:.1f} s until {rows:,} rows can be queried: {wait.way}")
                yield wait

    def _tap(self, path: Path, url: str) -> RunMeasurement:
        return run(ways.tap(self._scratch).command(path, url))

    def _say(self, text: str) -> None:
        sys.stderr.write(f"{time.monotonic() - self._begun:6.0f} s  {text}\n")


PARTS: dict[str, Callable[[Bench, argparse.Namespace], list[Any]]] = {
    "speeds": lambda bench, options: bench.speeds(options.rows, options.skip),
    "shapes": lambda bench, options: [
        bench.shape(SHAPES[key], options.rows) for key in options.shapes
    ],
    "memories": lambda bench, options: [
        bench.memory(rows, files) for rows in options.memory_rows for files in (1, MANY_FILES)
    ],
    "starts": lambda bench, _: [bench.start(option) for option in ("--version", "--discover")],
    "batches": lambda bench, _: bench.batches(),
    "loads": lambda bench, options: bench.loads(options.load_rows) if options.load_rows else [],
    "waits": lambda bench, options: [
        wait for rows in options.wait_rows for wait in bench.waits(rows)
    ],
}
"""What is measured, by the name in `Results`."""


if __name__ == "__main__":
    main()
