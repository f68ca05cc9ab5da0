"""Alerts about failed runs and failed checks."""

from __future__ import annotations

import json
import os
import time
import urllib.request

import dagster as dg

WEBHOOK_VARIABLE = "INTERCOM_FLEET_ALERT_WEBHOOK"
"""Environment variable with the URL of a webhook that takes `{"text": …}`, as chat services do."""

_TIMEOUT_SECONDS = 10

_RETRY_TAG = "dagster/will_retry"
_RETRY_TAG_SECONDS = 8
"""How long Dagster may take to set the tag: its daemon sets it every 5 s where the run did not."""


def send(text: str) -> None:
    """Log a message, and send it to the webhook if there is one.

    Args:
        text: The message.
    """
    url = os.environ.get(WEBHOOK_VARIABLE)
    dg.get_dagster_logger().warning("%s", text)
    if url:
        request = urllib.request.Request(  # noqa: S310 - from the operator's own configuration
            url,
            data=json.dumps({"text": text}).encode(),
            headers={"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=_TIMEOUT_SECONDS):  # noqa: S310 - likewise
            pass


@dg.run_failure_sensor(default_status=dg.DefaultSensorStatus.RUNNING, minimum_interval_seconds=15)
def alert_of_failed_runs(context: dg.RunFailureSensorContext) -> None:
    """Send an alert for each failed run that is not retried automatically."""
    run = context.dagster_run
    if _will_be_retried(run, context.instance):
        return
    why = [_reason(event) for event in context.get_step_failure_events()]
    why = why or [context.failure_event.message or ""]
    send(f"Sync of {run.job_name} failed: {'; '.join(filter(None, why))} (run {run.run_id})")


def _will_be_retried(run: dg.DagsterRun, instance: dg.DagsterInstance) -> bool:
    """Return whether Dagster retries a failed run.

    The tag that says so follows the event of the failure, so the sensor may be too early for it.
    """
    deadline = time.monotonic() + (_RETRY_TAG_SECONDS if instance.run_retries_enabled else 0)
    found: dg.DagsterRun | None = run
    while found and _RETRY_TAG not in found.tags and time.monotonic() < deadline:
        time.sleep(0.2)
        found = instance.get_run_by_id(run.run_id)
    return found is not None and found.tags.get(_RETRY_TAG) == "true"


def _reason(event: dg.DagsterEvent) -> str:
    """Return in one line why a step failed: the asset's explanation, or an unexpected error."""
    data = event.step_failure_data
    if data.user_failure_data and data.user_failure_data.description:
        return data.user_failure_data.description
    if data.error:
        return data.error.message.strip().splitlines()[-1]
    return event.message or ""


@dg.sensor(default_status=dg.DefaultSensorStatus.RUNNING, minimum_interval_seconds=60)
def alert_of_failed_checks(context: dg.SensorEvaluationContext) -> dg.SkipReason:
    """Send an alert for each failed check: data that is late, damaged or incomplete."""
    events = context.instance.get_event_records(
        dg.EventRecordsFilter(
            event_type=dg.DagsterEventType.ASSET_CHECK_EVALUATION,
            # by time, because SQLite has a file per run and no cursor over all of them
            after_timestamp=float(context.cursor) if context.cursor else None,
        ),
        ascending=True,
        limit=500,
    )
    failed = 0
    for record in events:
        event = record.event_log_entry.dagster_event
        evaluation = event.asset_check_evaluation_data if event else None
        if evaluation and not evaluation.passed:
            failed += 1
            numbers = {name: value.value for name, value in evaluation.metadata.items()}
            where = evaluation.asset_key.to_user_string()
            send(f"Check {evaluation.check_name} of {where} did not pass: {numbers}")
    if events:
        context.update_cursor(str(max(record.timestamp for record in events)))
    return dg.SkipReason(f"{failed} of {len(events)} checks did not pass")
