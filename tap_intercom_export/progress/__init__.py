"""Progress of a run: log lines, summary, metrics and progress bar.

In: what streams and export jobs report about windows, rows and waiting. Out: log lines, METRIC
lines, and a progress bar on a terminal.
"""

from __future__ import annotations

from tap_intercom_export.progress.bar import Bar, wants_bar
from tap_intercom_export.progress.metric_points import SummedCounter, SummedTimer, log_points
from tap_intercom_export.progress.run_log import ExportLog, RunLog
from tap_intercom_export.progress.totals import JobEnd, Remaining

__all__ = [
    "Bar",
    "ExportLog",
    "JobEnd",
    "Remaining",
    "RunLog",
    "SummedCounter",
    "SummedTimer",
    "log_points",
    "wants_bar",
]
