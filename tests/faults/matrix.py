"""Writes docs/reliability.md: guarantees, limitations and the matrix of faults."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from tests.faults.scenarios import AREAS
from tests.faults.terminations import TERMINATIONS, Termination

DOCUMENT = Path(__file__).parents[2] / "docs" / "reliability.md"
"""Path of the document."""

_HEAD = """\
# Reliability

What can go wrong between Intercom and your database, what the tap does about it, and how this is
tested. Every row of the tables below runs against a simulated Intercom over real HTTP, with real
processes and signals for terminations. The loaded rows are compared with those of the simulated
workspace, all columns of every row. `make faults` runs all of them and prints how many rows were
loaded; `make test` includes them. This page is written by `python -m tests.faults --write`.

## Guarantees

- **At-least-once delivery, exactly once by key.** Every row of the exported range is written. It
  may be written more than once, because windows overlap on purpose, and after a run that was
  interrupted. Every stream has a key, so a target that upserts by key ends up with one row.
- **A bookmark is never too late.** It moves past a window after every record of the window has
  been written, for all streams together. After a termination at any time, the next run with the
  last STATE that reached the target loads all missing rows.
- **A job is created once.** It is in the STATE as soon as Intercom has returned its identifier, and
  the next run resumes it. A job that was given up because it did not end is marked and never
  resumed.
- **First-event columns do not go back to null.** After a run that was killed within a window, no
  smaller window overwrites an open that was loaded. Windows end by Intercom's clock if this
  machine's clock is ahead.
- **Only an explicit empty window is empty**: the status `no_data` or a valid archive without files.
  An empty download is an error.
- **Nothing is written from an incomplete archive.** It is read to its end, and its checksums and
  its list of files are verified, before the first row is written.
- **Nothing is silently dropped.** Damaged rows go to `rejected_row`, unknown files to
  `other_statistic`, unknown columns into a new SCHEMA; what cannot be exported is an error.
- **Rows of a list are only deleted after a complete read.** A version is activated only if the
  number of different entries equals the total of the list, and all entries could be read.
- **The token is sent to the configured host only**, and neither the token nor a signed URL is
  logged at any level.
- **Limits:** memory does not depend on the archive; disk space, unpacked size and compression ratio
  are limited by settings, as is every wait; a run ends within two seconds after a signal.

## Limitations

- **A job whose create response was lost** (or whose run was killed at that moment) is unknown to
  the tap, because Intercom has no list of jobs. No row is lost, but the job occupies the slot until
  it ends; the next run says so and waits.
- **Under Meltano, a STATE is stored when the target has printed it**, that is after it has loaded
  the records before it. If Meltano itself is terminated (SIGTERM, Ctrl-C), it also terminates the
  target, and the STATE of the last minutes may not be stored. No row is lost: the next run
  continues from the stored STATE, and creates jobs again that this STATE does not contain, after
  waiting for their slot. If only the tap is terminated, its last STATE is stored, and the next run
  resumes the job.
- **A plain CSV without a container** has no checksum: a file that was cut at the end of a row, or
  in its last column, with a matching length, cannot be distinguished from a shorter one. Production
  sends ZIP.
- **An export that is cut below `export_row_limit`.** Intercom does not report the cut; ten million
  rows is the limit in its reference.
- **Events later than the lookback.** Opens, clicks and replies that happen more than
  `lookback_days` after their message are in the event streams, but not in the `first_*` columns of
  `receipt` (`deep_lookback_days` adds those of the last weeks every few days). A window that had to
  be shortened has a shorter lookback, which the log says.
- **Equal numbers of entries deleted from and added to a list between two of its pages.** The total
  stays the same, so entries that moved to a page that was already read count as deleted; the next
  run restores them.
- **Two opens of one message in the same second** are one row, because events have no id.
- **The final STATE if the target does not read.** If the pipe is full when a signal arrives, the
  tap ends without another STATE; the one with the job was written when the job was created.

## The matrix

Each row: the fault, and what the tap does. If the run ends with an error, a second run without the
fault must load all rows.
"""

_ELSEWHERE_HEAD = """
## Faults of configuration, environment and clock

These need another environment, catalog or clock than the scenarios above. Separate tests cover
them, also over real HTTP.

