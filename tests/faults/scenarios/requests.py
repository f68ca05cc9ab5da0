"""Scenarios of single requests: no response, errors, refusals, redirects."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from intercom_simulator import ApiVariant, Fault
from tests.faults.scenarios.scenario import (
    CONFIGURATION,
    GROWING_PAUSES,
    REFUSED,
    UNAVAILABLE,
    Expect,
    Given,
    Scenario,
    api_error,
)

if TYPE_CHECKING:
    from intercom_simulator.faults import Route

_NO_JSON: tuple[tuple[Route, str, Any], ...] = (
    ("create", "a web page", "<html>"),
    ("status", "half a JSON", b'{"stat'),
    ("status", "a list", [1]),
)

REQUESTS = (
    *(
        Scenario(
            f"{status} without a body",
            f"Responses are {status} without a body, twice",
            "retries with growing pauses",
            given=Given(
                faults=(
                    Fault(times=2, status=status, empty_body=True),
                    Fault("status", 2, status=status),
                ),
            ),
            expect=Expect(
                pauses=GROWING_PAUSES[:2],
                log=(f"HTTP {status} without a JSON body; retrying in",),
            ),
        )
        for status in (500, 502, 503, 504)
    ),
    Scenario(
        "500 always",
        "Every response is 500",
        "nine attempts with growing, jittered pauses, then one error with the request id",
        given=Given(
            faults=(
                Fault(times=None, status=500, body=api_error("server_error", "Oops", "req-77")),
            ),
        ),
        expect=Expect(
            exit_code=UNAVAILABLE,
            bookmark=False,
            requests=9,
            pauses=GROWING_PAUSES,
            log=(r"ERROR POST .* failed 9 times; the last time: HTTP 500 .*\(request req-77\)",),
        ),
    ),
    Scenario(
        "connection refused",
        "Nothing listens on Intercom's port",
        "nine attempts, then one error",
        given=Given(
            settings={"api_url": "http://127.0.0.1:9"},
        ),
        expect=Expect(
            exit_code=UNAVAILABLE,
            bookmark=False,
            requests=0,
            pauses=GROWING_PAUSES,
            log=(r"failed 9 times; the last time: no response \(NewConnectionError\)",),
        ),
    ),
    *(
        Scenario(
            f"connection {how} at {fault.route}",
            f"The connection is {how} before the response to {fault.route}",
            "retries",
            given=Given(
                faults=(fault,),
            ),
            expect=Expect(
                pauses=GROWING_PAUSES[:1],
                log=("no response|cut off after 0 bytes",),
            ),
        )
        for how, fault in (
            ("reset", Fault("create", reset=True, handled=False)),
            ("closed", Fault("status", close_connection=True, handled=False)),
            ("reset", Fault("download", reset=True, handled=False)),
        )
    ),
    Scenario(
        "no response",
        "Intercom does not respond within request_timeout_seconds",
        "retries",
        given=Given(
            faults=(Fault("status", delay_seconds=0.6),),
            settings={"request_timeout_seconds": 0.15},
        ),
        expect=Expect(
            log=(r"no response \(ReadTimeout",),
        ),
    ),
    Scenario(
        "stalled download",
        "A download stalls in the middle for longer than request_timeout_seconds",
        "continues where it stopped",
        given=Given(
            faults=(Fault("download", stall_after_bytes=2000, stall_seconds=0.6),),
            settings={"request_timeout_seconds": 0.15},
        ),
        expect=Expect(
            log=(r"cut off after [\d,]+ bytes \(ReadTimeout",),
        ),
    ),
    *(
        Scenario(
            f"{name} for {route}",
            f"The response to {route} is 200 with {name}",
            "retries",
            given=Given(
                faults=(Fault(route, body=body),),
            ),
            expect=Expect(
                pauses=GROWING_PAUSES[:1],
                log=("HTTP 200 without a JSON body",),
            ),
        )
        for route, name, body in _NO_JSON
    ),
    Scenario(
        "JSON of a gateway",
        "A gateway responds with 504 and a JSON body that has a `status`",
        "retries as for any other 504",
        given=Given(
            faults=(
                Fault("create", status=504, body={"status": 504, "error": "Gateway Timeout"}),
                Fault("status", status=504, body={"status": "error", "message": "timed out"}),
            ),
        ),
        expect=Expect(
            pauses=GROWING_PAUSES[:1],
            jobs=2,
        ),
    ),
    Scenario(
        "token refused",
        "The token is refused (401)",
        "stops after one request; the error names access_token and region",
        given=Given(
            settings={"access_token": "another"},
        ),
        expect=Expect(
            exit_code=REFUSED,
            bookmark=False,
            requests=1,
            log=("Intercom refused the token: .*Check access_token, and that region",),
            not_in_log=("another",),
        ),
    ),
    Scenario(
        "scope missing",
        "The token lacks the scope (403)",
        "stops after one request; the error names the scope",
        given=Given(
            faults=(
                Fault(times=None, status=403, body=api_error("action_forbidden", "No.", "req-78")),
            ),
        ),
        expect=Expect(
            exit_code=REFUSED,
            bookmark=False,
            requests=1,
            log=(r"request req-78.*needs the scope export_content_data",),
        ),
    ),
    Scenario(
        "no subscription",
        "The workspace has no active subscription (402)",
        "stops after one request with an error",
        given=Given(
            faults=(
                Fault(status=402, body=api_error("api_plan_restricted", "Active subscription")),
            ),
        ),
        expect=Expect(
            exit_code=REFUSED,
            bookmark=False,
            requests=1,
            log=("the workspace an active subscription",),
        ),
    ),
    Scenario(
        "token with a line break",
        "access_token ends with a line break",
        "an error before the first request, without the token",
        given=Given(
            settings={"access_token": "sim-token\n"},
        ),
        expect=Expect(
            exit_code=CONFIGURATION,
            bookmark=False,
            requests=0,
            log=("ERROR access_token: must be",),
        ),
    ),
    Scenario(
        "api redirected",
        "The API redirects to another host",
        "does not follow; the error names region and api_url",
        given=Given(
            faults=(Fault(redirect="https://example.invalid/"),),
        ),
        expect=Expect(
            exit_code=REFUSED,
            bookmark=False,
            requests=1,
            log=("redirected to example.invalid. Check region and api_url",),
        ),
    ),
    *(
        Scenario(
            f"download at {name}",
            f"`download_url` is {name}",
            "finds the archive; does not send the token to another host",
            given=Given(
                variant=variant,
            ),
            expect=Expect(
                jobs=2,
            ),
        )
        for name, variant in (
            ("a relative path", ApiVariant(download_url="relative")),
            ("empty", ApiVariant(download_url="empty")),
            ("on another host", ApiVariant(download_url="storage")),
            (
                "on the host of another region, which responds with 404",
                ApiVariant(download_url="other_region"),
            ),
        )
    ),
    *(
        Scenario(
            f"redirected with {status}",
            f"The download is redirected to another host ({status}), with a signed URL",
            "follows without the token; logs only the host",
            given=Given(
                variant=ApiVariant(redirect_status=status),
            ),
            expect=Expect(
                jobs=2,
            ),
        )
        for status in (302, 307)
    ),
    Scenario(
        "signed URL refused",
        "The signed URL is refused once (403), like an expired one",
        "requests a new one",
        given=Given(
            variant=ApiVariant(redirect_status=302),
            faults=(Fault("storage", status=403, body="<Error><Code>AccessDenied</Code></Error>"),),
        ),
        expect=Expect(
            jobs=2,
        ),
    ),
    Scenario(
        "storage unreachable",
        "The host of the signed URL resets every connection",
        "nine attempts, then an error that names only the host",
        given=Given(
            variant=ApiVariant(redirect_status=302),
            faults=(Fault("storage", times=None, reset=True, handled=False),),
        ),
        expect=Expect(
            exit_code=UNAVAILABLE,
            bookmark=False,
            log=(r"Download from 127\.0\.0\.1:\d+ failed 9 times",),
        ),
    ),
    Scenario(
        "redirected to http",
        "The download is redirected to a host without https",
        "an error",
        given=Given(
            faults=(Fault("download", redirect="http://example.invalid/x", times=None),),
        ),
        expect=Expect(
            exit_code=REFUSED,
            bookmark=False,
            log=("The download is at example.invalid, which is not https",),
        ),
    ),
    Scenario(
        "redirect loop",
        "The download is redirected to itself",
        "gives up after five redirects",
        given=Given(
            faults=(Fault("download", redirect="/download/content/data/abc", times=None),),
        ),
        expect=Expect(
            exit_code=REFUSED,
            bookmark=False,
            log=("redirected more than 5 times",),
        ),
    ),
)
