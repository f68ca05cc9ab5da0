"""The command `intercom-simulator`: runs the simulator as a process."""

from __future__ import annotations

import argparse
import errno
import json
import math
import signal
import sys
import threading
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfoNotFoundError

from intercom_simulator.named_variants import API_VARIANTS
from intercom_simulator.reporting.labels import LANGUAGES
from intercom_simulator.reporting.values import zone_of
from intercom_simulator.simulator import Simulator

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from intercom_simulator.http_messages import Request

_CONTAINERS = ("zip", "gzip", "tar.gz", "csv")
_TIME = "%Y-%m-%dT%H:%M:%SZ"


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the simulator until SIGINT or SIGTERM.

    Args:
        arguments: Command-line arguments; by default those of the process.
    """
    parser = _parser()
    options = parser.parse_args(arguments)
    end = options.end or datetime.now(timezone.utc)
    start = options.start or end - timedelta(days=options.days)
    if start >= end:
        parser.error(f"argument --start: must be earlier than --end, which is {end:{_TIME}}")
    try:
        simulator = _simulator(options, start, end)
    except OSError as error:
        if error.errno not in {errno.EADDRINUSE, errno.EACCES}:
            raise
        parser.error(f"argument --port: cannot listen on {options.port}: {error.strerror}")
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    with simulator:
        _print(_startup_text(simulator))
        ended.wait()


def _simulator(options: argparse.Namespace, start: datetime, end: datetime) -> Simulator:
    variant = API_VARIANTS[options.variant]
    if options.container:
        variant = replace(variant, container=options.container)
    if options.reporting_container:
        variant = replace(variant, reporting_container=options.reporting_container)
    return Simulator(
        receipts=options.receipts,
        days=-((start - end) // timedelta(days=1)),
        seed=options.seed,
        end=end,
        variant=variant,
        job_seconds=options.job_seconds,
        token=options.token,
        port=options.port,
        conversations=options.conversations,
        reporting_timezone=options.reporting_timezone,
        reporting_language=options.reporting_language,
        ai_pages=options.ai_pages,
        on_request=_print_request if options.verbose else None,
    )


def _startup_text(simulator: Simulator) -> str:
    end = simulator.workspace.end or simulator.clock.now()
    start = end - timedelta(days=simulator.workspace.days)
    config = {
        "access_token": simulator.token,
        "api_url": simulator.url,
        "start_date": f"{start:{_TIME}}",
    }
    counts = simulator.workspace.counts(end)
    return (
        f"Intercom simulator at {simulator.url}\n"
        f"Access token: {simulator.token}\n"
        f"Messages: {counts['receipt']}, opens: {counts['open']}, clicks: {counts['click']}, "
        f"from {start:%Y-%m-%d} to {end:%Y-%m-%d %H:%M:%S} UTC\n"
        f"Configuration of the tap:\n{json.dumps(config, indent=2)}"
    )


def _print_request(request: Request) -> None:
    status = "no response" if request.status is None else request.status
    _print(f"{request.received_at:{_TIME}} {request.method} {request.path} {status}")


def _print(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="intercom-simulator",
        description=(
            "Simulates Intercom's export and list APIs on this machine, with generated data. "
            "Prints a configuration for the tap and runs until Ctrl-C."
        ),
    )
    parser.add_argument(
        "--port",
        type=_whole_number(0, 65_535),
        default=0,
        help="port of the API; 0 for any free port (default: %(default)s)",
    )
    parser.add_argument(
        "--receipts",
        type=_whole_number(0),
        default=500,
        help="number of messages (default: %(default)s)",
    )
    parser.add_argument(
        "--days",
        type=_whole_number(1, 36_500),
        default=90,
        help="length of the history in days (default: %(default)s)",
    )
    parser.add_argument(
        "--start",
        type=_instant,
        help="start of the history as an ISO date or date-time, instead of --days",
    )
    parser.add_argument(
        "--end",
        type=_instant,
        help="the simulated present, as an ISO date or date-time (default: now)",
    )
    parser.add_argument(
        "--seed", type=int, default=1, help="seed of the generated data (default: %(default)s)"
    )
    parser.add_argument(
        "--job-seconds",
        type=_seconds,
        default=2.0,
        help="run time of an export job in seconds (default: %(default)s)",
    )
    parser.add_argument(
        "--token", default="sim-token", help="the only valid access token (default: %(default)s)"
    )
    parser.add_argument(
        "--variant",
        choices=API_VARIANTS,
        default="production",
        help="how the API responds where public sources disagree (default: %(default)s)",
    )
    parser.add_argument(
        "--container",
        choices=_CONTAINERS,
        help="container format of downloads, instead of that of the variant",
    )
    parser.add_argument(
        "--conversations",
        type=_whole_number(0),
        default=300,
        help="number of conversations, for reporting datasets (default: %(default)s)",
    )
    parser.add_argument(
        "--reporting-timezone",
        type=_zone,
        default="UTC",
        help="time zone of the workspace, used in reports (default: %(default)s)",
    )
    parser.add_argument(
        "--reporting-language",
        choices=LANGUAGES,
        default="en",
        help="language of the workspace, used in reports (default: %(default)s)",
    )
    parser.add_argument(
        "--reporting-container",
        choices=(*_CONTAINERS, "encoded"),
        help="container format of reports, instead of that of the variant",
    )
    parser.add_argument(
        "--ai-pages",
        type=_whole_number(0),
        default=400,
        help="number of external pages, which are AI content (default: %(default)s)",
    )
    parser.add_argument("--verbose", action="store_true", help="print a line for each request")
    return parser


def _instant(text: str) -> datetime:
    try:
        instant = datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r} is not a time: {error}") from error
    if not 1970 <= instant.year < 2200:  # noqa: PLR2004  - leaves room for the history and the future
        raise argparse.ArgumentTypeError(f"{text!r} is not between 1970 and 2199")
    if instant.tzinfo is None:
        instant = instant.replace(tzinfo=timezone.utc)
    return instant.astimezone(timezone.utc)


def _whole_number(minimum: int, maximum: int | None = None) -> Callable[[str], int]:
    def parse(text: str) -> int:
        try:
            number = int(text)
        except ValueError as error:
            raise argparse.ArgumentTypeError(f"{text!r} is not a whole number") from error
        if number < minimum:
            raise argparse.ArgumentTypeError(f"{number} is less than {minimum}")
        if maximum is not None and number > maximum:
            raise argparse.ArgumentTypeError(f"{number} is more than {maximum}")
        return number

    return parse


def _seconds(text: str) -> float:
    try:
        number = float(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number") from error
    if not 0 <= number < math.inf:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of seconds")
    return number


def _zone(text: str) -> str:
    try:
        zone_of(text)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise argparse.ArgumentTypeError(str(error)) from error
    return text
