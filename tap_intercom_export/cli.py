"""The command line: errors that a user can meet are told in a line, not in a traceback."""

from __future__ import annotations

import logging
import os
import sys

from singer_sdk.exceptions import ConfigValidationError

from tap_intercom_export.errors import TapError
from tap_intercom_export.tap import TapIntercomExport


def main() -> None:
    """Run the tap with the arguments of the process, and exit.

    Exit status 1 after an error, 2 after a wrong argument, 128 and the signal's number after a
    signal.
    """
    logger = logging.getLogger(TapIntercomExport.name)
    try:
        TapIntercomExport.cli()
    except ConfigValidationError as error:
        for line in error.errors:
            logger.error(line)  # noqa: TRY400 - the line says it all
    except BrokenPipeError:
        # Whoever read the messages is gone. Python would complain once more at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except Exception as error:
        kind = "" if isinstance(error, TapError) else f"{type(error).__name__}: "
        logger.error("%s%s", kind, error, exc_info=logger.isEnabledFor(logging.DEBUG))  # noqa: TRY400
    sys.exit(1)
