"""Progress of a run: log lines, summary, metrics and progress bar.

In: reports of streams and export jobs about windows, rows and waiting. Out: log lines, METRIC
lines, and a progress bar on a terminal.
"""

from __future__ import annotations

from tap_intercom_export.progress.bar import ProgressBar, wants_progress_bar
from tap_intercom_export.progress.metric_points import SummedCounter, SummedTimer, log_points
from tap_intercom_export.progress.run_log import ExportLog, RunLog
from tap_intercom_export.progress.totals import JobEvent, Remaining

__all__ = [
    "ExportLog",
    "JobEvent",
    "ProgressBar",
    "Remaining",
    "RunLog",
    "SummedCounter",
    "SummedTimer",
    "log_points",
    "wants_progress_bar",
]
