"""Output in the documentation equals the output of the tap and of the demo.

Lines are compared without numbers, times, ids and URLs.
"""

from __future__ import annotations

import ast
import re
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import pytest

from demo.project import ROOT
from intercom_simulator import Clock, JobFault, Simulator
from tap_intercom_export.commands import MESSAGE_STREAMS
from tests.documents.claims import blocks_of
from tests.faults.runner import configuration
from tests.harness.singer import Output, run_tap, run_without_waiting
from tests.harness.stopped_simulator import END

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tests.documents.markdown import Block
    from tests.harness.fixture_types import Configure, Simulate

DAY_SECONDS = 86_400

SHAPES = (
    (r"^(INFO|WARNING|ERROR) ", ""),
    (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", "TIME"),
    (r"\b[a-z0-9]{16}\b", "ID"),
    (r"https?://\S+", "ADDRESS"),
    (r"/tmp\S*", "FOLDER"),  # noqa: S108 - text of a page
    (r"\d[\d,.]*", "N"),
    (r"N (s|min|h|d)\b", "N UNIT"),
    (r"\b(window|job|row|rejected row|stream)s?\b", r"\1"),
    (r"(, resumes job ID)$", ""),  # of a plan
    (r"\b(no lookback|N UNIT again)", "N UNIT again"),
    (r"N UNIT( N UNIT)+", "N UNIT"),  # 4 d 13 h
    (r"(; about N UNIT)$", ""),  # where it is known
    (r"; N row so far.*", ""),  # the last window has no estimate
    (r"  +", "  "),
)
"""Replacements, in order, before lines are compared."""

LEFT_OUT = re.compile(r"…( \d+ (lines|streams) …)?|\$ tap-intercom-export .*|")
"""Lines that stand for omitted lines, and typed commands."""

OF_A_STREAM = re.compile(r"  [a-z_]+  N")
"""A row of the table in the summary."""


def shape(line: str) -> str:
    for pattern, replacement in SHAPES:
        line = re.sub(pattern, replacement, line)
    return line.rstrip()


def shapes(lines: Iterable[str]) -> set[str]:
    return {
        OF_A_STREAM.sub("STREAM N", shape(line))
        for line in lines
        if not LEFT_OUT.fullmatch(line.strip())
    }


# --- of the tap


@pytest.fixture(scope="module")
def logged() -> set[str]:
    """Normalized lines of a plan and of runs: successful, resumed, with smaller windows, failed."""
    every_job = JobFault(ends_as="failed", times=None, job_number=None)
    long_jobs = replace(every_job, range_longer_than_seconds=10 * DAY_SECONDS)
    found: set[str] = set()
    with simulated(job_seconds=0.2) as simulator:
        config = configuration(simulator)
        for settings in ({}, {"window_days": 1, "lookback_days": 0}):
            found |= shapes(run_tap({**config, **settings}, "--plan", check=False).lines)
        found |= shapes(messages(run_tap(config)))
        (job, *_) = simulator.jobs
        names = ("created_at_after", "created_at_before")
        entry = {"job_identifier": job.identifier, "requested_at": "2025-06-01T12:00:00Z"}
        times = (datetime.fromtimestamp(at, timezone.utc) for at in (job.after, job.before))
        entry |= dict(zip(names, (f"{time:%Y-%m-%dT%H:%M:%SZ}" for time in times), strict=True))
        state = {"bookmarks": {"content_export": {"job": entry}}}
        found |= shapes(messages(run_without_waiting(config, state)))
        night = {**config, "deep_lookback_days": 60}
        found |= shapes(
            run_tap(night, "--plan", state=state_of_previous_night(), check=False).lines
        )
        found |= shapes(messages(run_without_waiting(night, state_of_previous_night())))
    for fault in (long_jobs, every_job):
        with simulated(job_faults=[fault]) as simulator:
            lookback = 0 if fault is every_job else 7
            config = configuration(simulator, lookback_days=lookback)
            found |= shapes(messages(run_without_waiting(config)))
    return found


def state_of_previous_night() -> dict[str, Any]:
    """Return the state of a run a day earlier, with measurements and a deep lookback."""
    written = {"replication_key_value": f"{END - timedelta(days=1):%Y-%m-%dT%H:%M:%SZ}"}
    entry = {"range_seconds": 10 * DAY_SECONDS, "job_seconds": 600, "rows": 9, "own_seconds": 300}
    measurements = {"recent_windows": [entry, entry], "deep_lookback_at": "2025-05-27T00:00:00Z"}
    bookmarks: dict[str, Any] = dict.fromkeys(MESSAGE_STREAMS, written)
    bookmarks["rejected_row"] = written
    return {"bookmarks": {**bookmarks, "content_export": {**written, **measurements}}}


def simulated(**options: Any) -> Simulator:
    return Simulator(receipts=60, days=40, end=END, clock=Clock(END, running=False), **options)


def messages(output: Output) -> list[str]:
    """Return the lines of a log without time, level and logger name."""
    return [re.sub(r"^\S+ \S+ \| \w+ +\| [^|]+\| ", "", line) for line in output.log.splitlines()]


@blocks_of("test_documented_log_lines_occur_in_runs")
def test_documented_log_lines_occur_in_runs(block: Block, logged: set[str]) -> None:
    assert shapes(block.lines)
    assert shapes(block.lines) - logged == set()


@blocks_of("test_documented_connection_test_output_is_printed")
def test_documented_connection_test_output_is_printed(
    block: Block, simulate: Simulate, configure: Configure
) -> None:
    simulator = simulate(receipts=1, scopes=("export_content_data",))
    output = run_tap(configure(simulator), "--test", check=False)
    assert shapes(block.lines) == shapes(output.lines)


@blocks_of("test_documented_plan_output_is_printed")
def test_documented_plan_output_is_printed(
    block: Block, simulate: Simulate, configure: Configure
) -> None:
    config = configure(simulate(receipts=1), deep_lookback_days=60)
    output = run_tap(config, "--plan", state=state_of_previous_night(), check=False)
    assert [line.rstrip() for line in block.lines] == output.lines


def cells(page: str, column: int) -> list[str]:
    """Return the code in a column of the first table of a page, split at placeholders."""
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    rows = [line.split(" | ") for line in text.split("\n\n##")[0].splitlines() if line[:2] == "| "]
    return [code for row in rows[2:] for code in re.findall(r"`([^`]+)`", row[column])]


@pytest.mark.parametrize(
    ("page", "column"), [("troubleshooting.md", 0), ("monitoring.md", 1)], ids=lambda it: it
)
def test_documented_alert_lines_are_in_the_source(page: str, column: int, logged: set[str]) -> None:
    """Each part of a line occurs in one text; `…` and patterns stand for variable parts."""
    texts = [*texts_in("tap_intercom_export"), *logged]
    sentences = [
        code for code in cells(page, column) if code.count(" ") > 1 and "meltano" not in code
    ]
    assert len(sentences) > 5
    for sentence in sentences:
        parts = [
            part
            for part in re.split(r"…|\.\*|\(\\S\+\)|\[1-9\]|\^|(?<=')\w+(?=')", sentence)
            if part.strip()
        ]
        assert any(all(part in text for part in parts) for text in texts), sentence


# --- of the demo


def texts_in(folder: str) -> list[str]:
    """Return the texts in the source of a package, with a NUL for each formatted value."""
    found = []
    for path in (ROOT / folder).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.JoinedStr):
                found.append(
                    "".join(
                        str(part.value) if isinstance(part, ast.Constant) else "\0"
                        for part in node.values
                    )
                )
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                found.append(node.value.replace("%s", "\0"))
    return found


@blocks_of("test_documented_demo_output_is_printed")
def test_documented_demo_output_is_printed(block: Block, logged: set[str]) -> None:
    """`make demo` itself runs in .github/workflows/test.yml."""
    workflow = (ROOT / ".github" / "workflows" / "test.yml").read_text(encoding="utf-8")
    assert "run: make demo" in workflow
    lines = [line for text in texts_in("demo") for line in text.splitlines() if len(line) > 3]
    texts = re.compile("|".join(re.escape(line).replace("\0", ".+") for line in lines))
    for line in block.lines:
        timed = re.fullmatch(r" *\d+\.\d s  (  )?(.+)", line)
        text = timed[2] if timed else line
        if timed and timed[1]:
            assert shape(text) in logged
        elif not re.match(r"  ", text) and text.strip() not in {"", "…"}:
            assert texts.fullmatch(text), line
