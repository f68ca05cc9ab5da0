"""The command line: errors that a user can meet are told in a line, not in a traceback."""

from __future__ import annotations

import logging
import os
import signal
import sys
import warnings

from tap_intercom_export import METRICS_LEVEL_VARIABLE
from tap_intercom_export.singer import stdout

NAME = "tap-intercom-export"

SUPPRESSED_MESSAGES = (
    "Added '%s' as child stream",  # of each of forty streams, also on --discover
    "Child stream '%s' ",  # likewise, that its parent calls it
    "Skipping deselected stream",
    "Selection metadata omitted",  # of each of a thousand properties
    "Config validation failed",  # after the line that says what is wrong
    "Skipping parse of env var",  # without --config=ENV
    "Parsing env var for",  # with it
    "Parsing '%s' config from env variable",  # of each setting that is there
)
"""What the SDK logs and users do not need."""

NOISY_LOGGERS = (NAME, "singer_sdk.configuration._dict_config", "singer_sdk.singerlib.catalog")
"""The loggers that say it; a filter works for its own logger only."""

LEVELS = ("debug", "info", "warning", "error", "critical")


def main() -> None:
    """Run the tap with the arguments of the process, and exit.

    The exit status after an error is that of its class (`errors.ExitStatus`), 2 after a wrong
    argument, 128 and the signal's number after a signal.
    """
    logger = logging.getLogger(NAME)
    for name in NOISY_LOGGERS:
        logging.getLogger(name).addFilter(
            lambda record: not str(record.msg).startswith(SUPPRESSED_MESSAGES)
        )
    # Meltano turns them on for all plugins; the SDK leaves its files to the garbage collector
    warnings.simplefilter("ignore", ResourceWarning)
    for signum in (signal.SIGINT, signal.SIGTERM):  # until the tap has handlers of its own
        signal.signal(signum, lambda number, _: os._exit(128 + number))
    try:
        _check_level()
        # Here, so that Ctrl-C while it is loaded ends as quietly as later
        from tap_intercom_export.tap import TapIntercomExport  # noqa: PLC0415

        TapIntercomExport.cli()
    except BrokenPipeError:
        _tell_of_no_reader(logger)
    except SystemExit as end:  # click makes a status of some broken pipes
        if end.code != 1 or not stdout.is_reader_gone():
            raise
        _tell_of_no_reader(logger)
    except Exception as error:  # noqa: BLE001 - whatever it is, a user gets a line
        sys.exit(_tell(logger, error))
    sys.exit(1)


def _check_level() -> None:
    """Look at the level of the log, which the SDK takes from the environment.

    Raises:
        ConfigurationError: There is no such level.
    """
    names = (f"{NAME.upper().replace('-', '_')}_LOGLEVEL", "LOGLEVEL")
    first = next((name for name in names if os.environ.get(name)), None)
    for variable in (first, METRICS_LEVEL_VARIABLE):
        level = os.environ.get(variable or "")
        try:
            logging.NullHandler().setLevel((level or LEVELS[1]).upper())
        except ValueError:
            from tap_intercom_export.errors import ConfigurationError  # noqa: PLC0415 - see above

            allowed = ", ".join(LEVELS)
            raise ConfigurationError(
                f"{variable}: must be one of {allowed}, not {level!r}"
            ) from None


def _tell_of_no_reader(logger: logging.Logger) -> None:
    """Say that whoever read the messages is gone, and keep Python from saying it again at exit."""
    logger.info("Nobody reads stdout any more: what it was piped into has ended")
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _tell(logger: logging.Logger, error: Exception) -> int:
    """Put an error into a line of the log; its traceback only where the level is DEBUG.

    Returns:
        The exit status.
    """
    from singer_sdk.exceptions import (  # noqa: PLC0415 - see above
        ConfigValidationError,
        MapExpressionError,
        StreamMapConfigError,
    )

    from tap_intercom_export.config import bad_file  # noqa: PLC0415
    from tap_intercom_export.errors import (  # noqa: PLC0415
        ExitStatus,
        SettingsError,
        TapError,
        exit_status_of,
    )

    if isinstance(error, (ConfigValidationError, SettingsError)):
        for line in error.lines if isinstance(error, SettingsError) else error.errors:
            logger.error("%s", line)
        return ExitStatus.CONFIGURATION
    trouble = f"{type(error).__name__}: {error}"
    status = exit_status_of(error)
    if isinstance(error, TapError):
        trouble = str(error)
    elif isinstance(error, (MapExpressionError, StreamMapConfigError)):
        trouble, status = f"stream_maps: {error}", ExitStatus.CONFIGURATION
    elif isinstance(error, (TypeError, ValueError)) and (bad := bad_file(sys.argv[1:])):
        trouble, status = bad, ExitStatus.CONFIGURATION  # the SDK does not say which file it read
    logger.error("%s", trouble, exc_info=error if logger.isEnabledFor(logging.DEBUG) else None)
    return status
