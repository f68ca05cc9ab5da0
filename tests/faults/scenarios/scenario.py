"""A scenario as data: a sentence, what is given, and what is expected of the tap."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from intercom_simulator import Dialect, Fault, JobFault

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

DAY_SECONDS = 86_400

FOR_EVER = math.inf

CONFIGURATION, REFUSED, UNAVAILABLE, UNREADABLE = 2, 3, 4, 5
"""Exit statuses after errors, as docs/operations.md tells them."""


@dataclass(frozen=True)
class StoredJob:
    """A job that an earlier run left in the state.

    Args:
        after: The first second of its range, in days from the simulated present.
        before: The last one.
        exists: Whether Intercom knows it.
    """

    after: float
    before: float
    exists: bool = True


@dataclass(frozen=True)
class Given:
    """What a run meets: Intercom's behaviour, the settings, the state.

    Args:
        dialect: How Intercom answers.
        faults: What goes wrong with responses. A header may say `{in 7 s}` or `{date in 7 s}`.
        job_faults: What becomes of jobs.
        settings: Settings of the tap that differ; None takes one away.
        stored: Jobs in the state of an earlier run.
        held: For how many seconds somebody else has the slot, FOR_EVER or None for not at all.
        receipts: How many messages the workspace has sent.
        make_body: Makes the body of every download instead of the right one.
    """

    dialect: Dialect = field(default_factory=Dialect)
    faults: tuple[Fault, ...] = ()
    job_faults: tuple[JobFault, ...] = ()
    settings: Mapping[str, Any] = field(default_factory=dict)
    stored: tuple[StoredJob, ...] = ()
    held: float | None = None
    receipts: int = 60
    make_body: Callable[[], bytes] | None = None


@dataclass(frozen=True)
class Expect:
    """What must come of it.

    Args:
        exit_code: The exit status. After an error a run without the fault must bring everything.
        log: Patterns, each of which a line of the log matches.
        not_in_log: Patterns that none matches.
        bookmark: False if no bookmark may have moved.
        jobs: How many jobs the run creates; None if it does not matter.
        canceled: How many requests to cancel a job it makes.
        requests: How many requests in all; None if it does not matter.
        pauses: The least and the most seconds of each pause between tries, in order.
        activated: Whether a version of a list is activated; None if it does not matter.
        records: How many records a stream must have.
        columns: Columns that a stream's SCHEMA must have.
        files: The files that arrive; all when empty.
        ignore: Columns that are not compared.
        values: Whether the `first_*` columns are right, too: a shortened lookback costs some.
        damaged: How many rows at most cannot be read, and come as `rejected_row`.
        invented: Whether rows come that the workspace does not have, because a file is not its own.
    """

    exit_code: int = 0
    log: tuple[str, ...] = ()
    not_in_log: tuple[str, ...] = ()
    bookmark: bool | None = None
    jobs: int | None = None
    canceled: int = 0
    requests: int | None = None
    pauses: tuple[tuple[float, float], ...] = ()
    activated: bool | None = None
    records: Mapping[str, int] = field(default_factory=dict)
    columns: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    files: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    values: bool = True
    damaged: int = 0
    invented: bool = False


@dataclass(frozen=True)
class Scenario:
    """One fault, or a few together.

    Args:
        name: A few words, for the name of the test.
        happens: What happens, as the matrix says it.
        does: What the tap does about it.
        given: What the run meets.
        expect: What must come of it.
    """

    name: str
    happens: str
    does: str
    given: Given = field(default_factory=Given)
    expect: Expect = field(default_factory=Expect)


def api_error(code: str, message: str, request_id: str | None = None) -> dict[str, Any]:
    """Return an error in Intercom's form."""
    error = {"code": code, "message": message}
    return {"type": "error.list", "request_id": request_id, "errors": [error]}


RATE_LIMITED = api_error("rate_limit_exceeded", "More than 10000 requests received in 1 minute")
