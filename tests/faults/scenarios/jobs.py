"""Scenarios of new export jobs: slot, status words, failures, timeouts."""

from __future__ import annotations

from intercom_simulator import ApiVariant, Fault, JobFault
from tests.faults.scenarios.scenario import (
    DAY_SECONDS,
    RATE_LIMITED,
    UNAVAILABLE,
    UNTIL_CANCELED,
    Expect,
    Given,
    Scenario,
    api_error,
)

NOT_FOUND = api_error("not_found", "The requested resource does not exist")

JOBS = (
    Scenario(
        "no fault",
        "No fault",
        "creates one job per window",
        expect=Expect(
            jobs=2,
            log=("Everything up to 2025-06-01T12:30:00Z is written",),
        ),
    ),
    Scenario(
        "slot occupied for a while",
        "Another export occupies the only job slot, then ends",
        "says so once, waits, continues",
        given=Given(
            slot_held_seconds=0.6,
        ),
        expect=Expect(
            jobs=2,
            log=("Another export holds the workspace's job slot",),
        ),
    ),
    Scenario(
        "slot never freed",
        "Another export occupies the slot for longer than slot_timeout_minutes",
        "logs while waiting, then an error that says who may occupy the slot and how to free it",
        given=Given(
            slot_held_seconds=UNTIL_CANCELED,
            settings={"slot_timeout_minutes": 30},
        ),
        expect=Expect(
            exit_code=UNAVAILABLE,
            bookmark=False,
            jobs=0,
            log=(
                r"Another export holds the workspace's job slot .*\(0 s so far",
                r"\(\d+ min so far, at most 30 min\)",
                "held the workspace's job slot for 30 min",
                "colleague in Intercom, another app, or the job of a run that was killed",
                "cancel it in Intercom, or raise slot_timeout_minutes",
            ),
        ),
    ),
    Scenario(
        "no wait for the slot",
        "Another export occupies the slot, and slot_timeout_minutes is 0",
        "the same error at once",
        given=Given(
            slot_held_seconds=UNTIL_CANCELED,
            settings={"slot_timeout_minutes": 0},
        ),
        expect=Expect(
            exit_code=UNAVAILABLE,
            jobs=0,
            requests=1,
        ),
    ),
    Scenario(
        "rate limit instead of the slot",
        "The request to create a job exceeds the rate limit (429)",
        "retries like any request; does not mention the slot",
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
        "status and key as in the reference text",
        "The job ends as `complete`, and the key of its id is spelled `job_identfier`",
        "treats it as `completed`",
        given=Given(
            variant=ApiVariant(completed_status="complete", identifier_key="job_identfier"),
        ),
        expect=Expect(
            jobs=2,
        ),
    ),
    Scenario(
        "no data",
        "Windows without any data end as `no_data`",
        "moves the bookmark without a download",
        given=Given(
            settings={"start_date": "2025-03-01"},
        ),
        expect=Expect(
            log=("no_data",),
        ),
    ),
    Scenario(
        "failed with 504",
        "The job fails; the response is 504 with the job as its body",
        "creates the same job once more",
        given=Given(
            job_faults=(JobFault(ends_as="failed"),),
        ),
        expect=Expect(
            jobs=3,
            log=("ended as 'failed'; Intercom gives no reason. Retrying once",),
        ),
    ),
    Scenario(
        "failed with 200",
        "The job fails; the response is 200",
        "creates the same job once more",
        given=Given(
            variant=ApiVariant(failed_http_status=200),
            job_faults=(JobFault(ends_as="failed"),),
        ),
        expect=Expect(
            jobs=3,
            log=("Retrying once",),
        ),
    ),
    Scenario(
        "failed twice",
        "The same window's job fails twice",
        "requests a smaller window and logs the cost",
        given=Given(
            job_faults=(JobFault(ends_as="failed", times=2),),
        ),
        expect=Expect(
            log=("Requesting less: window shortened to 5 d 12 h, which takes more jobs",),
        ),
    ),
    Scenario(
        "large jobs fail",
        "Every job of more than three days fails",
        "halves window and lookback until the job succeeds, and logs the cost",
        given=Given(
            job_faults=(
                JobFault(ends_as="failed", times=None, range_longer_than_seconds=3 * DAY_SECONDS),
            ),
        ),
        expect=Expect(
            values=False,
            log=(
                "window shortened",
                r"lookback shortened to [\dhmind ]+: this window misses opens",
            ),
        ),
    ),
    Scenario(
        "all jobs fail",
        "Every job fails, however small",
        "gives up at a window of one hour with an error",
        given=Given(
            job_faults=(JobFault(ends_as="failed", times=None),),
        ),
        expect=Expect(
            exit_code=UNAVAILABLE,
            bookmark=False,
            log=("The window cannot be smaller than an hour",),
        ),
    ),
    Scenario(
        "canceled in Intercom",
        "A user cancels the job in Intercom",
        "creates it once more",
        given=Given(
            job_faults=(JobFault(ends_as="canceled"),),
        ),
        expect=Expect(
            jobs=3,
            log=("ended as 'canceled'",),
        ),
    ),
    Scenario(
        "unknown status",
        "The job has an unknown status, then completes",
        "one warning, keeps polling",
        given=Given(
            job_faults=(JobFault(status_word="archiving", duration_seconds=0.1),),
        ),
        expect=Expect(
            jobs=2,
            log=(r"WARNING Job \w+ has the unknown status 'archiving'; still waiting",),
        ),
    ),
    Scenario(
        "job timeout",
        "A job does not end within job_timeout_minutes",
        "cancels its own job, requests a smaller window",
        given=Given(
            job_faults=(JobFault(never_ends=True),),
            settings={"job_timeout_minutes": 30},
        ),
        expect=Expect(
            canceled=1,
            log=("still 'in_progress' after 30 min", "Canceled job", "window shortened"),
        ),
    ),
    Scenario(
        "all jobs time out",
        "No job ever ends",
        "cancels each of its jobs, gives up at a window of one hour",
        given=Given(
            job_faults=(JobFault(never_ends=True, times=None),),
            settings={"job_timeout_minutes": 2, "window_days": 1, "lookback_days": 1},
        ),
        expect=Expect(
            canceled=6,
            exit_code=UNAVAILABLE,
            bookmark=False,
            log=("The window cannot be smaller than an hour",),
        ),
    ),
    Scenario(
        "cancel fails",
        "A job does not end, and canceling it fails",
        "one warning, waits for the slot",
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
        "job not known yet",
        "Intercom does not know a job right after its creation (404)",
        "polls again for two minutes",
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
        "new job stays unknown",
        "Intercom still does not know a job after two minutes, although it runs",
        "cancels it to free the slot, and creates another one",
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
        "create response lost",
        "The job is created, but the response is lost",
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
        "second window fails",
        "The first window succeeds, then Intercom responds with 500 only",
        "writes the first window, then an error",
        given=Given(
            faults=(Fault("create", status=500, times=None, skip=1),),
        ),
        expect=Expect(
            exit_code=UNAVAILABLE,
            log=("Everything up to 2025-05-22T12:29:59Z is written", "failed 9 times"),
        ),
    ),
)
