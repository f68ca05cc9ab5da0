"""What goes wrong, as data: a scenario is a sentence, what brings it about, what must follow."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from intercom_simulator import Dialect, Fault, JobFault, Member, Mutation
from tests.faults import hostile

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from intercom_simulator.faults import Route

DAY = 86_400
"""Seconds."""

FOR_EVER = math.inf

GONE = 1
"""Exit status of a run that met an error."""


@dataclass(frozen=True)
class Stored:
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
class Scenario:
    """One thing that goes wrong, or a few together.

    Args:
        name: A few words, for the name of the test.
        happens: What happens, as the matrix says it.
        does: What the tap does about it.
        dialect: How Intercom answers.
        faults: What goes wrong with answers. A header may say `{in 7 s}` or `{date in 7 s}`.
        job_faults: What becomes of jobs.
        settings: Settings of the tap that differ; None takes one away.
        stored: Jobs in the state of an earlier run.
        held: For how many seconds somebody else has the slot, FOR_EVER or None for not at all.
        receipts: How many messages the workspace has sent.
        make_body: Makes the body of every download instead of the right one.
        exit_code: The exit status. After an error a run without the trouble must bring everything.
        log: Patterns, each of which a line of the log matches.
        not_in_log: Patterns that none matches.
        bookmark: False if no bookmark may have moved.
        jobs: How many jobs the run creates; None if it does not matter.
        canceled: How many requests to cancel a job it makes.
        requests: How many requests in all; None if it does not matter.
        pauses: The least and the most seconds of each pause between tries, in order.
        records: How many records a stream must have.
        columns: Columns that a stream's SCHEMA must have.
        files: The files that arrive; all when empty.
        ignore: Columns that are not compared.
        values: Whether the `first_*` columns are right, too: a shortened lookback costs some.
        damaged: How many rows at most cannot be read, and come as `rejected_row`.
        invented: Whether rows come that the workspace does not have, because a file is not its own.
    """

    name: str
    happens: str
    does: str
    dialect: Dialect = field(default_factory=Dialect)
    faults: tuple[Fault, ...] = ()
    job_faults: tuple[JobFault, ...] = ()
    settings: Mapping[str, Any] = field(default_factory=dict)
    stored: tuple[Stored, ...] = ()
    held: float | None = None
    receipts: int = 60
    make_body: Callable[[], bytes] | None = None
    exit_code: int = 0
    log: tuple[str, ...] = ()
    not_in_log: tuple[str, ...] = ()
    bookmark: bool | None = None
    jobs: int | None = None
    canceled: int = 0
    requests: int | None = None
    pauses: tuple[tuple[float, float], ...] = ()
    records: Mapping[str, int] = field(default_factory=dict)
    columns: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    files: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    values: bool = True
    damaged: int = 0
    invented: bool = False


def _api_error(code: str, message: str, request_id: str | None = None) -> dict[str, Any]:
    """Give an error in Intercom's form."""
    error = {"code": code, "message": message}
    return {"type": "error.list", "request_id": request_id, "errors": [error]}


_SECOND = 1 / DAY
_FIRST = Stored(-21, -10 - _SECOND)
"""The range of the first window."""

_RATE = _api_error("rate_limit_exceeded", "More than 10000 requests received in 1 minute")

