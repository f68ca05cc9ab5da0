"""How much is asked for at once: less after a job that was too large, more again after a while."""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING

from tap_intercom_export.errors import TapError

if TYPE_CHECKING:
    from tap_intercom_export.exports.window import Sizes

logger = logging.getLogger(__name__)

WINDOWS_BEFORE_GROWTH = 3
"""Windows in a row that succeed before shortened sizes are doubled again."""


class WindowSizer:
    """The sizes of the windows to come. Threads may share it.

    Args:
        largest: The sizes that the settings ask for.
    """

    def __init__(self, largest: Sizes) -> None:
        self._largest = largest
        self._sizes = largest
        self._steady = 0
        self._lock = threading.Lock()

    @property
    def sizes(self) -> Sizes:
        """The sizes to ask for now."""
        return self._sizes

    def shorten(self, tried: Sizes, real: Sizes, error: TapError) -> None:
        """Ask for less from now on, and say what that costs.

        Args:
            tried: The sizes that were too large. Where another thread has shortened them already,
                nothing happens.
            real: What the window really had of them.
            error: Why they were too large.

        Raises:
            TapError: There are no smaller ones.
        """
        with self._lock:
            if self._sizes != tried:
                return
            smaller = tried.halved(real)
            if smaller is None:
                raise TapError(
                    f"{error}. It cannot be asked for in pieces smaller than an hour. Please try "
                    "again later, and ask Intercom's support with the job's id if it stays so."
                ) from error
            self._sizes, self._steady = smaller, 0
        if smaller.window < tried.window:
            cost = f"window shortened to {smaller.window / 3600:.1f} h, which costs more jobs"
        else:
            cost = (
                f"lookback shortened to {smaller.lookback / 3600:.1f} h: opens, clicks and replies "
                "that came later after the message than that are not seen for this window"
            )
        logger.warning("%s. Asking for less: %s", error, cost)

    def succeeded(self) -> None:
        """Note a window that went well."""
        with self._lock:
            self._steady += 1
            if self._steady % WINDOWS_BEFORE_GROWTH == 0:
                self._sizes = self._sizes.doubled(self._largest)
