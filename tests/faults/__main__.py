"""Plays every fault and shows the matrix; `python -m tests.faults --write` writes it to docs."""

# ruff: noqa: T201 - to be read by people
from __future__ import annotations

import argparse
import os
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from typing import TYPE_CHECKING

from tests.faults.deaths import DEATHS, play_death
from tests.faults.play import Result, play
from tests.faults.report import DOCUMENT, Line, document
from tests.faults.scenarios import AREAS

if TYPE_CHECKING:
    from collections.abc import Callable

DEATH_AREA = "The process"


def main() -> None:
    """Play, print, and exit with 1 if anything went wrong."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("word", nargs="?", default="", help="only what has this in its name")
    parser.add_argument("--write", action="store_true", help="write docs/reliability.md")
    options = parser.parse_args()
    if options.write:
        DOCUMENT.write_text(document(), encoding="utf-8")
        print(f"Wrote {DOCUMENT}")
        return
    begun = time.perf_counter()
    failed = 0
    area = ""
    lines = _lines(options.word)
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        for line, result in zip(lines, pool.map(_play, lines), strict=True):
            if line.area != area:
                area = line.area
                print(f"\n{area}\n  {'rows':>11}  first run  in the end")
            rows = f"  {result.expected:>11}  {result.first:>9}  {result.arrived:>10}"
            print(f"{rows}  {'ok   ' if not result.wrong else 'WRONG'}  {line.happens}")
            print(f"{'':45}→ {line.does}")
            for text in result.wrong:
                failed += 1
                print(f"{'':45}! {text[:400]}")
    print(f"\n{len(lines)} faults, {failed} not as they should be, ", end="")
    print(f"{time.perf_counter() - begun:.0f} s")
    sys.exit(bool(failed))


def _lines(word: str) -> list[Line]:
    return [line for line in Line.all() if word in f"{line.area} {line.name} {line.happens}"]


def _play(line: Line) -> Result:
    plays: dict[str, Callable[[], Result]] = {
        f"{area} {scenario.name}": partial(play, scenario)
        for area, scenarios in AREAS.items()
        for scenario in scenarios
    }
    plays |= {f"{DEATH_AREA} {death.name}": partial(play_death, death) for death in DEATHS}
    return plays[f"{line.area} {line.name}"]()


if __name__ == "__main__":
    main()
