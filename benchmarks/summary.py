"""Short forms of the results: lines for the terminal, and the tables of docs/speed.md."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.goals import goals
from benchmarks.markdown import table, with_block
from benchmarks.ways import LIMIT, LINES, TAP

if TYPE_CHECKING:
    from benchmarks.results import Results


def summary(results: Results) -> str:
    """Return the goals and comparisons, one line each."""
    tap = results.speed(TAP)
    lines = [
        f"{'ok  ' if met else 'MISS'}  {what}: {measured} (goal: {goal})"
        for what, goal, measured, met in goals(results)
    ]
    lines += [
        f"{speed.micros:8.2f} µs a row, {speed.micros / tap.micros:6.2f} x this tap, "
        f"{speed.mib:6.0f} MiB: {speed.title}"
        for speed in results.speeds
    ]
    lines += [
        f"{load.target.seconds:8.1f} s into PostgreSQL: target-postgres with {load.settings}"
        for load in results.loads
    ]
    lines += [
        f"{wait.seconds:8.1f} s until {wait.rows:,} rows can be queried: {wait.way}"
        for wait in results.waits
    ]
    return "\n".join(lines) + "\n"


def speed_page(results: Results, text: str) -> str:
    """Return docs/speed.md with new tables; the table of loading only if it was measured."""
    text = with_block(text, "speed", _short_speed_table(results))
    return with_block(text, "loading", _short_load_table(results)) if results.loads else text


def _short_speed_table(results: Results) -> str:
    tap = results.speed(TAP)
    return table(
        ("", "rows a second", "this tap is", "peak MiB"),
        (
            (
                speed.title,
                f"{1e6 / speed.micros:,.0f}",
                "" if speed is tap else f"{speed.micros / tap.micros:.1f} x as fast",
                f"{speed.mib:.0f}",
            )
            for speed in results.speeds
            if speed.key not in {LIMIT, LINES}
        ),
    )


def _short_load_table(results: Results) -> str:
    return table(
        ("settings of target-postgres", "seconds"),
        ((load.settings, f"{load.target.seconds:.0f}") for load in results.loads[:4]),
    )
