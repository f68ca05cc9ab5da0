"""Scenarios of rate limits: responses 429, with and without headers about the time to wait."""

from __future__ import annotations

from intercom_simulator import Fault
from tests.faults.scenarios.scenario import (
    GROWING_PAUSES,
    RATE_LIMITED,
    Expect,
    Given,
    Scenario,
)

RATE_LIMITS = (
    Scenario(
        "429 with X-RateLimit-Reset",
        "Too many requests, with X-RateLimit-Reset in 20 s",
        "waits as long",
        given=Given(
            faults=(
                Fault(
                    "status",
                    status=429,
                    body=RATE_LIMITED,
                    headers={"X-RateLimit-Reset": "{in 20 s}"},
                ),
            ),
        ),
        expect=Expect(
            pauses=((17, 20.5),),
        ),
    ),
    Scenario(
        "429 with Retry-After in seconds",
        "Too many requests, with Retry-After: 7",
        "waits as long",
        given=Given(
            faults=(Fault("status", status=429, body=RATE_LIMITED, headers={"Retry-After": "7"}),),
        ),
        expect=Expect(
            pauses=((7, 7),),
        ),
    ),
    Scenario(
        "429 with Retry-After as a date",
        "Too many requests, with Retry-After as a date in 20 s",
        "waits as long",
        given=Given(
            faults=(
                Fault(
                    "download",
                    status=429,
                    body=RATE_LIMITED,
                    headers={"Retry-After": "{date in 20 s}"},
                ),
            ),
        ),
        expect=Expect(
            pauses=((17, 20.5),),
        ),
    ),
    Scenario(
        "429 with a Retry-After of an hour",
        "Too many requests, with Retry-After: 3600",
        "retries after a minute",
        given=Given(
            faults=(
                Fault("status", status=429, body=RATE_LIMITED, headers={"Retry-After": "3600"}),
            ),
        ),
        expect=Expect(
            pauses=((60, 60),),
        ),
    ),
    Scenario(
        "429 without headers",
        "Too many requests, without headers about the time to wait",
        "retries with growing pauses",
        given=Given(
            faults=(Fault("status", status=429, times=2, empty_body=True),),
        ),
        expect=Expect(
            pauses=GROWING_PAUSES[:2],
        ),
    ),
    Scenario(
        "429 with invalid headers",
        "Too many requests, with invalid headers",
        "retries with growing pauses",
        given=Given(
            faults=(
                Fault("status", status=429, headers={"Retry-After": "soon"}),
                Fault("create", status=429, headers={"X-RateLimit-Reset": "-1"}),
            ),
        ),
        expect=Expect(
            pauses=GROWING_PAUSES[:1],
        ),
    ),
)
