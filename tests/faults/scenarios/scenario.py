"""A scenario: a fault, the conditions of a run and the expected result."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from intercom_simulator import ApiVariant, Fault, JobFault

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

DAY_SECONDS = 86_400
UNTIL_CANCELED = math.inf

CONFIGURATION, REFUSED, UNAVAILABLE, UNREADABLE = 2, 3, 4, 5
"""Exit statuses after errors, as listed in docs/operations.md."""

GROWING_PAUSES = ((0.5, 1), (1, 2), (2, 4), (4, 8), (8, 16), (16, 32), (30, 60), (30, 60))
"""Ranges of pauses that double up to a minute, each reduced by up to half at random."""


@dataclass(frozen=True)
class StoredJob:
    """A job of an earlier run in the state.

    Args:
        after: First second of its range, in days relative to the simulated present.
        before: Last second of its range, in days relative to the simulated present.
        exists: Whether Intercom knows the job.
    """

    after: float
    before: float
    exists: bool = True


@dataclass(frozen=True)
class Given:
    """Conditions of a run: the behavior of Intercom, the settings, the state.

    Args:
        variant: ApiVariant of the simulator.
        faults: Faults of responses. A header may contain `{in 7 s}` or `{date in 7 s}`.
        job_faults: Faults of jobs.
        settings: Settings that differ from the defaults of `configuration`; None removes one.
        stored_jobs: Jobs of an earlier run in the state.
        slot_held_seconds: Time for which another client occupies the job slot; `UNTIL_CANCELED` or
            None for not at all.
        receipts: Number of messages in the workspace.
        make_body: Creates the body of every download.
    """

    variant: ApiVariant = field(default_factory=ApiVariant)
    faults: tuple[Fault, ...] = ()
    job_faults: tuple[JobFault, ...] = ()
    settings: Mapping[str, Any] = field(default_factory=dict)
    stored_jobs: tuple[StoredJob, ...] = ()
    slot_held_seconds: float | None = None
    receipts: int = 60
    make_body: Callable[[], bytes] | None = None


@dataclass(frozen=True)
class Expect:
    """Expected result of a run.

    Args:
        exit_code: Exit status. After an error, a run without the fault must load all rows.
        log: Patterns that the log must contain.
        not_in_log: Patterns that the log must not contain.
        bookmark: False if no bookmark may have moved; None if it does not matter.
        jobs: Number of created jobs; None if it does not matter.
        canceled: Number of requests to cancel a job.
        requests: Number of all requests; None if it does not matter.
        pauses: Minimum and maximum of each pause before a retry, in seconds and in order.
        activates_version: Whether a version of a list is activated; None if it does not matter.
        records: Number of records by stream.
        columns: Columns that the SCHEMA of a stream must have.
        files: Files to compare; all files if empty.
        ignore: Columns to ignore.
        values: Whether to compare the `first_*` columns, too; a shortened lookback affects them.
        damaged: Maximum number of damaged rows, which go to `rejected_row`.
        extra_rows: Whether rows may come that are not in the workspace, from added files.
    """

    exit_code: int = 0
    log: tuple[str, ...] = ()
    not_in_log: tuple[str, ...] = ()
    bookmark: bool | None = None
    jobs: int | None = None
    canceled: int = 0
    requests: int | None = None
    pauses: tuple[tuple[float, float], ...] = ()
    activates_version: bool | None = None
    records: Mapping[str, int] = field(default_factory=dict)
    columns: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    files: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    values: bool = True
    damaged: int = 0
    extra_rows: bool = False


@dataclass(frozen=True)
class Scenario:
    """A fault, or a combination of faults.

    Args:
        name: Short name, used as the id of the test.
        fault: Description of the fault, for the matrix.
        behavior: Description of what the tap does, for the matrix.
        given: Conditions of the run.
        expect: Expected result.
    """

    name: str
    fault: str
    behavior: str
    given: Given = field(default_factory=Given)
    expect: Expect = field(default_factory=Expect)


def api_error(code: str, message: str, request_id: str | None = None) -> dict[str, Any]:
    """Return an error body in Intercom's format."""
    error = {"code": code, "message": message}
    return {"type": "error.list", "request_id": request_id, "errors": [error]}


RATE_LIMITED = api_error("rate_limit_exceeded", "More than 10000 requests received in 1 minute")
