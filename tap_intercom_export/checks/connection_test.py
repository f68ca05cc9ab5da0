"""`--test`: what works, part by part, within seconds and without an export job."""

from __future__ import annotations

import email.utils
import queue
import threading
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any

from tap_intercom_export.checks.local import (
    LOW_FREE_BYTES,
    check_temporary_directory,
)
from tap_intercom_export.checks.preflight import FIRST_ENTRY, object_path, unknown_object_type
from tap_intercom_export.checks.selection import LIST_PATHS
from tap_intercom_export.errors import (
    ConfigurationError,
    ForbiddenError,
    NotFoundError,
    TapError,
    UnauthorizedError,
    UnavailableError,
    VersionError,
    exit_status_of,
)
from tap_intercom_export.exports import UNKNOWN_JOB_ID
from tap_intercom_export.intercom import ALL_DATASETS, DATASETS_PATH, MESSAGE_EXPORT
from tap_intercom_export.intercom.client import Probe

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tap_intercom_export.checks.selection import Selection
    from tap_intercom_export.config import Settings
    from tap_intercom_export.intercom.client import IntercomClient

PROBE_TIMEOUT_SECONDS = 5.0
"""Seconds of silence that end the look at one part."""

DEADLINE_SECONDS = 6.0
"""Seconds after which a part that has not answered counts as unreachable: looking up the name of a
host has no time limit of its own."""

MAX_CLOCK_DIFFERENCE_SECONDS = 60
"""Seconds; the same that a window leaves before now."""


class Mark(str, Enum):
    """How a part stands."""

    WORKS = "\u2713"
    FAILS = "\u2717"
    WARNING = "!"
    NOT_NEEDED = "\u2013"


PLAIN_MARKS = {Mark.WORKS: "ok", Mark.FAILS: "FAILS", Mark.WARNING: "!", Mark.NOT_NEEDED: "-"}
"""For a terminal that has no such signs."""


@dataclass(frozen=True, slots=True)
class Part:
    """A line of the table.

    Attributes:
        name: What was looked at.
        mark: How it stands.
        text: What was found, and what to do.
        error: Why it fails, where what is selected needs it.
    """

    name: str
    mark: Mark
    text: str
    error: TapError | None = None


def look(
    selection: Selection,
    config: Mapping[str, Any],
    settings: Settings,
    connect: Callable[[], IntercomClient],
    now: Callable[[], float],
) -> list[Part]:
    """Look at every part; those of Intercom all at once.

    Args:
        selection: What a run needs; other parts are told, and do not matter.
        config: The tap's configuration.
        settings: The same, in the units the code works in.
        connect: Returns a client for the workspace.
        now: Returns the time in unix seconds.

    Returns:
        The lines of the table.
    """
    paths = _paths(config)
    probes = _probe_all(paths, connect)
    answered = [probe for probe in probes.values() if probe.headers]
    host = _host(settings, list(probes.values()))
    if host.error:
        return [host, *_local_parts(config)]
    scopes = [_message_part(probes["messages"], selection)]
    scopes.append(_reporting_part(probes["reports"], selection, config))
    scopes += [_list_part(name, probes[name], selection) for name in LIST_PATHS]
    scopes += [
        _object_part(name, probes[f"object {name}"])
        for name in dict.fromkeys(config.get("custom_object_types") or ())
    ]
    return [
        host,
        _token(list(probes.values())),
        *scopes,
        _version(settings, list(probes.values())),
        _clock(answered, now()),
        *_local_parts(config),
    ]


def table(parts: list[Part], encoding: str) -> str:
    """Return the lines for people.

    Args:
        parts: What was found.
        encoding: Of what they are written to; signs that it does not have are spelled out.
    """
    try:
        "".join(Mark).encode(encoding)
    except (LookupError, UnicodeError):
        marks = PLAIN_MARKS
    else:
        marks = {mark: mark.value for mark in Mark}
    width = max(len(part.name) for part in parts)
    sign = max(len(marks[part.mark]) for part in parts)
    return "\n".join(
        f"{marks[part.mark]:<{sign}} {part.name:<{width}}  {part.text}" for part in parts
    )


