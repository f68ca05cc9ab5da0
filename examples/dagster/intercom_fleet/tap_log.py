"""Rows, jobs and errors of a sync, read from Meltano's log."""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

TAP = "tap-intercom-export"

_METRIC = re.compile(r"^(?:INFO )?METRIC: (\{.*\})$")
_JOB_CREATED = re.compile(r"\b(?:Created|Asked for) job (\S+)")
_BOOKMARK = re.compile(r"^(?:INFO )?Bookmark of .*: (\d{4}-\S+)$")
_ERRORS = {"error", "critical"}
_PASSWORD = re.compile(r"(?<=://)([^:/@\s]+):[^@\s]+(?=@)")


@dataclass
class TapLog:
    """Results of a sync, collected line by line.

    Attributes:
        rows: Number of written records by stream.
        totals: Sums of the tap's other metrics; `wait_duration` by the party waited for.
        jobs: Created export jobs.
        bookmark: The latest bookmark in the tap's summary; empty without a summary.
        exit_codes: Exit statuses of the plugins that failed, by `extractors` and `loaders`.
        error: Error of Meltano.
        errors: Errors of the tap and the target, one line each.
        last_lines: Last lines of the tap, without metrics.
    """

    rows: Counter[str] = field(default_factory=Counter)
    totals: Counter[str] = field(default_factory=Counter)
    jobs: list[str] = field(default_factory=list)
    bookmark: str = ""
    exit_codes: dict[str, int] = field(default_factory=dict)
    error: str = ""
    errors: list[str] = field(default_factory=list)
    last_lines: list[str] = field(default_factory=list)

    def add(self, raw: str) -> str:
        """Add a line of the log, in JSON (MELTANO_CLI_LOG_FORMAT=json).

        Args:
            raw: The line.

        Returns:
            The readable text of the line; empty for a metric.
        """
        entry = _json(raw)
        if entry is None:
            return without_passwords(raw.rstrip())
        if "exit_codes" in entry or entry.get("success") is False:
            codes = entry.get("exit_codes")
            self.exit_codes = codes if isinstance(codes, dict) else {}
            self.error = str(entry.get("err") or "")
        text = without_passwords(str(entry.get("event") or "").rstrip())
        if self.exit_codes and "exit_codes" in entry:
            statuses = ", ".join(f"{name} {status}" for name, status in self.exit_codes.items())
            text = f"{text}: {self.error}. Exit status of {statuses}"
        plugin = str(entry.get("string_id") or "")
        metric = _METRIC.match(text)
        if metric or isinstance(entry.get("metric_info"), dict):
            if plugin == TAP:  # a target counts records, too
                self._count(_json(metric[1]) if metric else entry["metric_info"])
            return ""
        if created := _JOB_CREATED.search(text):
            self.jobs.append(created[1])
        if plugin == TAP and (bookmark := _BOOKMARK.match(text)):
            self.bookmark = max(self.bookmark, bookmark[1])
        if plugin and entry.get("level") in _ERRORS:
            # further lines of a target's error may contain rows
            self.errors.append(f"{plugin}: {text.partition(chr(10))[0]}")
        if plugin == TAP:
            self.last_lines = [*self.last_lines[-9:], text]
        return f"{plugin}: {text}" if plugin else text

    def stale_state(self, bookmarks: dict[str, str]) -> str:
        """Return a warning if the stored state is older than the loaded data, else nothing.

        Meltano 4.4 does not fail if its state backend was away when the last state arrived.

        Args:
            bookmarks: The bookmark of each stream, from the state backend.
        """
        stored = max(bookmarks.values(), default="")
        if not stored or stored >= self.bookmark:
            return ""
        return (
            f"Meltano has stored the state only up to {stored}, although everything up to "
            f"{self.bookmark} is loaded. The next sync exports the rest again; nothing is missing."
        )

    def _count(self, metric: dict[str, Any] | None) -> None:
        """Add a metric of the SDK, or of the tap in the same format."""
        if not metric or not isinstance(metric.get("value"), (int, float)):
            return
        name = str(metric.get("metric") or metric.get("metric_name"))
        tags = metric.get("tags") or {}
        stream = tags.get("stream")
        if name == "record_count" and stream:
            self.rows[stream] += int(metric["value"])
        elif metric.get("type", metric.get("metric_type")) in {"counter", "timer"}:
            waited_for = tags.get("waited_for")
            self.totals[f"{name}/{waited_for}" if waited_for else name] += metric["value"]


def without_passwords(text: str) -> str:
    """Mask the passwords of URLs in a text.

    Args:
        text: A line of a log.
    """
    return _PASSWORD.sub(r"\1:***", text)


def _json(text: str) -> dict[str, Any] | None:
    try:
        entry = json.loads(text)
    except ValueError:
        return None
    return entry if isinstance(entry, dict) else None
