"""Checks before the first export job, and the connection test of `--test`.

In: the settings, the selected streams, and a client. Out: warnings or an error before anything is
exported, or the table of `--test`.
"""

from __future__ import annotations

from tap_intercom_export.checks.preflight import (
    check_before_first_job,
    unknown_object_type,
)
from tap_intercom_export.checks.selection import Selection
from tap_intercom_export.checks.selection_warnings import find_selection_warnings

__all__ = [
    "Selection",
    "check_before_first_job",
    "find_selection_warnings",
    "unknown_object_type",
]