def _paths(config: Mapping[str, Any]) -> dict[str, str]:
    """Return the paths to ask for, none of which starts an export job."""
    return {
        "messages": MESSAGE_EXPORT.status_path.format(UNKNOWN_JOB_ID),
        "reports": DATASETS_PATH,
        **{name: path + FIRST_ENTRY for name, path in LIST_PATHS.items()},
        **{
            f"object {name}": object_path(name) + FIRST_ENTRY
            for name in config.get("custom_object_types") or ()
        },
    }


def _probe_all(paths: Mapping[str, str], connect: Callable[[], IntercomClient]) -> dict[str, Probe]:
    """Ask for all paths at once, and wait for their answers up to the deadline."""
    found: queue.Queue[tuple[str, Probe]] = queue.Queue()

    def ask(name: str, path: str) -> None:
        found.put((name, connect().probe(path, PROBE_TIMEOUT_SECONDS)))

    for name, path in paths.items():
        # daemon: one that hangs must not keep the process alive
        threading.Thread(target=ask, args=(name, path), name=f"probe-{name}", daemon=True).start()
    late = UnavailableError(f"no answer within {DEADLINE_SECONDS:.0f} s")
    probes = {name: Probe(late, None, {}, DEADLINE_SECONDS) for name in paths}
    deadline = threading.Event()
    timer = threading.Timer(DEADLINE_SECONDS, deadline.set)
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


def _host(settings: Settings, probes: list[Probe]) -> Part:
    """Tell whether the host answers at all."""
    answered = [probe.seconds for probe in probes if probe.headers]
    if answered:
        text = f"{settings.api_url} answers ({min(answered) * 1000:.0f} ms)"
        return Part("Host", Mark.WORKS, text)
    error = next(probe.error for probe in probes if probe.error)
    text = f"{settings.api_url}: {error}"
    if not isinstance(error, ConfigurationError):
        text += ". Check the network, a proxy (HTTPS_PROXY), region and api_url."
    return Part("Host", Mark.FAILS, text, error)


def _token(probes: list[Probe]) -> Part:
    refused = next(
        (probe.error for probe in probes if isinstance(probe.error, UnauthorizedError)), None
    )
    if refused:
        return Part("Token", Mark.FAILS, str(refused), refused)
    return Part("Token", Mark.WORKS, "accepted (access_token)")


def _scope(name: str, probe: Probe, *, needed: bool, good: str) -> Part:
    """Tell whether the token is allowed what a part needs.

    Args:
        name: Of the part.
        probe: What was answered.
        needed: Whether what is selected needs it.
        good: What to say where it is.
    """
    selected = "" if needed else "; not selected"
    if probe.error is None:
        return Part(name, Mark.WORKS, f"{good}{selected}")
    if isinstance(probe.error, UnauthorizedError):
        text = "not known, as the token is refused"
        return Part(name, Mark.FAILS if needed else Mark.NOT_NEEDED, text)
    if not needed:
        reasons: dict[type[TapError], str] = {
            ForbiddenError: "not allowed",
            VersionError: "not in this version of the API",
        }
        reason = reasons.get(type(probe.error), str(probe.error))
        return Part(name, Mark.NOT_NEEDED, f"not selected; {reason}")
    return Part(name, Mark.FAILS, str(probe.error), probe.error)


def _message_part(probe: Probe, selection: Selection) -> Part:
    if isinstance(probe.error, NotFoundError):  # the job does not exist, and we may ask for jobs
        probe = Probe(None, probe.reply, probe.headers, probe.seconds)
    only_reports = bool(selection.datasets) and isinstance(probe.error, ForbiddenError)
    return _scope(
        "Message export",
        probe,
        needed=selection.messages and not (only_reports and selection.by_settings),
        good="allowed (export_content_data); no job was asked for",
    )


