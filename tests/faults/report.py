"""The matrix as a document: what is promised, what is not, and how each fault is tested."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from tests.faults.deaths import DEATHS, Death
from tests.faults.scenarios import AREAS

DOCUMENT = Path(__file__).parents[2] / "docs" / "reliability.md"
"""Where the document is."""

_HEAD = """\
# Reliability

What can go wrong between Intercom and your database, what the tap does about it, and how that
is known. Every line of the tables below is played against a simulated Intercom over real HTTP,
with real processes and real signals where a process dies, and what arrives is compared with
what the simulated workspace has: row by row, all columns, not by counting. `make faults` plays
them all and prints how many rows arrived; `make test` does, too. Written by `python -m tests.faults
--write`.

## What is promised

- **At least once, and by key exactly once.** Every row of the exported range arrives. It may
  arrive more than once: because windows overlap on purpose, and after a run that was stopped.
  Every stream has a key, so a target that updates by key ends up with one row.
- **A bookmark is never ahead.** It moves past a window when every record of the window has been
  written, for all streams together. After any death, at any moment, the next run with the last
  STATE that reached the target brings all the rest.
- **A job is asked for once.** It is in the STATE as soon as Intercom has named it; the next run
  resumes it. One that was given up because it did not end is marked, and never resumed.
- **No view is narrowed.** After a run that was killed inside a window no smaller window takes back
  an open that was loaded. Windows end by Intercom's clock where this machine's is ahead.
- **An empty window is said to be one**, by `no_data` or by a valid archive without files; an empty
  download is an error.
- **Nothing is written of an archive that is not whole.** It is read to its end, its check sums
  and its list of files are compared, before the first row goes out.
- **Nothing is left out without a word.** Damaged rows go to `rejected_row`, unknown files to
  `other_statistic`, unknown columns into a new SCHEMA; what cannot be exported is an error.
- **A list deletes nothing unless it was read whole.** A version is activated only if as many
  different entries came as the list says it has, and all of them could be read.
- **The token goes to the configured host only**, and is not in the log at any level, nor is a
  signed address.
- **Bounded:** memory whatever the archive holds; disk, unpacked size and compression ratio by
  settings; every wait by a setting; the end after a signal by two seconds.

## What is not

- **A job that Intercom created while its answer was lost** (or the tap was killed in that very
  moment) is not known to anybody: Intercom has no list of jobs. Nothing is lost, but its slot
  is taken until it ends; the next run says so and waits.
- **Under Meltano, a STATE is stored when the target has printed it**, which is when it has
  loaded what came before: at the end, or now and then. Where Meltano itself is stopped
  (SIGTERM, Ctrl-C), it stops the target, too, and no STATE of the last minutes may be stored.
  Nothing is lost: the next run goes on from the stored STATE, and asks once more for jobs that
  it does not know of, after waiting for their slot. Where the tap alone is stopped, its last
  STATE is stored, and the next run resumes the job.
- **A plain CSV, without any container,** has no check sum: one that is cut at the end of a row,
  as if it were whole, cannot be told from a shorter one. Production sends ZIP.
- **An export cut below `export_row_limit`.** Intercom does not say that it cuts; ten million
  rows is what its reference names.
- **Events later than the lookback.** Opens, clicks and replies that come longer than
  `lookback_days` after their message are in the event streams, but not in the `first_*` columns
  of `receipt` (`deep_lookback_days` brings those of the last weeks every few days); a window that
  had to be shortened has a shorter lookback, which the log says.
- **As many entries of a list deleted as added between two of its pages.** Their number stays the
  same, so entries that moved to a page that was read already are taken for deleted; the next run
  brings them back.
- **Two opens of one message in one second** are one row: Intercom's events have no id.
- **The last words of a tap whose target does not read.** If the pipe is full when a signal
  comes, the tap ends without another STATE; the one with the job went out when the job was
  created.

## The matrix

Each line: what happens, what the tap does. Where the run ends with an error, a second one
without the trouble must bring everything.
"""

_ELSEWHERE_HEAD = """
## Faults of configuration, environment and clock

