"""The runs in Dagster's event log, and which of them overlapped."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


@dataclass(frozen=True)
class Run:
    """A run of the event log, times in unix seconds.

    Args:
        workspace: Workspace of the run.
        status: Final status.
        queued: Time of queueing.
        started: Start time; None if it was not started.
        ended: End time.
        reason: Reason of the run, such as a retry.
    """

    workspace: str
    status: str
    queued: float
    started: float | None
    ended: float
    reason: str = ""

    @classmethod
    def from_log(cls, entry: Mapping[str, Any]) -> Run:
        """Create a run from an entry of Dagster's API.

        Args:
            entry: The entry.
        """
        tags = {tag["key"]: tag["value"] for tag in entry["tags"]}
        return cls(
            str(entry["jobName"]).removeprefix("intercom_"),
            str(entry["status"]),
            float(entry["creationTime"]),
            float(entry["startTime"]) if entry["startTime"] else None,
            float(entry["endTime"] or entry["creationTime"]),
            f"retry {tags['dagster/retry_number']}" if "dagster/retry_number" in tags else "",
        )


def max_concurrent(runs: Sequence[Run]) -> int:
    """Return the largest number of runs that ran at the same time.

    Args:
        runs: The runs.
    """
    edges = [(run.started, 1) for run in runs if run.started is not None]
    edges += [(run.ended, -1) for run in runs if run.started is not None]
    running = most = 0
    for _, step in sorted(edges):
        running += step
        most = max(most, running)
    return most


def workspaces_with_overlap(runs: Sequence[Run]) -> list[str]:
    """Return the workspaces with overlapping runs.

    Args:
        runs: The runs.
    """
    names = sorted({run.workspace for run in runs})
    return [
        name for name in names if max_concurrent([run for run in runs if run.workspace == name]) > 1
    ]
