"""Scenarios of ranges: the row limit, and ranges that Intercom refuses."""

from __future__ import annotations

from intercom_simulator import ApiVariant, Fault, JobFault
from tests.faults.scenarios.scenario import (
    DAY_SECONDS,
    REFUSED,
    UNREADABLE,
    Expect,
    Given,
    Scenario,
    api_error,
)

RANGES = (
    Scenario(
        "row limit in one file",
        "Intercom silently cuts a file at its row limit",
        "discards the archive, halves the window until nothing is cut",
        given=Given(
            job_faults=(JobFault(max_rows=40, times=None),),
            settings={"export_row_limit": 40},
        ),
        expect=Expect(
            values=False,
            log=("Intercom silently truncates an export at 40",),
        ),
    ),
    Scenario(
        "row limit over all files",
        "The rows of all files together reach the limit",
        "the same, because it is unknown what the limit counts",
        given=Given(
            settings={"export_row_limit": 80},
        ),
        expect=Expect(
            values=False,
            log=("Intercom silently truncates an export at 80",),
        ),
    ),
    Scenario(
        "row limit in an hour",
        "Even an hour has too many rows",
        "an error; earlier windows stay written",
        given=Given(
            settings={"export_row_limit": 1},
        ),
        expect=Expect(
            values=False,
            exit_code=UNREADABLE,
            log=("The window cannot be smaller than an hour",),
        ),
    ),
    Scenario(
        "range refused",
        "Intercom refuses the range as too long (400)",
        "requests a shorter one",
        given=Given(
            variant=ApiVariant(max_range_seconds=9 * DAY_SECONDS),
        ),
        expect=Expect(
            values=False,
            log=("export period is longer than 9 days", "Requesting less"),
        ),
    ),
    Scenario(
        "range too old",
        "Intercom refuses the range because it starts before the retention period (400)",
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
            log=("Set a later start_date",),
            not_in_log=("Requesting less",),
        ),
    ),
)