JOBS = (
    Scenario(
        "nothing",
        "Nothing goes wrong",
        "one job a window, each created once",
        jobs=2,
        log=("Everything up to 2025-06-01T12:30:00Z is written",),
    ),
    Scenario(
        "slot taken for a while",
        "Another export holds the workspace's only slot, then ends",
        "says so once, waits, goes on",
        held=0.6,
        jobs=2,
        log=("Another export holds the workspace's job slot",),
    ),
    Scenario(
        "slot never freed",
        "Another export holds the slot longer than slot_timeout_minutes",
        "heartbeats, then an error that says who may hold the slot and how to free it",
        held=FOR_EVER,
        settings={"slot_timeout_minutes": 30},
        exit_code=GONE,
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
    Scenario(
        "slot not waited for",
        "Another export holds the slot, and slot_timeout_minutes is 0",
        "the error at once",
        held=FOR_EVER,
        settings={"slot_timeout_minutes": 0},
        exit_code=GONE,
        jobs=0,
        requests=1,
    ),
    Scenario(
        "too many requests is not the slot",
        "A job is asked for while there are too many requests",
        "waits as for any request, says nothing of the slot",
        faults=(Fault("create", status=429, body=_RATE),),
        log=("429 rate_limit_exceeded: More than 10000 requests",),
        not_in_log=("job slot",),
        jobs=2,
    ),
    Scenario(
        "done as in the prose",
        "The job ends as `complete`, its id is spelled `job_identfier`",
        "takes it for `completed`",
        dialect=Dialect(done_word="complete", identifier_key="job_identfier"),
        jobs=2,
    ),
    Scenario(
        "no data",
        "Windows without any data end as `no_data`",
        "the bookmark moves, nothing is downloaded",
        settings={"start_date": "2025-03-01"},
        log=("no_data",),
    ),
    Scenario(
        "failed with 504",
        "The job fails, told as 504 with the job as its body",
        "tries once more as it is",
        job_faults=(JobFault(ends_as="failed"),),
        jobs=3,
        log=("ended as 'failed'; Intercom gives no reason. Trying once more",),
    ),
    Scenario(
        "failed with 200",
        "The job fails, told as 200",
        "tries once more as it is",
        dialect=Dialect(failed_status=200),
        job_faults=(JobFault(ends_as="failed"),),
        jobs=3,
        log=("Trying once more",),
    ),
    Scenario(
        "failed twice",
        "The same window's job fails twice",
        "asks for a smaller window, says what that costs",
        job_faults=(JobFault(ends_as="failed", times=2),),
        log=("Asking for less: window shortened to 132.0 h, which costs more jobs",),
    ),
    Scenario(
        "large jobs fail",
        "Every job of more than three days fails",
        "halves window and lookback until it fits, says what that costs",
        job_faults=(JobFault(ends_as="failed", times=None, longer_than=3 * DAY),),
        values=False,
        log=("window shortened", r"lookback shortened to \d+.\d h: opens, clicks and replies"),
    ),
    Scenario(
        "all jobs fail",
        "Every job fails, however small",
        "gives up at one hour with a clear error",
        job_faults=(JobFault(ends_as="failed", times=None),),
        exit_code=GONE,
        bookmark=False,
        log=("cannot be asked for in pieces smaller than an hour",),
    ),
    Scenario(
        "canceled by somebody",
        "Somebody cancels the job in Intercom",
        "tries once more",
        job_faults=(JobFault(ends_as="canceled"),),
        jobs=3,
        log=("ended as 'canceled'",),
    ),
    Scenario(
        "a word nobody knows",
        "The job has a status that nobody knows, then ends well",
        "one warning, waits on",
        job_faults=(JobFault(status_word="archiving", seconds=0.1),),
        jobs=2,
        log=(r"WARNING Job \w+ has the unknown status 'archiving'; waiting on",),
    ),
    Scenario(
        "no end",
        "A job does not end within job_timeout_minutes",
        "cancels its own job, asks for a smaller window",
        job_faults=(JobFault(never_ends=True),),
        settings={"job_timeout_minutes": 30},
        canceled=1,
        log=("still 'in_progress' after 30 minutes", "Canceled job", "window shortened"),
    ),
    Scenario(
        "no job ends",
        "No job ever ends",
        "cancels each of its own, gives up at one hour",
        job_faults=(JobFault(never_ends=True, times=None),),
        settings={"job_timeout_minutes": 2, "window_days": 1, "lookback_days": 1},
        canceled=6,  # of 24, 12, 6, 3, 1.5 and 1 h: there is no lookback before the start
        exit_code=GONE,
        bookmark=False,
        log=("cannot be asked for in pieces smaller than an hour",),
    ),
    Scenario(
        "cancel in vain",
        "A job does not end, and canceling it fails",
        "one warning, waits for the slot like anybody else",
        job_faults=(JobFault(never_ends=True),),
        faults=(Fault("cancel", status=500, handled=True),),
        settings={"job_timeout_minutes": 30},
        canceled=1,
        log=("WARNING Job .* could not be canceled",),
    ),
    Scenario(
        "row limit in one file",
        "Intercom cuts a file at its row limit, without a word",
        "throws the archive away, halves until nothing is cut",
        job_faults=(JobFault(rows=40, times=None),),
        settings={"export_row_limit": 40},
        values=False,
        log=("Intercom cuts an export at 40 without saying so",),
    ),
    Scenario(
        "row limit over all files",
        "The rows of all files together reach the limit",
        "the same, as nobody knows what the limit counts",
        settings={"export_row_limit": 150},
        values=False,
        log=("Intercom cuts an export at 150 without saying so",),
    ),
    Scenario(
        "row limit in an hour",
        "Even an hour has too many rows",
        "a clear error; what was written stays written",
        settings={"export_row_limit": 1},
        values=False,
        exit_code=GONE,
        log=("cannot be asked for in pieces smaller than an hour",),
    ),
    Scenario(
        "range refused",
        "Intercom refuses the range as too long (400)",
        "asks for a shorter one",
        dialect=Dialect(longest_range=9 * DAY),
        values=False,
        log=("export period is longer than 9 days", "shortened"),
    ),
    Scenario(
        "answer to create lost",
        "The job is created, but the answer is lost on the way",
        "waits until that job ends, then creates its own",
        faults=(Fault("create", status=500, handled=True),),
        job_faults=(JobFault(seconds=0.1),),
        jobs=3,
        log=("Another export holds the workspace's job slot",),
    ),
    Scenario(
        "stored job resumed",
        "An earlier run left a job that has ended by now",
        "resumes it, creates none for its window",
        stored=(_FIRST,),
        jobs=1,
        log=(r"Resuming job \w+ for 2025-05-11T12:30:00Z to 2025-05-22T12:29:59Z",),
    ),
    Scenario(
        "two stored jobs resumed",
        "An earlier run left a finished job and one made ahead",
        "resumes both, creates none",
        stored=(_FIRST, Stored(-17, 0)),
        jobs=0,
    ),
    Scenario(
        "stored jobs in the wrong order",
        "An earlier run left two jobs, the later one first",
        "resumes both in order of time",
        stored=(Stored(-10, 0), _FIRST),
        settings={"lookback_days": 0},
        values=False,
        jobs=0,
    ),
    Scenario(
        "stored job gone",
        "The job that an earlier run left is unknown to Intercom (404)",
        "forgets it with one line, creates another",
        stored=(Stored(-21, -10 - _SECOND, exists=False),),
        jobs=2,
        log=("Forgetting job unknown0unknown0, which is gone",),
    ),
    Scenario(
        "stored job expired",
        "The archive of the job that an earlier run left has expired",
        "forgets it with one line, creates another",
        stored=(_FIRST,),
        job_faults=(JobFault(expired=True),),
        jobs=2,
        log=("Forgetting job .*, which is gone",),
    ),
    Scenario(
        "stored job failed",
        "The job that an earlier run left has failed",
        "creates another",
        stored=(_FIRST,),
        job_faults=(JobFault(ends_as="failed"),),
        jobs=2,
        log=("ended as 'failed'",),
    ),
    Scenario(
        "stored job canceled",
        "Somebody has canceled the job that an earlier run left",
        "creates another",
        stored=(_FIRST,),
        job_faults=(JobFault(ends_as="canceled"),),
        jobs=2,
        log=("ended as 'canceled'",),
    ),
    Scenario(
        "stored job of another range",
        "The job that an earlier run left has a range that does not fit",
        "asks anew, with one line; keeps it in the state until it has ended",
        stored=(Stored(-5, 3),),
        jobs=2,
        log=(r"Leaving job \w+ of an earlier run: its range, .*, does not fit",),
    ),
    Scenario(
        "stored job that never ends",
        "The job that an earlier run left never ends",
        "cancels it, for it is the tap's own; asks for less",
        stored=(_FIRST,),
        job_faults=(JobFault(never_ends=True),),
        settings={"job_timeout_minutes": 10, "slot_timeout_minutes": 10},
        canceled=1,
        log=("Canceled job", "window shortened"),
    ),
    Scenario(
        "second window fails",
        "The first window goes well, then Intercom answers nothing but 500",
        "writes the first window, then the error",
        faults=(Fault("create", status=500, times=None, skip=1),),
        exit_code=GONE,
        log=("Everything up to 2025-05-22T12:29:59Z is written", "failed 9 times"),
    ),
)

_GROWING = ((0.5, 1), (1, 2), (2, 4), (4, 8), (8, 16), (16, 32), (30, 60), (30, 60))
"""Pauses that double, with 50 % to 100 % of chance, up to a minute."""

_NO_JSON: tuple[tuple[Route, str, Any], ...] = (
    ("create", "a web page", "<html>"),
    ("status", "half a JSON", b'{"stat'),
    ("status", "a list", [1]),
)

WIRE = (
    *(
        Scenario(
            f"{status} without a body",
            f"Every request answers {status} without a body, twice",
            "growing pauses, goes on",
            faults=(Fault(times=2, status=status, no_body=True), Fault("status", 2, status=status)),
            pauses=_GROWING[:2],
            log=(f"HTTP {status} without a JSON body; again in",),
        )
        for status in (500, 502, 503, 504)
    ),
    Scenario(
        "500 for ever",
        "Intercom answers nothing but 500",
        "nine tries with growing, jittered pauses, then one error with the request id",
        faults=(Fault(times=None, status=500, body=_api_error("server_error", "Oops", "req-77")),),
        exit_code=GONE,
        bookmark=False,
        requests=9,
        pauses=_GROWING,
        log=(r"ERROR POST .* failed 9 times; the last time: HTTP 500 .*\(request req-77\)",),
    ),
    Scenario(
        "429 with X-RateLimit-Reset",
        "Too many requests, with X-RateLimit-Reset in 20 s",
        "waits so long",
        faults=(
            Fault("status", status=429, body=_RATE, headers={"X-RateLimit-Reset": "{in 20 s}"}),
        ),
        pauses=((17, 20.5),),
    ),
    Scenario(
        "429 with Retry-After in seconds",
        "Too many requests, with Retry-After: 7",
        "waits so long",
        faults=(Fault("status", status=429, body=_RATE, headers={"Retry-After": "7"}),),
        pauses=((7, 7),),
    ),
    Scenario(
        "429 with Retry-After as a date",
        "Too many requests, with Retry-After as a date in 20 s",
        "waits so long",
        faults=(
            Fault("download", status=429, body=_RATE, headers={"Retry-After": "{date in 20 s}"}),
        ),
        pauses=((17, 20.5),),
    ),
    Scenario(
        "429 with an hour to wait",
        "Too many requests, with Retry-After: 3600",
        "asks again after a minute",
        faults=(Fault("status", status=429, body=_RATE, headers={"Retry-After": "3600"}),),
        pauses=((60, 60),),
    ),
    Scenario(
        "429 with nothing",
        "Too many requests, and nothing about when to come back",
        "growing pauses",
        faults=(Fault("status", status=429, times=2, no_body=True),),
        pauses=_GROWING[:2],
    ),
    Scenario(
        "429 with nonsense",
        "Too many requests, with headers that make no sense",
        "growing pauses",
        faults=(
            Fault("status", status=429, headers={"Retry-After": "soon"}),
            Fault("create", status=429, headers={"X-RateLimit-Reset": "-1"}),
        ),
        pauses=_GROWING[:1],
    ),
    Scenario(
        "connection refused",
        "Nothing listens on Intercom's port",
        "nine tries, then one error",
        settings={"api_url": "http://127.0.0.1:9"},
        exit_code=GONE,
        bookmark=False,
        requests=0,
        pauses=_GROWING,
        log=(r"failed 9 times; the last time: no answer \(NewConnectionError\)",),
    ),
    *(
        Scenario(
            f"connection {how} at {fault.on}",
            f"The connection is {how} before any answer to {fault.on}",
            "tries again",
            faults=(fault,),
            pauses=_GROWING[:1],
            log=("no answer|cut off after 0 bytes",),
        )
        for how, fault in (
            ("reset", Fault("create", reset=True, handled=False)),
            ("closed", Fault("status", hang_up=True, handled=False)),
            ("reset", Fault("download", reset=True, handled=False)),
        )
    ),
    Scenario(
        "silence",
        "Intercom says nothing for longer than request_timeout_seconds",
        "tries again",
        faults=(Fault("status", delay=0.6),),
        settings={"request_timeout_seconds": 0.15},
        log=(r"no answer \(ReadTimeout",),
    ),
    Scenario(
        "stalled download",
        "A download stalls in the middle for longer than request_timeout_seconds",
        "goes on from where it stopped",
        faults=(Fault("download", stall_after=2000, stall_seconds=0.6),),
        settings={"request_timeout_seconds": 0.15},
        log=(r"cut off after [\d,]+ bytes \(ReadTimeout",),
    ),
    *(
        Scenario(
            f"{name} for {on}",
            f"{on} answers 200 with {name}",
            "tries again",
            faults=(Fault(on, body=body),),
            pauses=_GROWING[:1],
            log=("HTTP 200 without a JSON body",),
        )
        for on, name, body in _NO_JSON
    ),
    Scenario(
        "a gateway's JSON",
        "A gateway answers 504 with a JSON body of its own that has a `status`",
        "takes it for a 504 like any other, tries again",
        faults=(
            Fault("create", status=504, body={"status": 504, "error": "Gateway Timeout"}),
            Fault("status", status=504, body={"status": "error", "message": "timed out"}),
        ),
        pauses=_GROWING[:1],
        jobs=2,
    ),
    Scenario(
        "token refused",
        "The token is refused (401)",
        "stops after one request; the error names access_token and region",
        settings={"access_token": "another"},
        exit_code=GONE,
        bookmark=False,
        requests=1,
        log=("Intercom refused the token: .*Check access_token, and that region",),
        not_in_log=("another",),
    ),
    Scenario(
        "scope missing",
        "The token lacks the scope (403)",
        "stops after one request; the error names the scope",
        faults=(
            Fault(times=None, status=403, body=_api_error("action_forbidden", "No.", "req-78")),
        ),
        exit_code=GONE,
        bookmark=False,
        requests=1,
        log=(r"request req-78.*needs the scope export_content_data",),
    ),
    Scenario(
        "no subscription",
        "The workspace has no active subscription (402)",
        "stops after one request with a clear error",
        faults=(Fault(status=402, body=_api_error("api_plan_restricted", "Active subscription")),),
        exit_code=GONE,
        bookmark=False,
        requests=1,
        log=("the workspace an active subscription",),
    ),
    Scenario(
        "token with a line end",
        "access_token was pasted with a line end",
        "says so before it asks for anything; never shows the token",
        settings={"access_token": "sim-token\n"},
        exit_code=GONE,
        bookmark=False,
        requests=0,
        log=("ERROR access_token: must be",),
    ),
    Scenario(
        "api redirected",
        "The API redirects to another host",
        "does not follow; the error names region and api_url",
        faults=(Fault(redirect="https://example.invalid/"),),
        exit_code=GONE,
        bookmark=False,
        requests=1,
        log=("redirected to example.invalid. Check region and api_url",),
    ),
    *(
        Scenario(
            f"download at {name}",
            f"`download_url` is {name}",
            "finds the archive, keeps the token to itself",
            dialect=dialect,
            jobs=2,
        )
        for name, dialect in (
            ("a relative path", Dialect(download_url="relative")),
            ("empty", Dialect(download_url="empty")),
            ("on another host", Dialect(download_url="storage")),
        )
    ),
    *(
        Scenario(
            f"redirected with {status}",
            f"The download is redirected to another host ({status}), with a signed address",
            "follows without the token, logs nothing but the host",
            dialect=Dialect(redirect=status),
            jobs=2,
        )
        for status in (302, 307)
    ),
    Scenario(
        "signed address refused",
        "The signed address is refused once (403), as one that has expired",
        "asks for a new one",
        dialect=Dialect(redirect=302),
        faults=(Fault("storage", status=403, body="<Error><Code>AccessDenied</Code></Error>"),),
        jobs=2,
    ),
    Scenario(
        "storage unreachable",
        "The host of the signed address breaks every connection",
        "nine tries, then an error that names nothing but the host",
        dialect=Dialect(redirect=302),
        faults=(Fault("storage", times=None, reset=True, handled=False),),
        exit_code=GONE,
        bookmark=False,
        log=(r"Download from 127\.0\.0\.1:\d+ failed 9 times",),
    ),
    Scenario(
        "redirected to http",
        "The download is redirected to a host without https",
        "refuses",
        faults=(Fault("download", redirect="http://example.invalid/x", times=None),),
        exit_code=GONE,
        bookmark=False,
        log=("The download is at example.invalid, which is not https",),
    ),
    Scenario(
        "redirected in circles",
        "The download is redirected to itself",
        "gives up after five",
        faults=(Fault("download", redirect="/download/content/data/abc", times=None),),
        exit_code=GONE,
        bookmark=False,
        log=("redirected more than 5 times",),
    ),
)

DOWNLOADS = (
    *(
        Scenario(
            f"cut {name} {share:.0%}",
            f"The download is cut after {share:.0%}, {name}",
            "goes on from there, or from the start",
            faults=(Fault("download", cut_fraction=share, clean=clean, reset=reset),),
            jobs=2,
        )
        for share in (0.0, 0.4)
        for name, clean, reset in (
            ("in the open", False, False),
            ("as if it were whole", True, False),
            ("with a reset", False, True),
        )
    ),
    *(
        Scenario(
            f"cut after {size} bytes",
            f"The download ends after {size} bytes as if it were whole",
            "sees that this is no archive, downloads again",
            faults=(Fault("download", cut_after=size, clean=True),),
            jobs=2,
        )
        for size in (1, 3, 40)
    ),
    *(
        Scenario(
            f"byte {position} changed",
            f"Byte {position} of the archive is changed on the way",
            "sees it, downloads again",
            faults=(Fault("download", corrupt_at=position),),
            jobs=2,
        )
        for position in (0, 6, 3000, -6, -40)
    ),
    Scenario(
        "cut again and again",
        "The download is cut eleven times, always further on",
        "goes on each time, as it gets somewhere",
        faults=tuple(Fault("download", cut_after=500) for _ in range(11)),
        receipts=300,
        jobs=2,
    ),
    Scenario(
        "range not served",
        "The download is cut, and the server does not know Range",
        "begins again",
        dialect=Dialect(ranges=False),
        faults=(Fault("download", cut_fraction=0.5),),
        jobs=2,
    ),
    Scenario(
        "another file",
        "The download is cut, and the file is another one afterwards",
        "begins again, mixes nothing",
        faults=(Fault("download", cut_fraction=0.5, headers={"ETag": '"old"'}),),
        jobs=2,
    ),
    Scenario(
        "range refused",
        "The download is cut, and going on is refused (416)",
        "begins again",
        faults=(Fault("download", cut_fraction=0.5), Fault("download", status=416)),
        jobs=2,
    ),
    Scenario(
        "damaged once",
        "The archive arrives damaged",
        "downloads it again",
        faults=(Fault("download", corrupt_at=2500),),
        log=("WARNING The archive of job .* is damaged",),
        jobs=2,
    ),
    Scenario(
        "damaged twice",
        "The archive arrives damaged twice in a row",
        "a clear error, no bookmark moved, nothing written",
        faults=(Fault("download", corrupt_at=2500, times=2),),
        exit_code=GONE,
        bookmark=False,
        records={"receipt": 0},
        log=("came damaged 2 times in a row .* Nothing of it was written",),
    ),
    Scenario(
        "archive gone",
        "The archive is gone before it is downloaded (404)",
        "creates the job anew",
        job_faults=(JobFault(expired=True),),
        jobs=3,
        log=("Forgetting job .*, which is gone",),
    ),
    Scenario(
        "archives always gone",
        "Every archive is gone before it is downloaded",
        "gives up after three jobs with a clear error",
        job_faults=(JobFault(expired=True, times=None),),
        exit_code=GONE,
        bookmark=False,
        jobs=3,
        log=("were gone 3 times before they were done",),
    ),
    Scenario(
        "empty body",
        "A completed job's download is empty, once",
        "downloads again before it believes so",
        faults=(Fault("download", no_body=True),),
        jobs=2,
    ),
    Scenario(
        "a web page",
        "The download is a web page with status 200, twice",
        "a clear error, no bookmark moved",
        faults=(Fault("download", body="<html>Sorry</html>", times=2),),
        exit_code=GONE,
        bookmark=False,
        log=("JSON or HTML text, not an archive",),
    ),
)


ARCHIVES = (
    Scenario(
        "bomb",
        "The archive unpacks to a thousand times its size",
        "refuses it (max_compression_ratio)",
        make_body=lambda: hostile.bomb(110),
        exit_code=GONE,
        bookmark=False,
        records={"receipt": 0},
        log=("more than 500 times as large as itself .max_compression_ratio",),
    ),
    Scenario(
        "too large unpacked",
        "The archive's files are larger than max_unpacked_gigabytes",
        "refuses it",
        settings={"max_unpacked_gigabytes": 0.00001},
        exit_code=GONE,
        bookmark=False,
        records={"receipt": 0},
        log=("larger than 10,000 bytes .max_unpacked_gigabytes",),
    ),
    Scenario(
        "too large packed",
        "The download is larger than max_archive_gigabytes",
        "stops it there",
        settings={"max_archive_gigabytes": 0.000002},
        exit_code=GONE,
        bookmark=False,
        log=("larger than 2,000 bytes; raise max_archive_gigabytes",),
    ),
    Scenario(
        "paths out of the archive",
        "The archive has `../../x.csv`, `/etc/x.csv` and `C:\\x.csv` in it",
        "passes over them, one line each; writes no file at all",
        dialect=Dialect(
            members=(
                Member("../../x.csv", b"a,b\n1,2\n"),
                Member("/etc/x.csv", b"a,b\n1,2\n"),
                Member("C:\\x.csv", b"a,b\n1,2\n"),
            )
        ),
        records={"other_statistic": 0},
        log=(r"Passing over '\.\./\.\./x\.csv' .*leads out", "'/etc/x.csv'", "'C:"),
    ),
    Scenario(
        "archive in the archive",
        "The archive holds another archive, a picture and a folder for macOS",
        "passes over them, one line each",
        dialect=Dialect(
            members=(
                Member("more.zip", hostile.zipped({"receipt.csv": b"a\n1\n"})),
                Member("logo.png", b"\x89PNG\r\n\x1a\n"),
                Member("__MACOSX/._receipt.csv", b"\0\5\x16\7"),
            )
        ),
        records={"other_statistic": 0},
        log=("Passing over 'more.zip' in the archive: not a CSV file", "logo.png"),
    ),
    Scenario(
        "too many layers",
        "The archive is wrapped in gzip five times",
        "refuses it",
        make_body=lambda: hostile.nested_gzip(5),
        exit_code=GONE,
        bookmark=False,
        log=("more than 3 containers inside one another",),
    ),
    Scenario(
        "encrypted",
        "A file of the archive is encrypted",
        "refuses it",
        make_body=hostile.encrypted,
        exit_code=GONE,
        bookmark=False,
        log=("is encrypted",),
    ),
    Scenario(
        "a crowd of files",
        "The archive has 60,000 files",
        "refuses it before it reads their list",
        make_body=lambda: hostile.crowd(60_000),
        exit_code=GONE,
        bookmark=False,
        log=("is refused: .* 60,000 (files|entries)",),
    ),
    Scenario(
        "a crowd that hides",
        "The archive has 20,000 files and says that it has five",
        "refuses it",
        make_body=lambda: hostile.crowd(20_000, admitted=5),
        exit_code=GONE,
        bookmark=False,
        log=("ERROR The archive of job .* (refused|damaged)",),
    ),
    Scenario(
        "not a CSV inside",
        "A file called CSV holds a picture",
        "its lines go to rejected_row or other_statistic, the rest arrives",
        dialect=Dialect(members=(Member("picture.csv", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0"),)),
    ),
)

_FILES = (
    Scenario(
        "new column",
        "A column that nobody knows appears",
        "a new SCHEMA with it, its values in the rows",
        dialect=Dialect(added=(("open", "client", "Mail, v2"),)),
        columns={"open": ("client",)},
        log=("New columns in 'open': client",),
    ),
    Scenario(
        "columns missing",
        "Known columns are missing",
        "they are null",
        dialect=Dialect(dropped=(("receipt", "email"), ("receipt", "first_fin_step_reached"))),
        ignore=("email", "first_fin_step_reached"),
        files=("receipt",),
    ),
    Scenario(
        "column renamed",
        "A column is spelled as in Intercom's reference, `first_dismisall`",
        "knows it",
        dialect=Dialect(renamed=(("receipt", "first_dismissal", "first_dismisall"),)),
    ),
    Scenario(
        "columns and rows shuffled",
        "Columns and rows come in another order",
        "goes by the header",
        dialect=Dialect(shuffled_columns=True, shuffled_rows=True),
    ),
    Scenario(
        "column twice",
        "A column comes twice, and others differ in case only",
        "each gets a name of its own",
        dialect=Dialect(
            added=(("open", "receipt_id", "x"), ("open", "Client", "a"), ("open", "client", "b"))
        ),
        columns={"open": ("receipt_id_2", "Client", "client_2")},
    ),
    Scenario(
        "column names of any length",
        "A column name of 200 characters with commas and line ends",
        "gets a name that databases take",
        dialect=Dialect(added=(("open", "W" * 200, "a"),)),
    ),
    Scenario(
        "header only",
        "Files without rows come with nothing but a header",
        "no rows",
        dialect=Dialect(empty_files=True),
    ),
    Scenario(
        "empty file",
        "A file of no bytes lies in the archive",
        "no rows",
        dialect=Dialect(members=(Member("click_extra.csv", b""),)),
    ),
    Scenario(
        "spreadsheet",
        "The files have a byte order mark, CRLF, and times with UTC",
        "the same rows",
        dialect=Dialect(bom=True, line_end="\r\n", time_format="utc"),
    ),
    Scenario(
        "files renamed",
        "Files are in capitals, in a folder, split in three, called receipts",
        "the same rows",
        dialect=Dialect(folder="a/b/", upper_names=True, parts=3, plural_receipts=True),
    ),
    *(
        Scenario(
            f"row with {name}",
            f"A row has {name}",
            "it goes to rejected_row, with one warning; the rest arrives",
            dialect=Dialect(mutations=(mutation,)),
            damaged=1,
            records={"rejected_row": 1},
            log=("WARNING 1 damaged rows in receipt_.*see the stream rejected_row",),
        )
        for name, mutation in (
            ("a NUL", Mutation("receipt", insert=b"\0")),
            ("bytes that are not UTF-8", Mutation("receipt", insert=b"\xff\xfe")),
            ("too few cells", Mutation("receipt", cells=5)),
            ("too many cells", Mutation("receipt", line=2, insert=b",,,")),
            ("an unclosed quote", Mutation("receipt", replace=b'1,2,"three')),
        )
    ),
    Scenario(
        "time that is none",
        "A time is no time",
        "the row goes to rejected_row; the rest arrives",
        dialect=Dialect(mutations=(Mutation("open", line=1, replace=b"77,yesterday"),)),
        damaged=1,
        records={"rejected_row": 1},
        log=("WARNING 1 damaged rows in open_",),
    ),
    Scenario(
        "a cell of 10 MB with line ends",
        "A quoted cell of 10 MB with line ends, quotes and commas",
        "arrives as it is",
        dialect=Dialect(
            mutations=(
                Mutation(
                    "click",
                    append=b'9,2025-05-30T00:00:00.000Z,link,"'
                    + b'a ""quote"", a\nline ' * 550_000
                    + b'"\n',
                ),
            )
        ),
        records={"click": 11, "rejected_row": 0},
        invented=True,
    ),
    Scenario(
        "a file nobody knows",
        "A file appears that nobody knows",
        "its rows go to other_statistic",
        dialect=Dialect(
            members=(Member("hologram_view{stamp}.csv", b"receipt_id,colour\n1,teal\n2,red\n"),)
        ),
        records={"other_statistic": 2},
    ),
    Scenario(
        "oldest container",
        "The download is one gzipped CSV without a name",
        "knows the file by its columns",
        dialect=Dialect(container="gzip"),
        files=("receipt",),
    ),
)

FILES = tuple(replace(scenario, settings={"window_days": 30}) for scenario in _FILES)
"""In one window, so that a damaged row comes once."""

AREAS: dict[str, tuple[Scenario, ...]] = {
    "The job": JOBS,
    "The wire": WIRE,
    "The download": DOWNLOADS,
    "Hostile archives": ARCHIVES,
    "The file": FILES,
}
"""All scenarios."""

CONTAINERS: dict[str, Dialect] = {
    "zip": Dialect(),
    "zip in chunks": Dialect(chunked=True),
    "zip, Content-Encoding zip": Dialect(content_encoding="zip"),
    "zip in gzip": Dialect(wrapped=1),
    "tar.gz": Dialect(container="tar.gz"),
    "tar.gz in chunks": Dialect(container="tar.gz", chunked=True, ranges=False),
    "gzip": Dialect(container="gzip"),
    "gzip, Content-Encoding gzip": Dialect(container="gzip", content_encoding="gzip"),
}
"""Containers with check sums, each of which must stand every kind of cut."""
