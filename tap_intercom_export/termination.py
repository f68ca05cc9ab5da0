"""Handles SIGTERM and SIGINT: writes the state and ends the process, within 2 s."""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import threading
from functools import partial
from typing import TYPE_CHECKING, Any

from singer_sdk.singerlib import StateMessage

if TYPE_CHECKING:
    from collections.abc import Callable

    from tap_intercom_export.exports import EventQueue
    from tap_intercom_export.singer.message_writer import MessageWriter

SHUTDOWN_DEADLINE_SECONDS = 1.5
"""Time after a signal for the last STATE and a log line; then the process ends in any case."""

JOB_REQUEST_GRACE_SECONDS = 1.0
"""Part of this time for the response to a request that creates a job."""


class Termination:
    """Ends the process on a signal, with the state that the next run resumes from.

    Args:
        writer: Writes the last STATE.
        events: Returns the event queue; None before worker threads can have started.
        state: Returns the state; empty if it is not loaded yet, as during discovery. Then no STATE
            is written, because an empty one would replace the stored one.
        clean_up: Deletes the temporary files that have names.
        logger: Gets one line.
    """

    def __init__(
        self,
        writer: MessageWriter,
        events: Callable[[], EventQueue | None],
        state: Callable[[], Any],
        clean_up: Callable[[], None],
        logger: logging.Logger,
    ) -> None:
        self._writer = writer
        self._events = events
        self._state = state
        self._clean_up = clean_up
        self._logger = logger

    def handle(self, signum: int) -> None:
        """Handle a signal: end when the lines that are being written are complete.

        Args:
            signum: Number of the signal.
        """
        for other in (signal.SIGINT, signal.SIGTERM):
            signal.signal(other, signal.SIG_IGN)
        # If a target that does not read blocks the current write, nothing more can be written. The
        # STATE with the running job was written when the job was created.
        deadline = threading.Timer(SHUTDOWN_DEADLINE_SECONDS, os._exit, [128 + signum])
        deadline.daemon = True
        deadline.start()
        self._writer.run_between_lines(partial(self._end, signum))

    def _end(self, signum: int) -> None:
        """Write the state and exit at once, without waiting for other threads."""
        logging.raiseExceptions = False  # the signal may have interrupted a log call
        with contextlib.suppress(OSError):
            if events := self._events():  # the response for a new job may be on its way
                events.finish_requests(JOB_REQUEST_GRACE_SECONDS)
            if state := self._state():
                self._writer.write_final_message(StateMessage(value=state))
        self._clean_up()
        name = signal.Signals(signum).name
        self._logger.warning("Stopped by %s; the next run continues from the last STATE", name)
        os._exit(128 + signum)
