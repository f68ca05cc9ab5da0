"""Streams that are exported window by window; their bookmark is the end of the last window."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tap_intercom_export.clock import to_seconds, to_text
from tap_intercom_export.errors import ConfigurationError
from tap_intercom_export.schemas import WORKSPACE_COLUMN
from tap_intercom_export.streams.sdk import BlockStream

if TYPE_CHECKING:
    from tap_intercom_export.exports import ExportPlan


class WindowStream(BlockStream):
    """A stream that is exported in whole windows.

    No version of its rows is ever activated, even with the replication method FULL_TABLE: the
    target would delete the rows that this run does not export.
    """

    emit_activate_version_messages = False

    has_constant_replication_key = True
    """Whether the replication key is the same in every version and workspace."""

    @property
    def drives_jobs(self) -> bool:
        """Whether selecting this stream alone makes a run create jobs."""
        return True

    def plan(self, now: float) -> ExportPlan | None:  # noqa: ARG002 - streams that run jobs need it
        """Return what a run would export; None if the stream runs no jobs, or none are needed.

        Args:
            now: The current time in unix seconds.
        """
        return None

    def bookmark(self, *, otherwise: int) -> int:
        """Return the unix second up to which all of the stream is written.

        With the replication method FULL_TABLE a run ignores the state.

        Args:
            otherwise: Returned if there is no bookmark.

        Raises:
            ConfigurationError: The bookmark in the state is not a time.
        """
        written = self._written_until()
        return otherwise if written is None or self.replication_method == "FULL_TABLE" else written

    def move_bookmark(self, second: int) -> None:
        """Set the bookmark to a unix second up to which all is written; it never moves back.

        Args:
            second: The last unix second of a window that is written.
        """
        self.finish_batches()
        second = max(second, self._written_until() or second)
        self.stream_state["replication_key"] = self.replication_key
        self.stream_state["replication_key_value"] = to_text(second)
        if self._sync.workspace:
            self.stream_state[WORKSPACE_COLUMN.name] = self._sync.workspace

    def _written_until(self) -> int | None:
        """Return the bookmark in the state, or None.

        Raises:
            ConfigurationError: The bookmark in the state is not a time.
        """
        value = self.stream_state.get("replication_key_value")
        if not value:
            return None
        self._check_workspace()
        self._check_replication_key()
        try:
            return to_seconds(value)
        except (TypeError, ValueError):
            raise ConfigurationError(
                f"The state's bookmark of {self.name} is not a date-time: {value!r}. Correct it, "
                "or start over: meltano run --full-refresh, or run without --state."
            ) from None

    def _check_workspace(self) -> None:
        """Check that the bookmark belongs to this workspace.

        Raises:
            ConfigurationError: It belongs to another workspace, or was written before `workspace`
                was set, so that earlier rows do not have the column.
        """
        written = self.stream_state.get(WORKSPACE_COLUMN.name, "")
        if written != self._sync.workspace:
            raise ConfigurationError(
                f"The state's bookmark of {self.name} was written with workspace {written!r}, and "
                f"workspace is {self._sync.workspace!r} now. Use the state of this workspace, or "
                "start over: meltano run --full-refresh, or run without --state."
            )

    def _check_replication_key(self) -> None:
        """Check that the bookmark is one of this tap, and not of another that has such a stream.

        Raises:
            ConfigurationError: It is another tap's, which counts something else.
        """
        written = self.stream_state.get("replication_key") or self.replication_key
        if written != self.replication_key and self.has_constant_replication_key:
            raise ConfigurationError(
                f"The state's bookmark of {self.name} is for {written!r}, and the tap's is for "
                f"{self.replication_key!r}: it is the state of another tap. Use the tap's own, or "
                "start over: meltano run --full-refresh, or run without --state."
            )
