"""An asset for each workspace and group of streams."""

# Without `from __future__ import annotations`: Dagster could not resolve the type of `config` then.
import subprocess
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from typing import Any

import dagster as dg

from intercom_fleet.sync import Result, Sync
from intercom_fleet.tap_log import TAP
from intercom_fleet.workspaces import FleetError, Workspace

_STATE_FORGOTTEN_TAG = "intercom_fleet/state_forgotten"


class SyncConfig(dg.Config):
    """Configuration of a run."""

    full_refresh: bool = False
    """Start from start_date again: a backfill after a change of start_date or of the streams."""


def pool_of(workspace: Workspace) -> str:
    """Return the concurrency pool of a workspace: Intercom runs one export job at a time for it.

    Args:
        workspace: The workspace.
    """
    return f"intercom_{workspace.name}"


def make_asset(workspace: Workspace, group: str) -> dg.AssetsDefinition:
    """Return the asset of a workspace and a group of streams.

    Args:
        workspace: The workspace.
        group: The group of streams.
    """
    key = dg.AssetKey([workspace.name, group])
    names = ("rejected_share", *(("bookmark_age", "rows_in_target") if group == "content" else ()))
    age = timedelta(hours=workspace.max_age_hours)

    @dg.asset(
        key=key,
        group_name=workspace.name,
        pool=pool_of(workspace),
        kinds={"meltano", "intercom", "postgres"},
        description=f"The {group} streams of the Intercom workspace {workspace.name}.",
        metadata={"region": workspace.region, "schema": workspace.schema},
        check_specs=[dg.AssetCheckSpec(name, asset=key) for name in names],
        freshness_policy=dg.FreshnessPolicy.time_window(fail_window=age),
        output_required=False,
    )
    def synced(context: dg.AssetExecutionContext, config: SyncConfig) -> Iterator[Any]:
        sync = Sync.from_environment(workspace, group)
        result = _run(context, sync, config)
        bookmarks = _bookmarks(context, sync)
        if warning := result.log.stale_state(bookmarks):
            context.log.warning(warning)
        yield dg.MaterializeResult(asset_key=key, metadata=_metadata(result, bookmarks))
        yield _rejected_share(key, workspace, result)
        if group == "content":
            yield _bookmark_age(key, workspace, bookmarks)
            yield _rows_in_target(key, workspace)

    return synced


def _run(context: dg.AssetExecutionContext, sync: Sync, config: SyncConfig) -> Result:
    """Run a sync, and decide by its outcome whether to retry.

    Raises:
        dagster.RetryRequested: The sync failed, and a retry may succeed.
        dagster.Failure: The sync failed, and a retry would fail, too.
    """
    try:
        if config.full_refresh:
            _forget_state_once(context, sync)
        result = sync.run(context.log.info)
    except (FleetError, OSError) as error:
        raise dg.Failure(str(error), allow_retries=False) from None
    outcome = result.outcome
    if outcome.is_success:
        return result
    explanation = sync.explain(result)
    context.log.error("%s", explanation)
    if context.retry_number < len(outcome.pauses):
        raise dg.RetryRequested(
            max_retries=len(outcome.pauses), seconds_to_wait=outcome.pauses[context.retry_number]
        )
    raise dg.Failure(
        explanation,
        metadata={
            "outcome": outcome.name,
            "tap": "\n".join(result.log.last_lines),
            "meltano": result.log.error,
        },
        allow_retries=False,
    )


def _forget_state_once(context: dg.AssetExecutionContext, sync: Sync) -> None:
    """Clear the state for a backfill, but not when a killed backfill is retried.

    Dagster copies the tags of a run to its retry.
    """
    tag = f"{_STATE_FORGOTTEN_TAG}/{sync.group}"
    run = context.instance.get_run_by_id(context.run_id)
    parent = (
        context.instance.get_run_by_id(run.parent_run_id) if run and run.parent_run_id else None
    )
    if any(one is not None and tag in one.tags for one in (run, parent)):
        context.log.info("Resuming this backfill")
    else:
        context.log.info("Starting from start_date (%s)", sync.workspace.start_date)
        sync.forget_state()
    context.instance.add_run_tags(context.run_id, {tag: "true"})


def _bookmarks(context: dg.AssetExecutionContext, sync: Sync) -> dict[str, str]:
    try:
        return sync.bookmarks()
    except subprocess.CalledProcessError as error:  # everything is loaded, so this is no failure
        context.log.warning("No bookmarks: %s", error)
        return {}


def _metadata(result: Result, bookmarks: dict[str, str]) -> dict[str, Any]:
    log = result.log
    rows = {stream: count for stream, count in sorted(log.rows.items()) if count}
    metadata: dict[str, Any] = {
        "dagster/row_count": sum(rows.values()),
        "rows": rows,
        "windows": rows.get("content_export", 0),
        "export_jobs": len(log.jobs),
        "rejected_rows": rows.get("rejected_row", 0),
        "seconds_waited_for_intercom": round(float(log.totals["wait_duration/intercom"]), 1),
        "downloaded_bytes": int(log.totals["download_bytes"]),
    }
    if bookmarks:
        metadata["bookmark"] = min(bookmarks.values())
    return metadata


def _rejected_share(key: dg.AssetKey, workspace: Workspace, result: Result) -> dg.AssetCheckResult:
    rejected = result.log.rows["rejected_row"]
    total = sum(result.log.rows.values())
    share = rejected / total if total else 0.0
    return dg.AssetCheckResult(
        asset_key=key,
        check_name="rejected_share",
        passed=share <= workspace.max_rejected_share,
        severity=dg.AssetCheckSeverity.WARN,
        metadata={"rejected_rows": rejected, "rows": total, "share": share},
    )


def _bookmark_age(
    key: dg.AssetKey, workspace: Workspace, bookmarks: dict[str, str]
) -> dg.AssetCheckResult:
    """Check the age of the newest data. A successful run can still be far behind."""
    if not bookmarks:
        return dg.AssetCheckResult(asset_key=key, check_name="bookmark_age", passed=False)
    bookmark = min(bookmarks.values())
    hours = (_now(workspace) - _instant(bookmark)).total_seconds() / 3600
    return dg.AssetCheckResult(
        asset_key=key,
        check_name="bookmark_age",
        passed=hours <= workspace.max_age_hours,
        metadata={"bookmark": bookmark, "hours": round(hours, 1)},
    )


def _now(workspace: Workspace) -> datetime:
    """Return the time up to which data is expected: `end_date` if set, or the current time."""
    end = workspace.settings.get("end_date")
    return _instant(str(end)) if end else datetime.now(timezone.utc)


def _instant(text: str) -> datetime:
    instant = datetime.fromisoformat(text.replace("Z", "+00:00"))
    return instant if instant.tzinfo else instant.replace(tzinfo=timezone.utc)


def _rows_in_target(key: dg.AssetKey, workspace: Workspace) -> dg.AssetCheckResult:
    # the only function that needs a database driver
    from intercom_fleet.warehouse import compare_last_window  # noqa: PLC0415

    compared, different = compare_last_window(workspace)
    return dg.AssetCheckResult(
        asset_key=key,
        check_name="rows_in_target",
        passed=not different,
        metadata={"rows": compared, "different": [one._asdict() for one in different]},
        description=f"The newest export job of {TAP} and the target hold the same rows.",
    )