def _reporting_part(probe: Probe, selection: Selection, config: Mapping[str, Any]) -> Part:
    name = "Reporting export"
    part = _scope(
        name,
        probe,
        needed=bool(selection.datasets),
        good="allowed (export_reporting_data); no job was asked for",
    )
    wanted = [one for one in config.get("reporting_datasets") or () if one != ALL_DATASETS]
    if part.mark is not Mark.WORKS or probe.reply is None or not wanted:
        return part
    known = {str(entry.get("id")) for entry in probe.reply.body.get("data") or ()}
    unknown = [one for one in wanted if one not in known]
    if unknown:
        error = ConfigurationError(
            f"reporting_datasets: there is no {', '.join(unknown)} in this workspace; there are "
            f"{', '.join(sorted(known))}"
        )
        return Part(name, Mark.FAILS, str(error), error)
    return part


def _list_part(stream: str, probe: Probe, selection: Selection) -> Part:
    return _scope(f"AI content: {stream}", probe, needed=stream in selection.lists, good="allowed")


def _object_part(name: str, probe: Probe) -> Part:
    if isinstance(probe.error, NotFoundError):
        probe = Probe(
            unknown_object_type(name, probe.error), probe.reply, probe.headers, probe.seconds
        )
    return _scope(f"Custom object: {name}", probe, needed=True, good="exists, and is allowed")


def _version(settings: Settings, probes: list[Probe]) -> Part:
    name, version = "API version", settings.api_version
    if any(isinstance(probe.error, UnauthorizedError) for probe in probes):
        return Part(name, Mark.NOT_NEEDED, f"{version} (api_version), not looked at")
    if all(isinstance(probe.error, VersionError) for probe in probes):
        error = ConfigurationError(
            f"Intercom does not know version {version}. Set api_version to one that it has, or "
            "leave it out."
        )
        return Part(name, Mark.FAILS, str(error), error)
    return Part(name, Mark.WORKS, f"{version} (api_version)")


def _clock(probes: list[Probe], now: float) -> Part:
    name = "Clock"
    for probe in probes:
        if parsed := email.utils.parsedate_tz(probe.headers.get("Date", "")):
            ahead = now - email.utils.mktime_tz(parsed)
            break
    else:
        return Part(name, Mark.NOT_NEEDED, "Intercom's answers have no Date to compare with")
    if abs(ahead) <= MAX_CLOCK_DIFFERENCE_SECONDS:
        return Part(name, Mark.WORKS, f"within {max(1, round(abs(ahead)))} s of Intercom's")
    way = "ahead of" if ahead > 0 else "behind"
    return Part(
        name,
        Mark.WARNING,
        f"{abs(ahead):.0f} s {way} Intercom's: set this machine's clock (NTP)",
    )


def _local_parts(config: Mapping[str, Any]) -> list[Part]:
    parts = []
    try:
        folder, free = check_temporary_directory()
    except ConfigurationError as error:
        parts.append(Part("Temporary space", Mark.FAILS, str(error), error))
    else:
        low = free < LOW_FREE_BYTES
        advice = "; archives of busy workspaces are larger (TMPDIR)" if low else ""
        mark = Mark.WARNING if low else Mark.WORKS
        parts.append(
            Part("Temporary space", mark, f"{free / 1e9:,.1f} GB free in {folder}{advice}")
        )
    if config.get("batch_config"):
        parts.append(Part("Batch files", Mark.WORKS, "what batch_config needs is installed"))
    return parts


def exit_status(parts: list[Part]) -> int:
    """Return the exit status: that of the first error in what is selected, or 0."""
    error = next((part.error for part in parts if part.error), None)
    return int(exit_status_of(error)) if error else 0
