"""The export jobs of all reporting streams of a run, across datasets and windows."""

from __future__ import annotations

import logging
from collections import defaultdict, deque
from functools import cached_property, partial
from typing import TYPE_CHECKING, Protocol

from tap_intercom_export.clock import DAY_SECONDS, to_text
from tap_intercom_export.exports import Export, ExportRange, JobRunner, Prefetcher, current_time
from tap_intercom_export.formatting import counted
from tap_intercom_export.intercom import ReportingRequest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from tap_intercom_export.intercom import IntercomClient
    from tap_intercom_export.schemas import Dataset
    from tap_intercom_export.streams.context import SyncContext

logger = logging.getLogger(__name__)

RETENTION_MARGIN_SECONDS = DAY_SECONDS
"""Distance from the retention limit, which moves on while a job waits to be requested."""


class RunStream(Protocol):
    """The part of a reporting stream that the run uses."""

    name: str

    @property
    def selected(self) -> bool:
        """Whether the stream is written."""

    def bookmark(self, *, otherwise: int) -> int:
        """Return the unix second up to which all of the stream is written.

        Args:
            otherwise: Returned if there is no bookmark.
        """

    def tasks(self) -> Iterator[Callable[[], Iterator[Export]]]:
        """Return an iterator over tasks, each of which yields exports in order of time."""


class ReportingRun:
    """The exports of all selected reporting streams, prefetched by several workers.

    The SDK syncs streams one after another, in the order of their names; jobs of later streams run
    meanwhile. In another order nothing is lost: exports of other streams are kept on the disk.

    Args:
        sync: Objects that all streams of a run share.
        client: The client that requested the list of datasets.

    Attributes:
        clock: Clock of the worker threads.
    """

    def __init__(self, sync: SyncContext, client: IntercomClient) -> None:
        self._client = client
        self._streams: list[RunStream] = []
        self.clock = sync.new_worker_clock()
        self._sync = sync
        self._exports: Iterator[tuple[int, Export]] | None = None
        self._kept_exports: dict[int, deque[Export]] = defaultdict(deque)
        self._reached = 0
        self._checked = False

    def add(self, stream: RunStream) -> None:
        """Add a stream whose exports belong to the run if it is selected.

        Args:
            stream: The stream.
        """
        self._streams.append(stream)

    @cached_property
    def export_range(self) -> ExportRange:
        """The range to export, limited to what Intercom keeps."""
        settings, now = self._sync.settings, current_time(self._client, self.clock)
        return ExportRange.until_now(max(settings.start, self._kept_since(now)), settings.end, now)

    def _kept_since(self, now: float) -> int:
        """Return the first second for which Intercom still keeps reporting data.

        Args:
            now: The current time in unix seconds.
        """
        return int(now) - self._sync.settings.reporting_retention_seconds + RETENTION_MARGIN_SECONDS

    def retention_note(self, *streams: RunStream) -> str:
        """Return a note if Intercom no longer keeps some of the data that remains to be exported.

        Args:
            streams: Selected streams.

        Returns:
            A sentence, or "".
        """
        start, first = self._sync.settings.start, self.export_range.start
        late = [each.name for each in streams if each.bookmark(otherwise=start - 1) < first - 1]
        if start >= first or not late:
            return ""
        days = self._sync.settings.reporting_retention_seconds // DAY_SECONDS
        return (
            f"Intercom keeps reporting data for {counted(days, 'day')} (reporting_retention_days): "
            f"exporting {', '.join(late)} from {to_text(first)} on, not from start_date"
        )

    def exports_of(self, stream: RunStream) -> Iterator[Export]:
        """Yield the exports of one stream; exports of other streams are kept for later.

        Args:
            stream: The stream that is being synced.
        """
        if self._exports is None:
            workers = self._sync.settings.reporting_concurrency
            exports = Prefetcher(self._tasks(), workers, self._sync.events)
            self._exports = self._sync.run_log.waiting(exports)
        try:
            position = self._in_order.index(stream)
            while True:
                while self._kept_exports[position]:
                    yield self._kept_exports[position].popleft()
                found = next(self._exports, None) if self._reached <= position else None
                if found is None:
                    return
                self._reached, export = found
                self._kept_exports[self._reached].append(export)
        except BaseException:
            self.clock.stop()
            raise

    @cached_property
    def _in_order(self) -> list[RunStream]:
        """The selected streams, in the order in which the SDK syncs them."""
        selected = (stream for stream in self._streams if stream.selected)
        return sorted(selected, key=lambda stream: stream.name)

    def _tasks(self) -> Iterator[Callable[[], Iterator[tuple[int, Export]]]]:
        """Return an iterator over the tasks of all selected streams, in order."""
        if note := self.retention_note(*self._in_order):
            logger.warning("%s", note)
        tasks = [stream.tasks() for stream in self._in_order]
        return (
            partial(_with_position, position, task)
            for position, of_stream in enumerate(tasks)
            for task in of_stream
        )

    def check(self, dataset: Dataset) -> None:
        """Check once that the token may export reporting data.

        Args:
            dataset: A dataset; its paths are those of all.
        """
        if self._checked:
            return
        self._checked = True
        api = ReportingRequest(dataset).api
        clock = self._sync.new_clock()
        JobRunner(self._sync.new_client(clock), api, self._sync.settings, clock).check()
        logger.info("Intercom accepts the token for reporting exports")


def _with_position(
    position: int, task: Callable[[], Iterable[Export]]
) -> Iterator[tuple[int, Export]]:
    """Yield a stream's exports together with the stream's position in the order of the sync."""
    for export in task():
        yield position, export
