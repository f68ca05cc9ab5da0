"""How often a request is tried, and how long to wait in between."""

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
"""Failed tries of one request, about five minutes in all; Intercom's limits clear in seconds."""

FIRST_PAUSE_SECONDS = 1.0
"""Seconds before the second try; doubles with each further one."""

MAX_PAUSE_SECONDS = 60.0
"""Seconds. The longest pause between two tries, also where a header asks for more."""


class RetryBudget:
    """Counts the tries of one request and waits between them.

    Args:
        clock: Waits.
        what: The request, for the log and the error.
        most: Failed tries before it is given up.
    """

    def __init__(self, clock: Clock, what: str, most: int = MAX_ATTEMPTS) -> None:
        self._clock = clock
        self._what = what
        self._most = most
        self._failed = 0

    def progressed(self) -> None:
        """Begin to count anew: the last try was not in vain."""
        self._failed = 0

    def failed(self, trouble: str, headers: Mapping[str, str] | None = None) -> None:
        """Wait before the next try: growing, jittered pauses, or what the headers ask for.

        Args:
            trouble: What went wrong.
            headers: Of the answer, if there was one.

        Raises:
            UnavailableError: It was the last try.
        """
        self._failed += 1
        if self._failed >= self._most:
            times = f"{self._failed} times; the last time" if self._failed > 1 else "once"
            hint = ". Check the network, a proxy, api_url." if headers is None else ""
            raise UnavailableError(
                f"{self._what} failed {times}: {trouble}{hint}"
            ) from None  # the error before it may name a signed URL
        grown = self._clock.jitter(FIRST_PAUSE_SECONDS * 2 ** (self._failed - 1))
        asked = _asked_pause(headers or {}, self._clock.now())
        pause = min(MAX_PAUSE_SECONDS, max(grown, asked))
        logger.warning(
            "%s: %s; again in %.1f s (try %d of %d)",
            self._what,
            trouble,
            pause,
            self._failed + 1,
            self._most,
        )
        self._clock.sleep(pause)


def _asked_pause(headers: Mapping[str, str], now: float) -> float:
    """Return how many seconds an answer asks to wait.

    `X-RateLimit-Reset`, in unix seconds, is documented. `Retry-After` is not, but is common, as
    seconds and as a date.
    """
    after, reset = headers.get("Retry-After", ""), headers.get("X-RateLimit-Reset", "")
    if after.isdecimal():
        return float(after)
    if after and (moment := email.utils.parsedate_tz(after)):
        return email.utils.mktime_tz(moment) - now
    return float(reset) - now if reset.isdecimal() else 0.0
