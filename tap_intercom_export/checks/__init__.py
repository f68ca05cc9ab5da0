"""Checks before the first export job, and those of `--test`.

In: the settings, the selection, a client. Out: an error or warnings before anything is exported,
or the table of `--test`.
"""

from __future__ import annotations

from tap_intercom_export.checks.preflight import (
    check_before_first_job,
    object_path,
    unknown_object_type,
)
from tap_intercom_export.checks.selection import Selection

__all__ = ["Selection", "check_before_first_job", "object_path", "unknown_object_type"]
