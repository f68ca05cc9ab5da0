"""Metrics for monitoring: one line for each stream and run, the SDK's and the tap's."""

from __future__ import annotations

import contextlib
import logging
import os
from enum import Enum
from typing import TYPE_CHECKING, Any, cast

from singer_sdk import metrics
from typing_extensions import override

from tap_intercom_export.clock import to_seconds

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from types import TracebackType

    from tap_intercom_export.progress.totals import RunTotals

MELTANO_VARIABLE = "MELTANO_EXTRACTOR_NAME"
"""Environment variable that is set if Meltano reads the log."""


MESSAGE_EXPORT_STREAM = "content_export"
"""Stream that represents all streams of the message export, whose windows are the same."""


class TapMetric(str, Enum):
    """Metrics of this tap, besides those of the SDK."""

    JOB_COUNT = "export_job_count"
    DOWNLOAD_BYTES = "download_bytes"
    REJECTED_ROW_COUNT = "rejected_row_count"
    WAIT_DURATION = "wait_duration"
    BOOKMARK_AGE = "bookmark_age"


class SummedCounter(metrics.Counter):
    """Counts the rows of a stream and window into the totals of the run.

    Args:
        stream: Name of the stream.
        totals: Totals of the run.
    """

    def __init__(self, stream: str, totals: RunTotals) -> None:
        super().__init__(metrics.Metric.RECORD_COUNT, {metrics.Tag.STREAM: stream})
        self._stream = stream
        self._totals = totals

    @override
    def _pop(self) -> None:
        self._totals.rows[self._stream] += self.value
        _debug(self.logger, "counter", self.metric, self.value, self.tags)
        self.value = 0


class SummedTimer(metrics.Timer):
    """Adds the time of a stream and window to the totals of the run.

    Args:
        stream: Name of the stream.
        totals: Totals of the run.
    """

    def __init__(self, stream: str, totals: RunTotals) -> None:
        super().__init__(metrics.Metric.SYNC_DURATION, {metrics.Tag.STREAM: stream})
        self._stream = stream
        self._totals = totals

    @override
    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc_val: BaseException | None,
        exc_tb: TracebackType | None,
    ) -> None:
        self._totals.sync_seconds[self._stream] += self.elapsed()
        if exc_type is not None:
            self._totals.failed_streams.add(self._stream)
        _debug(self.logger, "timer", self.metric, self.elapsed(), self.tags)


def _debug(
    logger: logging.Logger,
    kind: str,
    metric: metrics.Metric,
    value: float,
    tags: dict[str, Any],
) -> None:
    """Log the metric of one window, at DEBUG only."""
    if logger.isEnabledFor(logging.DEBUG):
        logger.debug("METRIC: %s", metrics.Point(kind, metric, value, tags))


def points(totals: RunTotals, now: float) -> Iterator[metrics.Point[float]]:
    """Yield the metrics of a run.

    Args:
        totals: Totals of the run.
        now: The current time in unix seconds.
    """
    for stream, seconds in sorted(totals.sync_seconds.items()):
        status = (
            metrics.Status.FAILED if stream in totals.failed_streams else metrics.Status.SUCCEEDED
        )
        yield _point("counter", metrics.Metric.RECORD_COUNT, totals.rows[stream], stream=stream)
        yield _point(
            "timer",
            metrics.Metric.SYNC_DURATION,
            round(seconds, 6),
            stream=stream,
            status=status.value,
        )
    for export in sorted(totals.exports):
        found = totals.exports[export]
        for event, number in sorted(found.jobs.items()):
            yield _point("counter", TapMetric.JOB_COUNT, number, stream=export, status=event.value)
        yield _point("counter", TapMetric.DOWNLOAD_BYTES, found.download_bytes, stream=export)
    for stream, number in sorted(totals.rejected.items()):
        yield _point("counter", TapMetric.REJECTED_ROW_COUNT, number, stream=stream)
    for waited_for, seconds in (
        ("intercom", totals.intercom_wait),
        ("reader", totals.reader_wait),
        ("tap", totals.own_seconds),
    ):
        yield _point("timer", TapMetric.WAIT_DURATION, round(seconds, 6), waited_for=waited_for)
    ages: dict[str, int] = {}
    for stream, value in totals.bookmarks.items():
        export = stream if stream in totals.exports else MESSAGE_EXPORT_STREAM
        with contextlib.suppress(TypeError, ValueError):  # a bad bookmark is an error elsewhere
            ages[export] = max(ages.get(export, 0), round(now - to_seconds(value)))
    for export, age in sorted(ages.items()):
        yield _point("gauge", TapMetric.BOOKMARK_AGE, age, stream=export)


def _point(
    kind: str, metric: metrics.Metric | TapMetric, value: float, **tags: str
) -> metrics.Point[float]:
    # the SDK's type lists its own metrics; it uses nothing of them but `value`
    name = cast("metrics.Metric", metric)
    return metrics.Point(kind, name, value, {**tags, "pid": os.getpid()})


def log_points(totals: RunTotals, now: float, environment: Mapping[str, str] = os.environ) -> None:
    """Log the metrics of a run.

    In the SDK's JSON log the message is only the word METRIC, and Meltano does not show the tags.
    So under Meltano the message contains the whole metric; the fields that Meltano reads stay.

    Args:
        totals: Totals of the run.
        now: The current time in unix seconds.
        environment: The environment variables.
    """
    logger = metrics.get_metrics_logger()
    for point in points(totals, now):
        if environment.get(MELTANO_VARIABLE):
            logger.info("METRIC: %s", str(point), extra={"metric_info": point.to_dict()})
        else:
            metrics.log(logger, point)
