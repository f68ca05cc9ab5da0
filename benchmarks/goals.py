"""The goals of the benchmark, and whether they are met."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.batches import FORMATS, TIMES_SDK
from benchmarks.batches import MAX_MIB as MAX_BATCH_MIB
from benchmarks.ways import LIMIT, LINES, STANDARD, TAP

if TYPE_CHECKING:
    from benchmarks.results import Results

TIMES_STANDARD = 20.0
TIMES_LIMIT = 8.0
MAX_MIB = 150.0
MEMORY_GROWTH = 1.10
START_UP = 1.15
"""Goals."""


def goals(results: Results) -> list[tuple[str, str, str, bool]]:
    """Return the goals: name, target, measurement, and whether it is met."""
    tap = results.speed(TAP)
    faster = results.speed(STANDARD).micros / tap.micros
    limits = {key: tap.micros / results.speed(key).micros for key in (LIMIT, LINES)}
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
        for one in results.shapes
        if one.shape.times_standard
    ]
    if results.memories:
        of_receipts = [memory.taken.mib for memory in results.memories]
        growth = max(of_receipts) / min(of_receipts)
        sizes = list(of_receipts)
        sizes += [one.tap.mib for one in results.shapes]
        lengths = [memory.rows for memory in results.memories]
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
        for start in results.starts
    ]
    for batch in results.batches:
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