| fault | behavior | tests in `tests/integration/` |
| --- | --- | --- |
"""

_ELSEWHERE = (
    (
        "no stream is selected, or a select rule matches nothing",
        "a warning, with the nearest names",
        "test_checks.py",
    ),
    (
        "a bookmark is later than now",
        "a warning",
        "test_checks.py",
    ),
    (
        "stream maps for streams that are not selected, or for `*`",
        "ignored; `*` means the selected streams",
        "test_checks.py",
    ),
    (
        "the temporary directory cannot be written or is full",
        "an error that names it, before the first job",
        "test_checks.py",
    ),
    (
        "a package that `batch_config` needs is missing",
        "an error that names the extra, before the first job",
        "test_checks.py",
    ),
    (
        "a type of custom objects does not exist, a list is not allowed",
        "an error before the first job",
        "test_checks.py",
    ),
    (
        "a proxy without a scheme, with a bad port, SOCKS without PySocks, 407",
        "one line at once that names the variable, no retry",
        "test_environment.py",
    ),
    (
        "a certificate file that is not a certificate",
        "one line at once that names the variable, no retry",
        "test_environment.py",
    ),
    (
        "each response of a download is cut after a few bytes, or sent byte by byte without end",
        "an error after nine attempts that bring almost nothing, or after a day",
        "test_download_progress.py",
    ),
    (
        "a file is several files in a row, with their headers and byte order marks",
        "repeated headers go to rejected_row, the marks are removed",
        "test_concatenated_files.py",
    ),
    (
        "SIGTERM while a batch file is written, or uploaded to an object store",
        "as for any other SIGTERM; no BATCH message names the file, and no part of it is left",
        "test_batch_termination.py",
    ),
    (
        "no network at `--test`",
        "a result within 15 seconds",
        "test_environment.py",
    ),
    (
        "this machine's clock is ahead or behind",
        "windows end by Intercom's `Date`; a warning",
        "exports/test_clock.py",
    ),
    (
        "killed inside a wide window, run again with a smaller `window_days`",
        "does not request a narrower range over rows that were written",
        "exports/test_windows.py",
    ),
    (
        "a new column appears that the catalog does not contain",
        "omitted with a warning if a property of the stream is deselected",
        "test_privacy.py",
    ),
    (
        "a column that `excluded_columns` matches",
        "not written anywhere, including `answers`, `row`, `raw` and BATCH files",
        "test_privacy.py",
    ),
    (
        'headers such as `Discount %`, `Plan "Pro"`, `ctid`',
        "become names that are valid in every database",
        "end_to_end/test_message_export.py",
    ),
    (
        "the streams of reporting datasets are synced in another order",
        "nothing is skipped",
        "reporting/",
    ),
)
"""Fault, behavior, and the file in tests/integration/ that tests it."""

_TAIL = """
## How it is tested

| test | file |
| --- | --- |
| the scenarios above | `tests/faults/scenarios/`, `tests/faults/test_scenarios.py` |
| terminations in every phase | `tests/faults/terminations.py`, `test_terminations.py` |
| interrupted downloads in every container, at any byte | `tests/faults/test_containers.py` |
| full disks, memory, temporary files, logs, concurrent taps | `tests/faults/test_process.py` |
| windows, clocks, jobs of earlier runs, unusual errors | `tests/integration/exports/` |
| the writing thread, and a full pipe | `tests/integration/test_writing_thread.py` |
| signals under a real Meltano | `tests/faults/test_meltano.py` |
| hundreds of windows with random faults | `tests/faults/soak.py`, `tests/faults/test_soak.py` |
"""


@dataclass(frozen=True)
class MatrixRow:
    """A row of the matrix.

    Args:
        area: Area of the fault.
        name: Short name, unique in the area.
        fault: Description of the fault.
        behavior: Description of what the tap does.
    """

    area: str
    name: str
    fault: str
    behavior: str

    @classmethod
    def all(cls) -> list[MatrixRow]:
        """Return all rows."""
        matrix_rows = [
            cls(area, scenario.name, scenario.fault, scenario.behavior)
            for area, scenarios in AREAS.items()
            for scenario in scenarios
        ]
        return matrix_rows + [
            cls("Terminations", termination.name, *_describe(termination))
            for termination in TERMINATIONS
        ]


def _describe(termination: Termination) -> tuple[str, str]:
    """Return fault and behavior of a termination."""
    if termination.signals == "SIGKILL":
        behavior = "the next run continues from the last STATE"
    elif not termination.signals:
        return (
            f"stdout is closed by its reader {termination.phase.name}",
            "ends within seconds without an error message, with a non-zero exit status",
        )
    elif termination.phase.blocked:
        behavior = "ends within 2 s, without another STATE"
    else:
        behavior = (
            "writes STATE, logs one line, exits with 128 + signal within 2 s; "
            "the next run continues from there"
        )
    if not termination.phase.job_known:
        behavior += "; the identifier of that job is lost, so the next run waits for the slot"
    return f"{termination.signals} {termination.phase.name}", behavior


def document() -> str:
    """Return the text of the document."""
    parts = [_HEAD]
    area = ""
    for row in MatrixRow.all():
        if row.area != area:
            area = row.area
            parts.append(f"\n### {area}\n\n| fault | behavior |\n| --- | --- |\n")
        cells = " | ".join(text.replace("|", "\\|") for text in (row.fault, row.behavior))
        parts.append(f"| {cells} |\n")
    rows = [f"| {fault} | {behavior} | `{test}` |\n" for fault, behavior, test in _ELSEWHERE]
    return "".join([*parts, _ELSEWHERE_HEAD, *rows, _TAIL])
