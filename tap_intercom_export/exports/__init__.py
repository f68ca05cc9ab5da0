"""Export jobs: which window comes next, and its job from request to verified archive.

In: the range to export, the bookmark, and the jobs in the state. Out: one `Export` a window, and
events (`JobCreated`, `ExportReady`, `JobGone`) for the thread that owns the state.
"""

from __future__ import annotations

from tap_intercom_export.exports.clock_difference import MAX_CLOCK_DIFFERENCE_SECONDS, current_time
from tap_intercom_export.exports.events import EventQueue
from tap_intercom_export.exports.exporter import Export, Exporter
from tap_intercom_export.exports.job import ExportJob
from tap_intercom_export.exports.job_runner import UNKNOWN_JOB_ID, JobRunner
from tap_intercom_export.exports.job_state import JobState
from tap_intercom_export.exports.job_tracker import JobTracker
from tap_intercom_export.exports.plan import ExportPlan, RunPlan, plan_export
from tap_intercom_export.exports.prefetch import Prefetcher
from tap_intercom_export.exports.schedule import DeepLookback, RunHistory, WindowSchedule
from tap_intercom_export.exports.window import ExportRange

__all__ = [
    "MAX_CLOCK_DIFFERENCE_SECONDS",
    "UNKNOWN_JOB_ID",
    "DeepLookback",
    "EventQueue",
    "Export",
    "ExportJob",
    "ExportPlan",
    "ExportRange",
    "Exporter",
    "JobRunner",
    "JobState",
    "JobTracker",
    "Prefetcher",
    "RunHistory",
    "RunPlan",
    "WindowSchedule",
    "current_time",
    "plan_export",
]
