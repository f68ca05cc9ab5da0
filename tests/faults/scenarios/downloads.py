"""Scenarios of downloads: interrupted, damaged, expired."""

from __future__ import annotations

from intercom_simulator import ApiVariant, Fault, JobFault
from tests.faults.scenarios.scenario import (
    UNAVAILABLE,
    UNREADABLE,
    Expect,
    Given,
    Scenario,
)

DOWNLOADS = (
    *(
        Scenario(
            f"cut {name} {share:.0%}",
            f"The download is cut after {share:.0%}, {name}",
            "continues with a range request, or downloads again",
            given=Given(
                faults=(Fault("download", cut_fraction=share, hide_cut=hide_cut, reset=reset),),
            ),
            expect=Expect(
                jobs=2,
            ),
        )
        for share in (0.0, 0.4)
        for name, hide_cut, reset in (
            ("without the end of the body", False, False),
            ("with a matching length", True, False),
            ("with a reset", False, True),
        )
    ),
    *(
        Scenario(
            f"cut after {size} bytes",
            f"The download ends after {size} bytes with a matching length",
            "detects that it is not an archive, downloads again",
            given=Given(
                faults=(Fault("download", cut_after_bytes=size, hide_cut=True),),
            ),
            expect=Expect(
                jobs=2,
            ),
        )
        for size in (1, 3, 40)
    ),
    *(
        Scenario(
            f"byte {position} changed",
            f"Byte {position} of the archive is changed in transit",
            "detects it, downloads again",
            given=Given(
                faults=(Fault("download", corrupt_at=position),),
            ),
            expect=Expect(
                jobs=2,
            ),
        )
        for position in (0, 6, 3000, -6, -40)
    ),
    Scenario(
        "cut again and again",
        "The download is cut eleven times, each time at a later byte",
        "continues each time, because it makes progress",
        given=Given(
            faults=tuple(Fault("download", cut_after_bytes=500) for _ in range(11)),
            receipts=300,
        ),
        expect=Expect(
            jobs=2,
        ),
    ),
    Scenario(
        "range not served",
        "The download is cut, and the server does not support range requests",
        "downloads again from the start",
        given=Given(
            variant=ApiVariant(range_requests=False),
            faults=(Fault("download", cut_fraction=0.5),),
        ),
        expect=Expect(
            jobs=2,
        ),
    ),
    Scenario(
        "another file",
        "The download is cut, and the file has another ETag afterwards",
        "downloads again from the start",
        given=Given(
            faults=(Fault("download", cut_fraction=0.5, headers={"ETag": '"old"'}),),
        ),
        expect=Expect(
            jobs=2,
        ),
    ),
    Scenario(
        "rest of another file",
        "The download is cut, and the rest (206) has another ETag",
        "downloads again from the start",
        given=Given(
            faults=(
                Fault("download", cut_after_bytes=2000),
                Fault("download", headers={"ETag": '"another"'}, handled=True),
            ),
        ),
        expect=Expect(
            jobs=2,
            not_in_log=("is damaged",),
        ),
    ),
    Scenario(
        "range refused",
        "The download is cut, and the range request is refused (416)",
        "downloads again from the start",
        given=Given(
            faults=(Fault("download", cut_fraction=0.5), Fault("download", status=416)),
        ),
        expect=Expect(
            jobs=2,
        ),
    ),
    Scenario(
        "damaged once",
        "The archive arrives damaged",
        "downloads it again",
        given=Given(
            faults=(Fault("download", corrupt_at=2500),),
        ),
        expect=Expect(
            log=("WARNING The archive of job .* is damaged",),
            jobs=2,
        ),
    ),
    Scenario(
        "damaged twice",
        "The archive arrives damaged twice in a row",
        "an error; no bookmark moves, nothing is written",
        given=Given(
            faults=(Fault("download", corrupt_at=2500, times=2),),
        ),
        expect=Expect(
            exit_code=UNREADABLE,
            bookmark=False,
            records={"receipt": 0},
            log=("was damaged in 2 downloads .* Nothing of it was written",),
        ),
    ),
    Scenario(
        "archive gone",
        "The archive is gone before it is downloaded (404)",
        "creates another job",
        given=Given(
            job_faults=(JobFault(expired=True),),
        ),
        expect=Expect(
            jobs=3,
            log=("Forgetting job .*, which is gone",),
        ),
    ),
    Scenario(
        "archives always gone",
        "Every archive is gone before it is downloaded",
        "gives up after three jobs with an error",
        given=Given(
            job_faults=(JobFault(expired=True, times=None),),
        ),
        expect=Expect(
            exit_code=UNAVAILABLE,
            bookmark=False,
            jobs=3,
            log=("3 jobs for .* failed; 3 of them were gone",),
        ),
    ),
    Scenario(
        "empty body",
        "A completed job's download is empty, once",
        "downloads again",
        given=Given(
            faults=(Fault("download", empty_body=True),),
        ),
        expect=Expect(
            jobs=2,
        ),
    ),
    Scenario(
        "empty body twice",
        "A completed job's download is empty each time",
        "an error, because only `no_data` means an empty window; the bookmark and the job are kept",
        given=Given(
            faults=(Fault("download", empty_body=True, times=2),),
        ),
        expect=Expect(
            exit_code=UNREADABLE,
            bookmark=False,
            records={"receipt": 0},
            log=("it is empty",),
        ),
    ),
    Scenario(
        "a web page",
        "The download is a web page with status 200, twice",
        "an error; no bookmark moves",
        given=Given(
            faults=(Fault("download", body="<html>Sorry</html>", times=2),),
        ),
        expect=Expect(
            exit_code=UNREADABLE,
            bookmark=False,
            log=("JSON or HTML text, not an archive",),
        ),
    ),
)
