"""The connection test of `--test`: checks each part within seconds, without an export job."""

from __future__ import annotations

import email.utils
import queue
import threading
from typing import TYPE_CHECKING, Any

from tap_intercom_export.checks.check_result import CheckResult, Outcome
from tap_intercom_export.checks.directories import (
    LOW_FREE_BYTES,
    check_temporary_directory,
)
from tap_intercom_export.checks.preflight import unknown_object_type
from tap_intercom_export.errors import (
    ConfigurationError,
    ForbiddenError,
    NotFoundError,
    TapError,
    UnauthorizedError,
    UnavailableError,
    VersionError,
)
from tap_intercom_export.exports import MAX_CLOCK_DIFFERENCE_SECONDS, UNKNOWN_JOB_ID
from tap_intercom_export.intercom import (
    ALL_DATASETS,
    DATASETS_PATH,
    MESSAGE_EXPORT,
    Probe,
    send_probe,
    unknown_datasets,
)
from tap_intercom_export.list_endpoints import (
    FIRST_ENTRY_QUERY,
    LIST_PATHS,
    custom_objects_path,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tap_intercom_export.checks.selection import Selection
    from tap_intercom_export.config import Settings
    from tap_intercom_export.intercom import IntercomClient

PROBE_TIMEOUT_SECONDS = 5.0
"""Seconds without data after which a request of the test fails."""

RESPONSE_DEADLINE_SECONDS = 6.0
"""Time after which a request counts as failed. The lookup of a host name has no timeout of its
own."""


def run_checks(
    selection: Selection,
    config: Mapping[str, Any],
    settings: Settings,
    connect: Callable[[], IntercomClient],
    now: Callable[[], float],
) -> list[CheckResult]:
    """Run all checks; those of Intercom at the same time.

    Args:
        selection: The parts that a run needs. Problems of other parts are not errors.
        config: The tap's configuration.
        settings: The validated settings.
        connect: Returns a client for the workspace.
        now: Returns the current time in unix seconds.

    Returns:
        The lines of the table.
    """
    paths = _paths(config)
    probes = _probe_all(paths, connect)
    responses = [probe for probe in probes.values() if probe.headers]
    host = _check_host(settings, list(probes.values()))
    if host.error:
        return [host, *_check_machine(config)]
    scopes = [_check_message_export(probes["messages"], selection)]
    scopes.append(_check_reporting_export(probes["reporting"], selection, config))
    scopes += [_check_list(name, probes[name], selection) for name in LIST_PATHS]
    scopes += [
        _check_object_type(name, probes[f"object {name}"])
        for name in dict.fromkeys(config.get("custom_object_types") or ())
    ]
    return [
        host,
        _check_token(list(probes.values())),
        *scopes,
        _check_version(settings, list(probes.values())),
        _check_clock(responses, now()),
        *_check_machine(config),
    ]


def _paths(config: Mapping[str, Any]) -> dict[str, str]:
    """Return the paths to request, none of which creates an export job."""
    return {
        "messages": MESSAGE_EXPORT.status_path.format(UNKNOWN_JOB_ID),
        "reporting": DATASETS_PATH,
        **{name: path + FIRST_ENTRY_QUERY for name, path in LIST_PATHS.items()},
        **{
            f"object {name}": custom_objects_path(name) + FIRST_ENTRY_QUERY
            for name in config.get("custom_object_types") or ()
        },
    }


def _probe_all(paths: Mapping[str, str], connect: Callable[[], IntercomClient]) -> dict[str, Probe]:
    """Request all paths at the same time, and wait for the responses until the deadline."""
    found: queue.Queue[tuple[str, Probe]] = queue.Queue()

    def send(name: str, path: str) -> None:
        found.put((name, send_probe(connect(), path, PROBE_TIMEOUT_SECONDS)))

    for name, path in paths.items():
        # daemon threads: a hanging request must not keep the process alive
        threading.Thread(target=send, args=(name, path), name=f"probe-{name}", daemon=True).start()
    late = UnavailableError(f"no response within {RESPONSE_DEADLINE_SECONDS:.0f} s")
    probes = {name: Probe(late, None, {}, RESPONSE_DEADLINE_SECONDS) for name in paths}
    deadline = threading.Event()
    timer = threading.Timer(RESPONSE_DEADLINE_SECONDS, deadline.set)
    timer.daemon = True
    timer.start()
    left = len(paths)
    while left and not deadline.is_set():
        try:
            name, probe = found.get(timeout=0.05)
        except queue.Empty:
            continue
        probes[name] = probe
        left -= 1
    timer.cancel()
    return probes


def _check_host(settings: Settings, probes: list[Probe]) -> CheckResult:
    """Return whether the host responds."""
    responses = [probe.seconds for probe in probes if probe.headers]
    if responses:
        text = f"{settings.api_url} answers ({min(responses) * 1000:.0f} ms)"
        return CheckResult("Host", Outcome.WORKS, text)
    error = next(probe.error for probe in probes if probe.error)
    text = f"{settings.api_url}: {error}"
    if not isinstance(error, ConfigurationError):
        text += ". Check the network, a proxy (HTTPS_PROXY), region and api_url."
    return CheckResult("Host", Outcome.FAILS, text, error)


def _check_token(probes: list[Probe]) -> CheckResult:
    refused = next(
        (probe.error for probe in probes if isinstance(probe.error, UnauthorizedError)), None
    )
    if refused:
        return CheckResult("Token", Outcome.FAILS, str(refused), refused)
    return CheckResult("Token", Outcome.WORKS, "accepted (access_token)")


def _check_permission(name: str, probe: Probe, *, needed: bool, good: str) -> CheckResult:
    """Return whether the token has the permission that a part needs.

    Args:
        name: Name of the part.
        probe: The response.
        needed: Whether selected streams need it.
        good: Text for success.
    """
    selected = "" if needed else "; not selected"
    if probe.error is None:
        return CheckResult(name, Outcome.WORKS, f"{good}{selected}")
    if isinstance(probe.error, UnauthorizedError):
        text = "unknown, because the token is refused"
        return CheckResult(name, Outcome.FAILS if needed else Outcome.NOT_NEEDED, text)
    if not needed:
        reasons: dict[type[TapError], str] = {
            ForbiddenError: "not allowed",
            VersionError: "not in this version of the API",
        }
        reason = reasons.get(type(probe.error), str(probe.error))
        return CheckResult(name, Outcome.NOT_NEEDED, f"not selected; {reason}")
    return CheckResult(name, Outcome.FAILS, str(probe.error), probe.error)


def _check_message_export(probe: Probe, selection: Selection) -> CheckResult:
    if isinstance(probe.error, NotFoundError):  # expected: the job does not exist
        probe = Probe(None, probe.parsed, probe.headers, probe.seconds)
    only_reports = bool(selection.datasets) and isinstance(probe.error, ForbiddenError)
    return _check_permission(
        "Message export",
        probe,
        needed=selection.messages and not (only_reports and selection.is_from_settings),
        good="allowed (export_content_data); no job was created",
    )


def _check_reporting_export(
    probe: Probe, selection: Selection, config: Mapping[str, Any]
) -> CheckResult:
    name = "Reporting export"
    result = _check_permission(
        name,
        probe,
        needed=bool(selection.datasets),
        good="allowed (export_reporting_data); no job was created",
    )
    wanted = [one for one in config.get("reporting_datasets") or () if one != ALL_DATASETS]
    if result.outcome is not Outcome.WORKS or probe.parsed is None or not wanted:
        return result
    listed = probe.parsed.body.get("data") or ()
    known = {str(entry.get("id")) for entry in listed if isinstance(entry, dict)}
    unknown = [one for one in wanted if one not in known]
    if unknown:
        error = unknown_datasets(unknown, known)
        return CheckResult(name, Outcome.FAILS, str(error), error)
    return result


def _check_list(stream: str, probe: Probe, selection: Selection) -> CheckResult:
    return _check_permission(
        f"AI content: {stream}", probe, needed=stream in selection.lists, good="allowed"
    )


def _check_object_type(name: str, probe: Probe) -> CheckResult:
    if isinstance(probe.error, NotFoundError):
        probe = Probe(
            unknown_object_type(name, probe.error), probe.parsed, probe.headers, probe.seconds
        )
    return _check_permission(
        f"Custom object: {name}", probe, needed=True, good="exists, and is allowed"
    )


def _check_version(settings: Settings, probes: list[Probe]) -> CheckResult:
    name, version = "API version", settings.api_version
    if any(isinstance(probe.error, UnauthorizedError) for probe in probes):
        return CheckResult(name, Outcome.NOT_NEEDED, f"{version} (api_version), not checked")
    if all(isinstance(probe.error, VersionError) for probe in probes):
        error = ConfigurationError(
            f"Intercom does not know version {version}. Set api_version to an existing version, or "
            "remove it."
        )
        return CheckResult(name, Outcome.FAILS, str(error), error)
    return CheckResult(name, Outcome.WORKS, f"{version} (api_version)")


def _check_clock(probes: list[Probe], now: float) -> CheckResult:
    name = "Clock"
    for probe in probes:
        if parsed := email.utils.parsedate_tz(probe.headers.get("Date", "")):
            ahead = now - email.utils.mktime_tz(parsed)
            break
    else:
        return CheckResult(
            name, Outcome.NOT_NEEDED, "Intercom's responses have no Date to compare with"
        )
    if abs(ahead) <= MAX_CLOCK_DIFFERENCE_SECONDS:
        return CheckResult(
            name, Outcome.WORKS, f"within {max(1, round(abs(ahead)))} s of Intercom's"
        )
    way = "ahead of" if ahead > 0 else "behind"
    return CheckResult(
        name,
        Outcome.WARNING,
        f"{abs(ahead):.0f} s {way} Intercom's: synchronize this machine's clock (NTP)",
    )


def _check_machine(config: Mapping[str, Any]) -> list[CheckResult]:
    results = []
    try:
        folder, free = check_temporary_directory()
    except ConfigurationError as error:
        results.append(CheckResult("Temporary space", Outcome.FAILS, str(error), error))
    else:
        low = free < LOW_FREE_BYTES
        advice = "; archives of busy workspaces are larger (TMPDIR)" if low else ""
        outcome = Outcome.WARNING if low else Outcome.WORKS
        results.append(
            CheckResult(
                "Temporary space", outcome, f"{free / 1e9:,.1f} GB free in {folder}{advice}"
            )
        )
    if config.get("batch_config"):
        results.append(
            CheckResult("Batch files", Outcome.WORKS, "all packages for batch_config are installed")
        )
    return results
