"""Retries: how often a request is attempted, and the pauses in between.

`error_responses` decides which errors are retried.
"""

from __future__ import annotations

import email.utils
import logging
from typing import TYPE_CHECKING

from tap_intercom_export.errors import UnavailableError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tap_intercom_export.clock import Clock

logger = logging.getLogger(__name__)

MAX_ATTEMPTS = 9
"""Attempts of one request, over about five minutes; Intercom's rate limits reset within seconds."""

FIRST_PAUSE_SECONDS = 1.0
"""Pause before the second attempt; it doubles with each further one."""

MAX_PAUSE_SECONDS = 60.0
"""Longest pause between two attempts, even if a header asks for more."""

YEAR_2000, YEAR_10000 = 946_684_800, 253_402_300_800
"""Unix seconds between which the dates of headers are."""


class RetryBudget:
    """Counts the failed attempts of one request and pauses between them.

    Args:
        clock: Sleeps.
        request: The request, for log and error.
        max_attempts: Failed attempts after which the request fails.
    """

    def __init__(self, clock: Clock, request: str, max_attempts: int = MAX_ATTEMPTS) -> None:
        self._clock = clock
        self._request = request
        self._max_attempts = max_attempts
        self._failed = 0

    def progressed(self) -> None:
        """Start counting again, after an attempt that got some of the data."""
        self._failed = 0

    def failed(self, message: str, headers: Mapping[str, str] | None = None) -> None:
        """Pause before the next attempt, for a growing, jittered time or as the headers ask.

        Args:
            message: What went wrong.
            headers: Headers of the response, if there was one.

        Raises:
            UnavailableError: It was the last attempt.
        """
        self._failed += 1
        if self._failed >= self._max_attempts:
            times = f"{self._failed} times; the last time" if self._failed > 1 else "once"
            hint = ". Check the network, a proxy, api_url." if headers is None else ""
            raise UnavailableError(
                f"{self._request} failed {times}: {message}{hint}"
            ) from None  # the cause may contain a signed URL
        backoff = self._clock.jitter(FIRST_PAUSE_SECONDS * 2 ** (self._failed - 1))
        requested = _requested_pause(headers or {}, self._clock.now())
        pause = min(MAX_PAUSE_SECONDS, max(backoff, requested))
        logger.warning(
            "%s: %s; retrying in %.1f s (attempt %d of %d)",
            self._request,
            message,
            pause,
            self._failed + 1,
            self._max_attempts,
        )

        self._clock.sleep(pause)


def _requested_pause(headers: Mapping[str, str], now: float) -> float:
    """Return the seconds to wait according to the headers of a response.

    `X-RateLimit-Reset`, in unix seconds, is documented. `Retry-After` is not, but is common, both
    as seconds and as a date.
    """
    after, reset = headers.get("Retry-After", ""), headers.get("X-RateLimit-Reset", "")
    if after.isdecimal():
        return float(after)
    if (moment := parse_http_date(after)) is not None:
        return moment - now
    return float(reset) - now if reset.isdecimal() else 0.0


def parse_http_date(text: str) -> float | None:
    """Parse the date of a header into unix seconds.

    Args:
        text: `Thu, 01 Jan 2026 00:00:00 GMT`.

    Returns:
        Unix seconds; None if it is not a date, or not one of this century or later.
    """
    try:
        moment = email.utils.parsedate_tz(text)
        seconds = 0 if moment is None else email.utils.mktime_tz(moment)
    except (ValueError, OverflowError):
        return None
    return seconds if YEAR_2000 <= seconds < YEAR_10000 else None
