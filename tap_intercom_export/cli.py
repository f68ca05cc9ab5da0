"""The command line: errors that a user can meet are told in a line, not in a traceback."""

from __future__ import annotations

import logging
import os
import signal
import sys

UNSAID = (
    "Added '%s' as child stream",  # of each of forty streams, also on --discover
    "Skipping deselected stream",
    "Config validation failed",  # after the line that says what is wrong
)
"""What the SDK logs and users do not need."""


def main() -> None:
    """Run the tap with the arguments of the process, and exit.

    Exit status 1 after an error, 2 after a wrong argument, 128 and the signal's number after a
    signal.
    """
    logger = logging.getLogger("tap-intercom-export")
    logger.addFilter(lambda record: not str(record.msg).startswith(UNSAID))
    for signum in (signal.SIGINT, signal.SIGTERM):  # until the tap has handlers of its own
        signal.signal(signum, lambda number, _: os._exit(128 + number))
    try:
        # Here, so that Ctrl-C while it is loaded ends as quietly as later
        from tap_intercom_export.tap import TapIntercomExport  # noqa: PLC0415

        TapIntercomExport.cli()
    except BrokenPipeError:
        # Whoever read the messages is gone. Python would complain once more at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except Exception as error:  # noqa: BLE001 - whatever it is, a user gets a line
        _tell(logger, error)
    sys.exit(1)


def _tell(logger: logging.Logger, error: Exception) -> None:
    """Put an error into a line of the log; its traceback only where the level is DEBUG."""
    from singer_sdk.exceptions import ConfigValidationError  # noqa: PLC0415 - see above

    from tap_intercom_export.errors import TapError  # noqa: PLC0415

    if isinstance(error, ConfigValidationError):
        for line in error.errors:
            logger.error(line)
        return
    kind = "" if isinstance(error, TapError) else f"{type(error).__name__}: "
    logger.error("%s%s", kind, error, exc_info=error if logger.isEnabledFor(10) else None)
