"""Export jobs: which window comes next, and the life of its job until its archive is here.

In: the range to export, the bookmark, the jobs in the state. Out: one `Export` a window,
verified, and events (`JobCreated`, `ExportReady`, `JobGone`) for the thread that owns the state.
"""

from __future__ import annotations

from tap_intercom_export.exports.events import EventQueue
from tap_intercom_export.exports.exporter import Export, Exporter
from tap_intercom_export.exports.job import ExportJob
from tap_intercom_export.exports.job_runner import UNKNOWN_JOB_ID, JobRunner, present
from tap_intercom_export.exports.job_state import JobState
from tap_intercom_export.exports.job_tracker import JobTracker
from tap_intercom_export.exports.plan import ExportPlan, RunPlan, plan_export
from tap_intercom_export.exports.prefetch import Prefetcher
from tap_intercom_export.exports.schedule import DeepLookback, RunMemory, WindowSchedule
from tap_intercom_export.exports.window import ExportRange

__all__ = [
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
    "RunMemory",
    "RunPlan",
    "WindowSchedule",
    "plan_export",
    "present",
]
