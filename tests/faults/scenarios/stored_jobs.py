"""Scenarios of jobs that an earlier run left in the state."""

from __future__ import annotations

from intercom_simulator import JobFault
from tests.faults.scenarios.scenario import (
    DAY_SECONDS,
    Expect,
    Given,
    Scenario,
    StoredJob,
)

_SECOND = 1 / DAY_SECONDS
_FIRST = StoredJob(-21, -10 - _SECOND)
"""A job for the first window."""

STORED_JOBS = (
    Scenario(
        "stored job resumed",
        "An earlier run left a job that has ended",
        "resumes it and creates no job for its window",
        given=Given(
            stored_jobs=(_FIRST,),
        ),
        expect=Expect(
            jobs=1,
            log=(r"Resuming job \w+ for 2025-05-11T12:30:00Z to 2025-05-22T12:29:59Z",),
        ),
    ),
    Scenario(
        "two stored jobs resumed",
        "An earlier run left a finished job and a prefetched one",
        "resumes both and creates no job",
        given=Given(
            stored_jobs=(_FIRST, StoredJob(-17, 0)),
        ),
        expect=Expect(
            jobs=0,
        ),
    ),
    Scenario(
        "stored jobs in the wrong order",
        "An earlier run left two jobs, the later one first",
        "resumes both in order of time",
        given=Given(
            stored_jobs=(StoredJob(-10, 0), _FIRST),
            settings={"lookback_days": 0},
        ),
        expect=Expect(
            values=False,
            jobs=0,
        ),
    ),
    Scenario(
        "stored job gone",
        "The job of an earlier run is unknown to Intercom (404)",
        "logs one line and creates another job",
        given=Given(
            stored_jobs=(StoredJob(-21, -10 - _SECOND, exists=False),),
        ),
        expect=Expect(
            jobs=2,
            log=("Forgetting job unknown0unknown0, which is gone",),
        ),
    ),
    Scenario(
        "stored job expired",
        "The archive of the job of an earlier run has expired",
        "logs one line and creates another job",
        given=Given(
            stored_jobs=(_FIRST,),
            job_faults=(JobFault(expired=True),),
        ),
        expect=Expect(
            jobs=2,
            log=("Forgetting job .*, which is gone",),
        ),
    ),
    Scenario(
        "stored job failed",
        "The job of an earlier run has failed",
        "creates another job",
        given=Given(
            stored_jobs=(_FIRST,),
            job_faults=(JobFault(ends_as="failed"),),
        ),
        expect=Expect(
            jobs=2,
            log=("ended as 'failed'",),
        ),
    ),
    Scenario(
        "stored job canceled",
        "The job of an earlier run was canceled",
        "creates another job",
        given=Given(
            stored_jobs=(_FIRST,),
            job_faults=(JobFault(ends_as="canceled"),),
        ),
        expect=Expect(
            jobs=2,
            log=("ended as 'canceled'",),
        ),
    ),
    Scenario(
        "stored job of another range",
        "The job of an earlier run has another range than the next window",
        "logs one line and creates another job; keeps the old one in the state until it has ended",
        given=Given(
            stored_jobs=(StoredJob(-5, 3),),
        ),
        expect=Expect(
            jobs=2,
            log=(r"Not resuming job \w+ of an earlier run: its range, .*, does not fit",),
        ),
    ),
    Scenario(
        "stored job that never ends",
        "The job of an earlier run never ends",
        "cancels it, because the tap created it, and requests a smaller window",
        given=Given(
            stored_jobs=(_FIRST,),
            job_faults=(JobFault(never_ends=True),),
            settings={"job_timeout_minutes": 10, "slot_timeout_minutes": 10},
        ),
        expect=Expect(
            canceled=1,
            log=("Canceled job", "window shortened"),
        ),
    ),
)
