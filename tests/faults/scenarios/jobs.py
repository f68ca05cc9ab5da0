"""Faults of export jobs: the slot, status words, failures, time limits, stored jobs."""

from __future__ import annotations

from intercom_simulator import Dialect, Fault, JobFault
from tests.faults.scenarios.scenario import (
    DAY_SECONDS,
    FOR_EVER,
    RATE_LIMITED,
    REFUSED,
    UNAVAILABLE,
    UNREADABLE,
    Expect,
    Given,
    Scenario,
    StoredJob,
    api_error,
)

NOT_FOUND = api_error("not_found", "The requested resource does not exist")

_SECOND = 1 / DAY_SECONDS
_FIRST = StoredJob(-21, -10 - _SECOND)
"""The range of the first window."""

JOBS = (
    Scenario(
        "nothing",
        "Nothing goes wrong",
        "one job a window, each created once",
        expect=Expect(
            jobs=2,
            log=("Everything up to 2025-06-01T12:30:00Z is written",),
        ),
    ),
    Scenario(
        "slot taken for a while",
        "Another export holds the workspace's only slot, then ends",
        "says so once, waits, goes on",
        given=Given(
            held=0.6,
        ),
        expect=Expect(
            jobs=2,
            log=("Another export holds the workspace's job slot",),
        ),
    ),
    Scenario(
        "slot never freed",
        "Another export holds the slot longer than slot_timeout_minutes",
        "heartbeats, then an error that says who may hold the slot and how to free it",
        given=Given(
            held=FOR_EVER,
            settings={"slot_timeout_minutes": 30},
        ),
        expect=Expect(
            exit_code=UNAVAILABLE,
            bookmark=False,
            jobs=0,
            log=(
                r"Another export holds the workspace's job slot .*\(0 s so far",
                r"\(\d{3,} s so far",
                "held the workspace's job slot for 30 minutes",
                "colleague in Intercom, another app, or the job of a run that was killed",
                "cancel it in Intercom, or raise slot_timeout_minutes",
            ),
        ),
    ),
    Scenario(
        "slot not waited for",
        "Another export holds the slot, and slot_timeout_minutes is 0",
        "the error at once",
        given=Given(
            held=FOR_EVER,
            settings={"slot_timeout_minutes": 0},
        ),
        expect=Expect(
            exit_code=UNAVAILABLE,
            jobs=0,
            requests=1,
        ),
    ),
    Scenario(
        "too many requests is not the slot",
        "A job is asked for while there are too many requests",
        "waits as for any request, says nothing of the slot",
        given=Given(
            faults=(Fault("create", status=429, body=RATE_LIMITED),),
        ),
        expect=Expect(
            log=("429 rate_limit_exceeded: More than 10000 requests",),
            not_in_log=("job slot",),
            jobs=2,
        ),
    ),
    Scenario(
        "done as in the prose",
        "The job ends as `complete`, its id is spelled `job_identfier`",
        "takes it for `completed`",
        given=Given(
            dialect=Dialect(completed_status="complete", identifier_key="job_identfier"),
        ),
        expect=Expect(
            jobs=2,
        ),
    ),
    Scenario(
        "no data",
        "Windows without any data end as `no_data`",
        "the bookmark moves, nothing is downloaded",
        given=Given(
            settings={"start_date": "2025-03-01"},
        ),
        expect=Expect(
            log=("no_data",),
        ),
    ),
    Scenario(
        "failed with 504",
        "The job fails, told as 504 with the job as its body",
        "tries once more as it is",
        given=Given(
            job_faults=(JobFault(ends_as="failed"),),
        ),
        expect=Expect(
            jobs=3,
            log=("ended as 'failed'; Intercom gives no reason. Trying once more",),
        ),
    ),
    Scenario(
        "failed with 200",
        "The job fails, told as 200",
        "tries once more as it is",
        given=Given(
            dialect=Dialect(failed_http_status=200),
            job_faults=(JobFault(ends_as="failed"),),
        ),
        expect=Expect(
            jobs=3,
            log=("Trying once more",),
        ),
    ),
    Scenario(
        "failed twice",
        "The same window's job fails twice",
        "asks for a smaller window, says what that costs",
        given=Given(
            job_faults=(JobFault(ends_as="failed", times=2),),
        ),
        expect=Expect(
            log=("Asking for less: window shortened to 132.0 h, which costs more jobs",),
        ),
    ),
    Scenario(
        "large jobs fail",
        "Every job of more than three days fails",
        "halves window and lookback until it fits, says what that costs",
        given=Given(
            job_faults=(
                JobFault(ends_as="failed", times=None, range_longer_than_seconds=3 * DAY_SECONDS),
            ),
        ),
        expect=Expect(
            values=False,
            log=("window shortened", r"lookback shortened to \d+.\d h: opens, clicks and replies"),
        ),
    ),
    Scenario(
        "all jobs fail",
        "Every job fails, however small",
        "gives up at one hour with a clear error",
        given=Given(
            job_faults=(JobFault(ends_as="failed", times=None),),
        ),
        expect=Expect(
            exit_code=UNAVAILABLE,
            bookmark=False,
            log=("cannot be asked for in pieces smaller than an hour",),
        ),
    ),
    Scenario(
        "canceled by somebody",
        "Somebody cancels the job in Intercom",
        "tries once more",
        given=Given(
            job_faults=(JobFault(ends_as="canceled"),),
        ),
        expect=Expect(
            jobs=3,
            log=("ended as 'canceled'",),
        ),
    ),
    Scenario(
        "a word nobody knows",
        "The job has a status that nobody knows, then ends well",
        "one warning, waits on",
        given=Given(
            job_faults=(JobFault(status_word="archiving", duration_seconds=0.1),),
        ),
        expect=Expect(
            jobs=2,
            log=(r"WARNING Job \w+ has the unknown status 'archiving'; waiting on",),
        ),
    ),
    Scenario(
        "no end",
        "A job does not end within job_timeout_minutes",
        "cancels its own job, asks for a smaller window",
        given=Given(
            job_faults=(JobFault(never_ends=True),),
            settings={"job_timeout_minutes": 30},
        ),
        expect=Expect(
            canceled=1,
            log=("still 'in_progress' after 30 minutes", "Canceled job", "window shortened"),
        ),
    ),
    Scenario(
        "no job ends",
        "No job ever ends",
        "cancels each of its own, gives up at one hour",
        given=Given(
            job_faults=(JobFault(never_ends=True, times=None),),
            settings={"job_timeout_minutes": 2, "window_days": 1, "lookback_days": 1},
        ),
        expect=Expect(
            canceled=6,
            exit_code=UNAVAILABLE,
            bookmark=False,
            log=("cannot be asked for in pieces smaller than an hour",),
        ),
    ),
    Scenario(
        "cancel in vain",
        "A job does not end, and canceling it fails",
        "one warning, waits for the slot like anybody else",
        given=Given(
            job_faults=(JobFault(never_ends=True),),
            faults=(Fault("cancel", status=500, handled=True),),
            settings={"job_timeout_minutes": 30},
        ),
        expect=Expect(
            canceled=1,
            log=("WARNING Job .* could not be canceled",),
        ),
    ),
    Scenario(
        "row limit in one file",
        "Intercom cuts a file at its row limit, without a word",
        "throws the archive away, halves until nothing is cut",
        given=Given(
            job_faults=(JobFault(max_rows=40, times=None),),
            settings={"export_row_limit": 40},
        ),
        expect=Expect(
            values=False,
            log=("Intercom cuts an export at 40 without saying so",),
        ),
    ),
    Scenario(
        "row limit over all files",
        "The rows of all files together reach the limit",
        "the same, as nobody knows what the limit counts",
        given=Given(
            settings={"export_row_limit": 80},
        ),
        expect=Expect(
            values=False,
            log=("Intercom cuts an export at 80 without saying so",),
        ),
    ),
    Scenario(
        "row limit in an hour",
        "Even an hour has too many rows",
        "a clear error; what was written stays written",
        given=Given(
            settings={"export_row_limit": 1},
        ),
        expect=Expect(
            values=False,
            exit_code=UNREADABLE,
            log=("cannot be asked for in pieces smaller than an hour",),
        ),
    ),
    Scenario(
        "range refused",
        "Intercom refuses the range as too long (400)",
        "asks for a shorter one",
        given=Given(
            dialect=Dialect(max_range_seconds=9 * DAY_SECONDS),
        ),
        expect=Expect(
            values=False,
            log=("export period is longer than 9 days", "shortened"),
        ),
    ),
    Scenario(
        "range too old",
        "Intercom refuses the range because it begins before its retention (400)",
        "one error that names start_date, no smaller windows",
        given=Given(
            faults=(
                Fault(
                    "create",
                    times=None,
                    status=400,
                    body=api_error(
                        "bad_request", "created_at_after is older than the retention period"
                    ),
                ),
            ),
        ),
        expect=Expect(
            exit_code=REFUSED,
            bookmark=False,
            requests=1,
            log=("Move start_date on",),
            not_in_log=("shortened",),
        ),
    ),
    Scenario(
        "job not known yet",
        "Intercom does not know a job right after its creation (404)",
        "asks for it again for two minutes",
        given=Given(
            faults=(Fault("status", times=3, status=404, body=NOT_FOUND),),
        ),
        expect=Expect(
            jobs=2,
            log=("Intercom does not know job .* yet",),
            not_in_log=("Forgetting",),
        ),
    ),
    Scenario(
        "job never known",
        "Intercom still does not know a job after two minutes, though it runs",
        "cancels it, so that its slot is free, and creates another",
        given=Given(
            faults=(Fault("status", times=5, status=404, body=NOT_FOUND),),
            job_faults=(JobFault(never_ends=True),),
            settings={"poll_interval_seconds": 20, "slot_timeout_minutes": 0},
        ),
        expect=Expect(
            jobs=3,
            canceled=1,
            log=("Canceled job", "Forgetting job"),
        ),
    ),
    Scenario(
        "answer to create lost",
        "The job is created, but the answer is lost on the way",
        "waits until that job ends, then creates its own",
        given=Given(
            faults=(Fault("create", status=500, handled=True),),
            job_faults=(JobFault(duration_seconds=0.1),),
        ),
        expect=Expect(
            jobs=3,
            log=("Another export holds the workspace's job slot",),
        ),
    ),
    Scenario(
        "stored job resumed",
        "An earlier run left a job that has ended by now",
        "resumes it, creates none for its window",
        given=Given(
            stored=(_FIRST,),
        ),
        expect=Expect(
            jobs=1,
            log=(r"Resuming job \w+ for 2025-05-11T12:30:00Z to 2025-05-22T12:29:59Z",),
        ),
    ),
    Scenario(
        "two stored jobs resumed",
        "An earlier run left a finished job and one made ahead",
        "resumes both, creates none",
        given=Given(
            stored=(_FIRST, StoredJob(-17, 0)),
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
            stored=(StoredJob(-10, 0), _FIRST),
            settings={"lookback_days": 0},
        ),
        expect=Expect(
            values=False,
            jobs=0,
        ),
    ),
    Scenario(
        "stored job gone",
        "The job that an earlier run left is unknown to Intercom (404)",
        "forgets it with one line, creates another",
        given=Given(
            stored=(StoredJob(-21, -10 - _SECOND, exists=False),),
        ),
        expect=Expect(
            jobs=2,
            log=("Forgetting job unknown0unknown0, which is gone",),
        ),
    ),
    Scenario(
        "stored job expired",
        "The archive of the job that an earlier run left has expired",
        "forgets it with one line, creates another",
        given=Given(
            stored=(_FIRST,),
            job_faults=(JobFault(expired=True),),
        ),
        expect=Expect(
            jobs=2,
            log=("Forgetting job .*, which is gone",),
        ),
    ),
    Scenario(
        "stored job failed",
        "The job that an earlier run left has failed",
        "creates another",
        given=Given(
            stored=(_FIRST,),
            job_faults=(JobFault(ends_as="failed"),),
        ),
        expect=Expect(
            jobs=2,
            log=("ended as 'failed'",),
        ),
    ),
    Scenario(
        "stored job canceled",
        "Somebody has canceled the job that an earlier run left",
        "creates another",
        given=Given(
            stored=(_FIRST,),
            job_faults=(JobFault(ends_as="canceled"),),
        ),
        expect=Expect(
            jobs=2,
            log=("ended as 'canceled'",),
        ),
    ),
    Scenario(
        "stored job of another range",
        "The job that an earlier run left has a range that does not fit",
        "asks anew, with one line; keeps it in the state until it has ended",
        given=Given(
            stored=(StoredJob(-5, 3),),
        ),
        expect=Expect(
            jobs=2,
            log=(r"Leaving job \w+ of an earlier run: its range, .*, does not fit",),
        ),
    ),
    Scenario(
        "stored job that never ends",
        "The job that an earlier run left never ends",
        "cancels it, for it is the tap's own; asks for less",
        given=Given(
            stored=(_FIRST,),
            job_faults=(JobFault(never_ends=True),),
            settings={"job_timeout_minutes": 10, "slot_timeout_minutes": 10},
        ),
        expect=Expect(
            canceled=1,
            log=("Canceled job", "window shortened"),
        ),
    ),
    Scenario(
        "second window fails",
        "The first window goes well, then Intercom answers nothing but 500",
        "writes the first window, then the error",
        given=Given(
            faults=(Fault("create", status=500, times=None, skip=1),),
        ),
        expect=Expect(
            exit_code=UNAVAILABLE,
            log=("Everything up to 2025-05-22T12:29:59Z is written", "failed 9 times"),
        ),
    ),
)
