"""Single requests without retries, for `--test`: errors are results here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tap_intercom_export.errors import TapError, TransientError
from tap_intercom_export.intercom.client import CONNECTION_ERRORS, error_name
from tap_intercom_export.intercom.error_responses import check_response
from tap_intercom_export.intercom.responses import parse_response

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tap_intercom_export.intercom.client import IntercomClient
    from tap_intercom_export.intercom.responses import ApiResponse


@dataclass(frozen=True, slots=True)
class Probe:
    """Result of one request without retries.

    Attributes:
        error: The error of the response, or the reason for no response; None on success.
        parsed: The response, if it has a JSON body.
        headers: Headers of the response; empty if there is none.
        seconds: Duration of the request.
    """

    error: TapError | None
    parsed: ApiResponse | None
    headers: Mapping[str, str]
    seconds: float


def send_probe(client: IntercomClient, path: str, timeout: float) -> Probe:
    """Send one GET request; errors are returned, not raised.

    Args:
        client: Sends the request.
        path: Path of the API; begins with a slash.
        timeout: Seconds without data after which the request fails.
    """
    started = client.clock.monotonic()
    headers: Mapping[str, str] = {}
    parsed = None
    error: TapError | None = None
    try:
        url = client.settings.api_url + path
        response = client.send("GET", url, accept="application/json", timeout=timeout, stream=True)
        headers, parsed = response.headers, parse_response(response)
        parsed = check_response(response, parsed, f"GET {path}", client.settings)
    except CONNECTION_ERRORS as failed:
        error = TransientError(f"no response ({error_name(failed)})")
    except TapError as refused:
        error = refused
    return Probe(error, parsed, headers, client.clock.monotonic() - started)