These need another machine, catalog or clock than the scenarios above, so tests of their own play
them, over real HTTP as well.

| what happens | what the tap does | tests in `tests/integration/` |
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
        "they do not matter; `*` means the selected ones",
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
        "a certificate file that is no certificate",
        "likewise",
        "test_environment.py",
    ),
    (
        "no network at `--test`",
        "an answer within 15 seconds",
        "test_environment.py",
    ),
    (
        "this machine's clock is ahead or behind",
        "windows end by Intercom's `Date`; a warning",
        "test_exports.py",
    ),
    (
        "killed inside a wide window, run again with a smaller `window_days`",
        "asks for no narrower view",
        "test_exports.py",
    ),
    (
        "a column that nobody selected appears",
        "stays out where anything is deselected, with a warning",
        "test_privacy.py",
    ),
    (
        "a column that `excluded_columns` matches",
        "is written nowhere, `answers`, `row`, `raw` and BATCH included",
        "test_privacy.py",
    ),
    (
        'headers such as `Discount %`, `Plan "Pro"`, `ctid`',
        "become names that every database takes",
        "test_end_to_end.py",
    ),
    (
        "the streams of reporting datasets are synced in another order",
        "nothing is skipped",
        "test_reporting.py",
    ),
)
"""What happens, what the tap does, and the file in tests/integration/ that plays it."""

_TAIL = """
## How it is tested

| what | where |
| --- | --- |
| the scenarios above, as data | `tests/faults/scenarios/`, `tests/faults/test_scenarios.py` |
| deaths at every moment, as data | `tests/faults/deaths.py`, `tests/faults/test_deaths.py` |
| every kind of cut in every container, at any byte | `tests/faults/test_containers.py` |
| full disks, memory, temporary files, logs, two taps at once | `tests/faults/test_process.py` |
| windows, clocks, jobs of earlier runs, odd refusals | `tests/integration/test_exports.py` |
| one thread writes, also to a full pipe | `tests/integration/test_writing_thread.py` |
| signals under a real Meltano | `tests/faults/test_meltano.py` |
| hundreds of windows, a fault at every step | `tests/faults/soak.py`, `tests/faults/test_soak.py` |
"""


@dataclass(frozen=True)
class Line:
    """A line of the matrix.

    Args:
        area: What it is about.
        name: A few words, unique in the area.
        happens: What happens.
        does: What the tap does about it.
    """

    area: str
    name: str
    happens: str
    does: str

    @classmethod
    def all(cls) -> list[Line]:
        """Give all lines."""
        lines = [
            cls(area, scenario.name, scenario.happens, scenario.does)
            for area, scenarios in AREAS.items()
            for scenario in scenarios
        ]
        return lines + [cls("The process", death.name, *_told(death)) for death in DEATHS]


def _told(death: Death) -> tuple[str, str]:
    """Tell a death and what follows."""
    if death.how == "SIGKILL":
        does = "the next run goes on from the last STATE"
    elif not death.how:
        return (
            f"The reader of stdout goes away {death.moment.name}",
            "ends quietly within seconds, not with 0",
        )
    elif death.moment.blocked:
        does = "ends within 2 s, without last words"
    else:
        does = "STATE, one line, 128 + signal, within 2 s; the next run goes on from there"
    if not death.moment.known:
        does += "; nobody knows that job, so the next run waits for the slot"
    return f"{death.how} {death.moment.name}", does


def document() -> str:
    """Write the document."""
    parts = [_HEAD]
    area = ""
    for line in Line.all():
        if line.area != area:
            area = line.area
            parts.append(f"\n### {area}\n\n| what happens | what the tap does |\n| --- | --- |\n")
        cells = " | ".join(text.replace("|", "\\|") for text in (line.happens, line.does))
        parts.append(f"| {cells} |\n")
    rows = [f"| {happens} | {does} | `{test}` |\n" for happens, does, test in _ELSEWHERE]
    return "".join([*parts, _ELSEWHERE_HEAD, *rows, _TAIL])
