"""Faults of downloads: cut off, damaged, expired."""

from __future__ import annotations

from intercom_simulator import Dialect, Fault, JobFault
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
            "goes on from there, or from the start",
            given=Given(
                faults=(Fault("download", cut_fraction=share, hide_cut=clean, reset=reset),),
            ),
            expect=Expect(
                jobs=2,
            ),
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
            f"Byte {position} of the archive is changed on the way",
            "sees it, downloads again",
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
        "The download is cut eleven times, always further on",
        "goes on each time, as it gets somewhere",
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
        "The download is cut, and the server does not know Range",
        "begins again",
        given=Given(
            dialect=Dialect(range_requests=False),
            faults=(Fault("download", cut_fraction=0.5),),
        ),
        expect=Expect(
            jobs=2,
        ),
    ),
    Scenario(
        "another file",
        "The download is cut, and the file is another one afterwards",
        "begins again, mixes nothing",
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
        "begins again, mixes nothing",
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
        "The download is cut, and going on is refused (416)",
        "begins again",
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
        "a clear error, no bookmark moved, nothing written",
        given=Given(
            faults=(Fault("download", corrupt_at=2500, times=2),),
        ),
        expect=Expect(
            exit_code=UNREADABLE,
            bookmark=False,
            records={"receipt": 0},
            log=("came damaged 2 times in a row .* Nothing of it was written",),
        ),
    ),
    Scenario(
        "archive gone",
        "The archive is gone before it is downloaded (404)",
        "creates the job anew",
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
        "gives up after three jobs with a clear error",
        given=Given(
            job_faults=(JobFault(expired=True, times=None),),
        ),
        expect=Expect(
            exit_code=UNAVAILABLE,
            bookmark=False,
            jobs=3,
            log=("3 jobs for .* came to nothing; 3 of them were gone",),
        ),
    ),
    Scenario(
        "empty body",
        "A completed job's download is empty, once",
        "downloads again before it believes so",
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
        "an error: only `no_data` is an empty window; the bookmark stays, the job is kept",
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
        "a clear error, no bookmark moved",
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
