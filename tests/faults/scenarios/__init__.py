"""Scenarios of faults; a new one is a new `Scenario` in the module of its area.

`tests/faults/runner.py` runs a scenario; `python -m tests.faults --write` writes them into
docs/reliability.md.
"""

from __future__ import annotations

from tests.faults.scenarios.archives import ARCHIVES
from tests.faults.scenarios.downloads import DOWNLOADS
from tests.faults.scenarios.drift import DRIFT
from tests.faults.scenarios.files import FILES
from tests.faults.scenarios.jobs import JOBS
from tests.faults.scenarios.lists import LISTS
from tests.faults.scenarios.ranges import RANGES
from tests.faults.scenarios.rate_limits import RATE_LIMITS
from tests.faults.scenarios.reports import REPORTS
from tests.faults.scenarios.requests import REQUESTS
from tests.faults.scenarios.scenario import Expect, Given, Scenario, StoredJob
from tests.faults.scenarios.stored_jobs import STORED_JOBS

__all__ = ["AREAS", "Expect", "Given", "Scenario", "StoredJob"]

AREAS: dict[str, tuple[Scenario, ...]] = {
    "Export jobs": (*JOBS, *RANGES, *STORED_JOBS),
    "Requests": (*REQUESTS, *RATE_LIMITS),
    "Downloads": DOWNLOADS,
    "Malicious archives": ARCHIVES,
    "CSV files": FILES,
    "Lists": LISTS,
    "Reports": REPORTS,
    "Changed file formats": DRIFT,
}
"""All scenarios by area."""
