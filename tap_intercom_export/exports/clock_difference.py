"""The current time, by this machine's clock and Intercom's."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tap_intercom_export.clock import Clock
    from tap_intercom_export.intercom import IntercomClient

logger = logging.getLogger(__name__)

MAX_CLOCK_DIFFERENCE_SECONDS = 60.0
"""A larger difference from Intercom's clock is logged as a warning."""


def current_time(client: IntercomClient, clock: Clock) -> float:
    """Return the earlier of this machine's time and Intercom's, by the client's last response.

    Args:
        client: A client that has had a response.
        clock: This machine's clock.

    Returns:
        Unix seconds.
    """
    ahead = client.seconds_ahead
    if abs(ahead) > MAX_CLOCK_DIFFERENCE_SECONDS:
        logger.warning(
            "This machine's clock is %.0f s %s Intercom's. Synchronize it (NTP); windows end at "
            "the earlier of the two times",
            abs(ahead),
            "ahead of" if ahead > 0 else "behind",
        )
    return clock.now() - max(0.0, ahead)
