"""Runs every fault and prints the results; `--write` writes the matrix to docs/reliability.md."""

# ruff: noqa: T201 - prints to a terminal
from __future__ import annotations

import argparse
import os
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from typing import TYPE_CHECKING

from tests.faults.matrix import DOCUMENT, MatrixRow, document
from tests.faults.runner import Result, run_scenario
from tests.faults.scenarios import AREAS
from tests.faults.terminations import TERMINATIONS, run_termination

if TYPE_CHECKING:
    from collections.abc import Callable

TERMINATION_AREA = "Terminations"


def main() -> None:
    """Run the faults and print the results; exit with 1 if there are problems."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument(
        "word", nargs="?", default="", help="run only faults whose name contains this"
    )
    parser.add_argument("--write", action="store_true", help="write docs/reliability.md")
    options = parser.parse_args()
    if options.write:
        DOCUMENT.write_text(document(), encoding="utf-8")
        print(f"Wrote {DOCUMENT}")
        return
    started = time.perf_counter()
    failed = 0
    area = ""
    matrix_rows = _rows(options.word)
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        for row, result in zip(matrix_rows, pool.map(_run_row, matrix_rows), strict=True):
            if row.area != area:
                area = row.area
                print(f"\n{area}\n  {'expected':>11}  first run    all runs")
            rows = f"  {result.expected:>11}  {result.first_run:>9}  {result.loaded_rows:>10}"
            print(f"{rows}  {'ok    ' if not result.problems else 'FAILED'}  {row.fault}")
            print(f"{'':46}→ {row.behavior}")
            for text in result.problems:
                failed += 1
                print(f"{'':46}! {text[:400]}")
    print(f"\n{len(matrix_rows)} faults, {failed} problems, ", end="")
    print(f"{time.perf_counter() - started:.0f} s")
    sys.exit(bool(failed))


def _rows(word: str) -> list[MatrixRow]:
    return [row for row in MatrixRow.all() if word in f"{row.area} {row.name} {row.fault}"]


def _run_row(row: MatrixRow) -> Result:
    runners: dict[str, Callable[[], Result]] = {
        f"{area} {scenario.name}": partial(run_scenario, scenario)
        for area, scenarios in AREAS.items()
        for scenario in scenarios
    }
    runners |= {
        f"{TERMINATION_AREA} {termination.name}": partial(run_termination, termination)
        for termination in TERMINATIONS
    }
    return runners[f"{row.area} {row.name}"]()


if __name__ == "__main__":
    main()
